"""This module writes decisions: what a machine suggests, what a person overrides, what stands after a release.

For each thing and field one live row is in force. A machine's suggestion replaces only a machine's; while a person's
stands, the newest suggestion is kept beside it as an ended row, so that what the score would be is never lost.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from django.db.models import Q

from feedback.models import Feedback
from hypercare.core import prepared, rows
from hypercare.core.timeline import Actor
from triage.classify.suggestion import Suggestion
from triage.learn import labels
from triage.models import Decision, Issue, Origin

# The field under which an end of an issue is proposed.
END = labels.PROPOSED_END
# Compared in the database: of thousands of values few differ, and reading them all takes longer than this.
_CHANGE = """
WITH said AS (
    SELECT * FROM json_to_recordset(%(said)s::json) AS said(
        place int, issue_id bigint, field text, value text, applied boolean, origin text, confidence float, reason text)
), differs AS (
    SELECT said.*, live.id, (live.value, live.origin, live.applied) = (said.value, said.origin, said.applied) AS stays
    FROM said LEFT JOIN triage_decision live
        ON live.issue_id = said.issue_id AND live.field = said.field AND live.ended_at IS NULL
    WHERE live.origin IS DISTINCT FROM 'person' AND live.holds IS NOT TRUE AND (live.id IS NULL
        OR (live.value, live.reason, live.confidence) IS DISTINCT FROM (said.value, said.reason, said.confidence))
), confirmed AS (
    UPDATE triage_decision decision SET confidence = differs.confidence, reason = differs.reason
    FROM differs WHERE decision.id = differs.id AND differs.stays
), ended AS (
    UPDATE triage_decision decision SET ended_at = %(now)s
    FROM differs WHERE decision.id = differs.id AND NOT differs.stays
)
SELECT place FROM differs WHERE stays IS NOT TRUE ORDER BY place
"""


# OFFSET 0 keeps the planner at looking up issue by issue.
_HELD = """
SELECT issue.id, held.field, held.value FROM unnest(%s::bigint[]) AS issue(id) CROSS JOIN LATERAL (
    SELECT field, value FROM triage_decision
    WHERE issue_id = issue.id AND ended_at IS NULL AND (origin = 'person' OR holds) OFFSET 0
) held
"""


class About(Protocol):
    """An issue, as far as a decision about it needs to know it."""

    @property
    def pk(self) -> int:
        """Its number."""

    @property
    def launch_id(self) -> int:
        """Its launch's number."""


class IssueValue(NamedTuple):
    """What a rule or model says of one field of an issue."""

    issue: About
    field: str
    value: str
    origin: str
    decider: str
    confidence: float | None
    reason: str
    applied: bool = True


def overridden_fields(issue_ids: Iterable[int]) -> dict[int, dict[str, str]]:
    """For each issue id the values that people or rules of the launch hold, by field."""
    held: dict[int, dict[str, str]] = defaultdict(dict)
    with prepared.cursor() as cursor:
        cursor.execute(_HELD, [list(issue_ids)])
        for issue_id, field, value in cursor.fetchall():
            held[issue_id][field] = value
    return held


def suggest_for_issues(values: Sequence[IssueValue], *, now: datetime) -> None:
    """Puts machine decisions in force where no person's stands and something changed.

    The same value by the same origin stays the same decision, with its newest confidence and reason.
    """
    if not values:
        return
    said = [
        {"place": place, "issue_id": one.issue.pk, "field": one.field, "value": one.value, "applied": one.applied,
         "origin": one.origin, "confidence": one.confidence, "reason": one.reason[:500]}
        for place, one in enumerate(values)
    ]  # fmt: skip
    with prepared.cursor() as cursor:
        cursor.execute(_CHANGE, {"said": rows.as_json(said), "now": now})
        new = [values[place] for (place,) in cursor.fetchall()]
    rows.put(Decision, [_row_for(value, now=now) for value in new])


def _row_for(value: IssueValue, *, now: datetime) -> dict[str, Any]:
    return {
        "launch_id": value.issue.launch_id,
        "issue_id": value.issue.pk,
        "field": value.field,
        "value": value.value,
        "applied": value.applied,
        "origin": value.origin,
        "decider": value.decider,
        "confidence": value.confidence,
        "reason": value.reason[:500],
        "decided_at": now,
    }


def suggested(launch_id: int, feedback_id: int, said: Suggestion, *, now: datetime) -> dict[str, Any]:
    """What a machine says of a report as the row that keeps it."""
    return {
        "launch_id": launch_id,
        "feedback_id": feedback_id,
        "field": said.field,
        "value": said.value,
        "applied": said.applied,
        "origin": said.origin,
        "decider": said.decider,
        "confidence": said.confidence,
        "reason": said.reason[:500],
        "decided_at": now,
    }


def hold(about: Issue | Feedback, *, field: str, value: str, reason: str, actor: Actor, now: datetime) -> None:
    """A person's decision: ends what was in force, stands until released, and is an example to learn from."""
    hold_all([about], field=field, words={about.pk: (value, reason)}, actor=actor, now=now)


def hold_all(
    abouts: Sequence[Issue | Feedback],
    *,
    field: str,
    words: Mapping[int, tuple[str, str]],
    actor: Actor,
    now: datetime,
) -> None:
    """The same for several of one kind, each with its own value and reason."""
    values = {pk: value for pk, (value, _reason) in words.items()}
    labels.decided(abouts, field=field, values=values, said=last_suggestions(abouts, field), actor=actor, now=now)
    Decision.objects.filter(_is_about(abouts), field=field, ended_at=None).update(ended_at=now)
    Decision.objects.bulk_create(
        Decision(
            launch_id=about.launch_id,
            issue=about if isinstance(about, Issue) else None,
            feedback=about if isinstance(about, Feedback) else None,
            field=field,
            value=words[about.pk][0],
            origin=Origin.PERSON,
            decider=actor.name,
            reason=words[about.pk][1][:500],
            actor=actor.user,
            decided_at=now,
        )
        for about in abouts
    )


def hold_by_rule(issue: Issue, *, field: str, value: str, reason: str, decider: str, now: datetime) -> None:
    """A launch's own rule sets a field: it stands against the machines, and gives way to a person."""
    Decision.objects.filter(issue=issue, field=field, ended_at=None).update(ended_at=now)
    Decision.objects.create(
        launch_id=issue.launch_id, issue=issue, field=field, value=value, origin=Origin.RULE, holds=True,
        decider=decider[:160], reason=reason[:500], decided_at=now,
    )  # fmt: skip


def restore(row: Feedback, *, field: str, now: datetime) -> Decision | None:
    """Puts in force again what a machine last said of a report; None when none ever did."""
    last = Decision.objects.filter(feedback=row, field=field).exclude(origin=Origin.PERSON).order_by("-id").first()
    if last is None:
        return None
    last.pk, last.ended_at, last.decided_at = None, None, now
    last.save(force_insert=True)
    return last


def worsen(row: Feedback, *, severity: int, decider: str, reason: str, now: datetime) -> None:
    """A rule's more severe word about a report; beside a person's it is kept as an ended row, and applies to nothing."""
    said = {
        "launch_id": row.launch_id, "feedback": row, "field": "severity", "value": str(severity), "origin": Origin.RULE,
        "decider": decider, "confidence": 1.0, "reason": reason[:500], "decided_at": now,
    }  # fmt: skip
    live = Decision.objects.filter(feedback=row, field="severity", ended_at=None).first()
    if live and live.origin == Origin.PERSON:
        Decision.objects.create(**said, ended_at=now)
    elif live is None or not live.applied or int(live.value) > severity:
        Decision.objects.filter(feedback=row, field="severity", ended_at=None).update(ended_at=now)
        Decision.objects.create(**said)
        Feedback.objects.filter(pk=row.pk).update(severity=severity)


def release(about: Issue | Feedback, *, field: str, now: datetime) -> bool:
    """Ends a person's decision, or a rule's; True when there was one. The caller lets the machines decide again."""
    return bool(release_all([about], field=field, now=now))


def release_all(abouts: Sequence[Issue | Feedback], *, field: str, now: datetime) -> int:
    """The same for several of one kind; says how many there were."""
    labels.withdrawn(abouts, field=field, now=now)
    live = Decision.objects.filter(
        _is_about(abouts), Q(origin=Origin.PERSON) | Q(holds=True), field=field, ended_at=None
    )
    return live.update(ended_at=now)


def close(issues: Iterable[Issue], *, field: str, now: datetime) -> None:
    """Ends whatever is in force for a field of these issues, whoever said it."""
    Decision.objects.filter(issue__in=list(issues), field=field, ended_at=None).update(ended_at=now)


def withdraw(issues: Iterable[Issue], *, fields: Iterable[str], now: datetime) -> None:
    """Ends what machines say of these fields of these issues."""
    live = Decision.objects.filter(issue__in=list(issues), field__in=list(fields), ended_at=None)
    live.exclude(origin=Origin.PERSON).update(ended_at=now)


def last_suggestions(abouts: Sequence[Issue | Feedback], field: str) -> dict[int, Decision]:
    """The newest machine decision about a field of each, in force or not."""
    name = "issue_id" if isinstance(abouts[0], Issue) else "feedback_id"
    said = Decision.objects.filter(_is_about(abouts), field=field).exclude(origin=Origin.PERSON).exclude(holds=True)
    return {getattr(one, name): one for one in said.order_by(name, "-id").distinct(name)}


def _is_about(abouts: Sequence[Issue | Feedback]) -> Q:
    numbers = [about.pk for about in abouts]
    return Q(issue__in=numbers) if isinstance(abouts[0], Issue) else Q(feedback__in=numbers)
