"""This module writes decisions: what a machine suggests, what a person overrides, what stands after a release.

For each thing and field one live row is in force. A machine's suggestion replaces only a machine's; while a person's
stands, the newest suggestion is kept beside it as an ended row, so that what the score would be is never lost.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from feedback.models import Feedback
from hypercare.core import prepared, rows
from hypercare.core.timeline import Actor
from triage.classify.suggestion import Suggestion
from triage.learn import labels
from triage.models import Decision, Issue, Origin

# The field under which an end of an issue is proposed.
END = labels.PROPOSED_END
_COMPARED = ("id", "issue_id", "field", "value", "origin", "applied", "confidence", "reason")
_CONFIRM = """
UPDATE triage_decision decision SET confidence = said.confidence, reason = said.reason
FROM unnest(%s::bigint[], %s::float[], %s::text[]) AS said(id, confidence, reason)
WHERE decision.id = said.id
"""


@dataclass(frozen=True)
class IssueValue:
    """What a rule or model says of one field of an issue."""

    issue: Issue
    field: str
    value: str
    origin: str
    decider: str
    confidence: float | None
    reason: str
    applied: bool = True


def overridden_fields(issues: Iterable[Issue]) -> dict[int, dict[str, str]]:
    """For each issue id the values people hold, by field."""
    held: dict[int, dict[str, str]] = defaultdict(dict)
    live = Decision.objects.filter(issue__in=list(issues), ended_at=None, origin=Origin.PERSON)
    for issue_id, field, value in live.values_list("issue_id", "field", "value"):
        held[issue_id][field] = value
    return held


def suggest_for_issues(values: Sequence[IssueValue], *, now: datetime) -> None:
    """Puts machine decisions in force where no person's stands and something changed.

    The same value by the same origin stays the same decision, with its newest confidence and reason.
    """
    found = Decision.objects.filter(issue__in={value.issue.pk for value in values}, ended_at=None)
    live = {(one.issue_id, one.field): one for one in found.values_list(*_COMPARED, named=True)}
    ended, made, confirmed = [], [], []
    for value in values:
        current = live.get((value.issue.pk, value.field))
        if current and current.origin == Origin.PERSON:
            continue
        if current and (current.value, current.reason, current.confidence) == (
            value.value,
            value.reason,
            value.confidence,
        ):
            continue
        if current and (current.value, current.origin, current.applied) == (value.value, value.origin, value.applied):
            confirmed.append((current.id, value.confidence, value.reason[:500]))
            continue
        if current:
            ended.append(current.id)
        made.append(_row_for(value, now=now))
    _confirm(confirmed)
    Decision.objects.filter(pk__in=ended).update(ended_at=now)
    rows.put(Decision, made)


def _confirm(said: Sequence[tuple[int, float | None, str]]) -> None:
    if not said:
        return
    with prepared.cursor() as cursor:
        cursor.execute(_CONFIRM, [[row[column] for row in said] for column in range(3)])


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


def hold(about: Issue | Feedback, *, field: str, value: str, reason: str, actor: Actor, now: datetime) -> Decision:
    """A person's decision: ends what was in force, stands until released, and is an example to learn from."""
    labels.decided(about, field=field, value=value, said=last_suggestion(about, field), actor=actor, now=now)
    Decision.objects.filter(_is_about(about), field=field, ended_at=None).update(ended_at=now)
    return Decision.objects.create(
        launch_id=about.launch_id,
        issue=about if isinstance(about, Issue) else None,
        feedback=about if isinstance(about, Feedback) else None,
        field=field,
        value=value,
        origin=Origin.PERSON,
        decider=actor.name,
        reason=reason[:500],
        actor=actor.user,
        decided_at=now,
    )


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
    """Ends a person's decision; True when there was one. The caller lets the machines decide again."""
    live = Decision.objects.filter(_is_about(about), field=field, ended_at=None, origin=Origin.PERSON)
    labels.withdrawn(about, field=field, now=now)
    return bool(live.update(ended_at=now))


def close(issue: Issue, *, field: str, now: datetime) -> None:
    """Ends whatever is in force for a field, whoever said it."""
    Decision.objects.filter(issue=issue, field=field, ended_at=None).update(ended_at=now)


def withdraw(issues: Iterable[Issue], *, field: str, now: datetime) -> None:
    """Ends what machines say of a field of these issues."""
    live = Decision.objects.filter(issue__in=list(issues), field=field, ended_at=None)
    live.exclude(origin=Origin.PERSON).update(ended_at=now)


def last_suggestion(about: Issue | Feedback, field: str) -> Decision | None:
    """The newest machine decision about a field, in force or not."""
    return Decision.objects.filter(_is_about(about), field=field).exclude(origin=Origin.PERSON).order_by("-id").first()


def _is_about(about: Issue | Feedback) -> Q:
    return Q(issue=about) if isinstance(about, Issue) else Q(feedback=about)
