"""This module writes labels: what people say of a report or of an issue becomes an example to learn from.

Of a report and field one label is live, the newest. What people looked at and let stand is a label too, though a faint
one: a model that were judged by corrections alone would be judged by its mistakes alone.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from feedback.models import MACHINE_CHANNELS, Feedback
from hypercare.core.timeline import Actor
from triage.models import Decision, Issue, Label, Match, Way

# What the text model learns. Labels of other fields are kept and counted on the model's page.
LEARNED = ("category", "severity", "sentiment", "component")
# What is said of a whole issue and holds for its first report too; its severity weighs more than words.
_OF_THE_TEXT = ("category", "component")
PROPOSED_END = "resolution"
_NAMES_OR_PEOPLE = frozenset({"title", "owner"})

_LET_STAND = """
INSERT INTO triage_label (launch_id, way, field, value, feedback_id, issue_id, said_value, said_by, said_confidence,
    actor_id, actor_name, labelled_at)
SELECT decision.launch_id, 'let_stand', decision.field, decision.value, decision.feedback_id, issue.id,
    decision.value, decision.decider, decision.confidence, %(actor)s, %(name)s, %(now)s
FROM unnest(%(issues)s::bigint[]) AS issue(id) CROSS JOIN LATERAL (
        SELECT match.feedback_id FROM triage_match match JOIN feedback_feedback feedback ON feedback.id = match.feedback_id
        WHERE match.issue_id = issue.id AND match.ended_at IS NULL AND feedback.channel <> ALL(%(machines)s)
        ORDER BY match.feedback_id LIMIT 1) first
    JOIN triage_decision decision ON decision.feedback_id = first.feedback_id
WHERE decision.ended_at IS NULL AND decision.applied AND decision.origin <> 'person'
    AND decision.field = ANY(%(fields)s)
ON CONFLICT DO NOTHING
"""


def decided(
    abouts: Sequence[Issue | Feedback],
    *,
    field: str,
    values: Mapping[int, str],
    said: Mapping[int, Decision],
    actor: Actor,
    now: datetime,
) -> None:
    """A person's word on a field of each: a correction, or a confirmation where a machine had said the same."""
    if field in _NAMES_OR_PEOPLE:
        return
    otherwise = Way.REJECT if field == PROPOSED_END else Way.OVERRIDE
    ways = {
        about.pk: Way.ACCEPT if about.pk in said and said[about.pk].value == values[about.pk] else otherwise
        for about in abouts
    }
    _write(abouts, ways=ways, field=field, values=values, said=said, actor=actor, now=now)


def accepted(issue: Issue, *, said: Decision, actor: Actor, now: datetime) -> None:
    """A person's yes to what was proposed."""
    ways, values = {issue.pk: Way.ACCEPT}, {issue.pk: said.value}
    _write([issue], ways=ways, field=said.field, values=values, said={issue.pk: said}, actor=actor, now=now)


def let_stand(issues: Sequence[Issue], *, actor: Actor, now: datetime) -> None:
    """Who takes an issue up has read its first report: what machines say of that and nobody corrected stands."""
    if actor.user is None or not issues:
        return
    values: dict[str, Any] = {
        "issues": [issue.pk for issue in issues],
        "actor": actor.user.pk,
        "name": actor.name,
        "now": now,
        "fields": list(LEARNED),
        "machines": [str(channel) for channel in MACHINE_CHANNELS],
    }
    with connection.cursor() as cursor:
        cursor.execute(_LET_STAND, values)


def withdrawn(abouts: Sequence[Issue | Feedback], *, field: str, now: datetime) -> None:
    """A person took the word back."""
    numbers = [about.pk for about in abouts]
    mine = {"issue__in": numbers, "way__in": (Way.OVERRIDE, Way.ACCEPT, Way.REJECT)}
    which: dict[str, Any] = mine if isinstance(abouts[0], Issue) else {"feedback__in": numbers}
    Label.objects.filter(**which, field=field, withdrawn_at=None).update(withdrawn_at=now)


def _write(
    abouts: Sequence[Issue | Feedback],
    *,
    ways: Mapping[int, Way],
    field: str,
    values: Mapping[int, str],
    said: Mapping[int, Decision],
    actor: Actor,
    now: datetime,
) -> None:
    if actor.user is None:
        return
    texts = _texts_of(abouts, field)
    Label.objects.filter(feedback__in=texts.values(), field=field, withdrawn_at=None).update(withdrawn_at=now)
    labels = []
    for about in abouts:
        machine = said.get(about.pk)
        label = Label(
            launch_id=about.launch_id,
            way=ways[about.pk],
            field=field,
            value=values[about.pk][:120],
            feedback_id=texts.get(about.pk),
            issue=about if isinstance(about, Issue) else None,
            said_value=machine.value if machine else "",
            said_by=machine.decider if machine else "",
            said_confidence=machine.confidence if machine else None,
            actor=actor.user,
            actor_name=actor.name,
            labelled_at=now,
        )
        labels.append(label)
    Label.objects.bulk_create(labels)


def _texts_of(abouts: Sequence[Issue | Feedback], field: str) -> dict[int, int]:
    """The report whose text each label is about, where it is about one: its own, or its issue's first."""
    if not isinstance(abouts[0], Issue):
        return {about.pk: about.pk for about in abouts}
    if field not in _OF_THE_TEXT:
        return {}
    live = Match.objects.filter(issue__in=[about.pk for about in abouts], ended_at=None)
    return dict(live.order_by("issue_id", "feedback_id").distinct("issue_id").values_list("issue_id", "feedback_id"))
