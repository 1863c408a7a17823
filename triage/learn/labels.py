"""This module writes labels: what people say of a report or of an issue becomes an example to learn from.

Of a report and field one label is live, the newest. What people looked at and let stand is a label too, though a faint
one: a model that were judged by corrections alone would be judged by its mistakes alone.
"""

from datetime import datetime
from typing import Any

from django.db import connection

from feedback.models import MACHINE_CHANNELS, Feedback
from hypercare.core.timeline import Actor
from triage.models import Decision, Issue, Label, Way

# What the text model learns. Labels of other fields are kept and counted on the model's page.
LEARNED = ("category", "severity", "sentiment", "component")
# What is said of a whole issue and holds for its first report too; its severity weighs more than words.
_OF_THE_TEXT = ("category", "component")
PROPOSED_END = "resolution"
_NAMES_OR_PEOPLE = frozenset({"title", "owner"})

_LET_STAND = """
INSERT INTO triage_label (launch_id, way, field, value, feedback_id, issue_id, said_value, said_by, said_confidence,
    actor_id, actor_name, labelled_at)
SELECT decision.launch_id, 'let_stand', decision.field, decision.value, decision.feedback_id, %(issue)s,
    decision.value, decision.decider, decision.confidence, %(actor)s, %(name)s, %(now)s
FROM triage_decision decision
WHERE decision.feedback_id = (
        SELECT match.feedback_id FROM triage_match match JOIN feedback_feedback feedback ON feedback.id = match.feedback_id
        WHERE match.issue_id = %(issue)s AND match.ended_at IS NULL AND feedback.channel <> ALL(%(machines)s)
        ORDER BY match.feedback_id LIMIT 1)
    AND decision.ended_at IS NULL AND decision.applied AND decision.origin <> 'person'
    AND decision.field = ANY(%(fields)s)
ON CONFLICT DO NOTHING
"""


def decided(
    about: Issue | Feedback, *, field: str, value: str, said: Decision | None, actor: Actor, now: datetime
) -> None:
    """A person's word on a field: a correction, or a confirmation where a machine had said the same."""
    if field in _NAMES_OR_PEOPLE:
        return
    way = Way.REJECT if field == PROPOSED_END else Way.OVERRIDE
    way = Way.ACCEPT if said is not None and said.value == value else way
    _write(about, way=way, field=field, value=value, said=said, actor=actor, now=now)


def accepted(issue: Issue, *, said: Decision, actor: Actor, now: datetime) -> None:
    """A person's yes to what was proposed."""
    _write(issue, way=Way.ACCEPT, field=said.field, value=said.value, said=said, actor=actor, now=now)


def let_stand(issue: Issue, *, actor: Actor, now: datetime) -> None:
    """Who takes an issue up has read its first report: what machines say of that and nobody corrected stands."""
    if actor.user is None:
        return
    values: dict[str, Any] = {
        "issue": issue.pk,
        "actor": actor.user.pk,
        "name": actor.name,
        "now": now,
        "fields": list(LEARNED),
        "machines": [str(channel) for channel in MACHINE_CHANNELS],
    }
    with connection.cursor() as cursor:
        cursor.execute(_LET_STAND, values)


def withdrawn(about: Issue | Feedback, *, field: str, now: datetime) -> None:
    """A person took the word back."""
    mine = {"issue": about, "way__in": (Way.OVERRIDE, Way.ACCEPT, Way.REJECT)}
    which: dict[str, Any] = mine if isinstance(about, Issue) else {"feedback": about}
    Label.objects.filter(**which, field=field, withdrawn_at=None).update(withdrawn_at=now)


def _write(
    about: Issue | Feedback,
    *,
    way: Way,
    field: str,
    value: str,
    said: Decision | None,
    actor: Actor,
    now: datetime,
) -> None:
    if actor.user is None:
        return
    text = about.first_report if isinstance(about, Issue) and field in _OF_THE_TEXT else about
    feedback = text if isinstance(text, Feedback) else None
    if feedback is not None:
        Label.objects.filter(feedback=feedback, field=field, withdrawn_at=None).update(withdrawn_at=now)
    Label.objects.create(
        launch_id=about.launch_id,
        way=way,
        field=field,
        value=value[:120],
        feedback=feedback,
        issue=about if isinstance(about, Issue) else None,
        said_value=said.value if said else "",
        said_by=said.decider if said else "",
        said_confidence=said.confidence if said else None,
        actor=actor.user,
        actor_name=actor.name,
        labelled_at=now,
    )
