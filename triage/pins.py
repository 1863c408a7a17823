"""This module pins an issue's severity: it stands with its reason while measured reach moves on, and says what it would be."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from hypercare.core.given_reasons import given_reason
from hypercare.core.problem import Problem
from hypercare.core.timeline import Actor
from triage import overrides
from triage.models import Decision, Issue, Origin
from triage.score.scoring import said_of

FIELD = "severity"


@dataclass(frozen=True)
class Pin:
    """A person's severity, and what it would be without."""

    decision: Decision
    would_be: int
    why: str

    @property
    def is_the_same(self) -> bool:
        """Whether it would be no other."""
        return self.would_be == int(self.decision.value)


def pin_of(issue: Issue, *, now: datetime) -> Pin | None:
    """The pin of a root issue; None where its severity moves by itself."""
    held = issue.decisions.filter(field=FIELD, ended_at=None, origin=Origin.PERSON).select_related("actor").first()
    if held is None or issue.merged_into_id:
        return None
    said = said_of(issue.pk, FIELD, now=now)
    return Pin(held, int(said.value) if said else int(held.value), said.reason if said else "")


def pin(
    issue_id: int, *, severity: object, reason: str, actor: Actor, now: datetime, version: int | None = None
) -> Issue:
    """Pins it; a pin says why."""
    why = given_reason(reason, asked=_("Say why the severity is pinned; everyone sees it."))
    return overrides.override_issue(
        issue_id, field=FIELD, value=severity, reason=why, actor=actor, now=now, version=version
    )


def release(issue_id: int, *, actor: Actor, now: datetime, version: int | None = None) -> Issue:
    """Lets it move again; Problem 409 where nobody pinned it."""
    if not Decision.objects.filter(issue=issue_id, field=FIELD, ended_at=None, origin=Origin.PERSON).exists():
        raise Problem(409, _("The severity is not pinned."))
    return overrides.release_issue(issue_id, field=FIELD, actor=actor, now=now, version=version)
