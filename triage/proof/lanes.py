"""This module says by which lane a fix goes out: a hotfix now, the next sprint, or the roadmap; a person's word stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from hypercare.core.given_reasons import given_reason
from hypercare.core.problem import wrong
from hypercare.core.timeline import Actor, Entry, record
from triage import decisions, lifecycle
from triage.board import changes
from triage.models import Decision, Issue, Lane, Moscow, Origin

FIELD = "fix_lane"


@dataclass(frozen=True)
class Laned:
    """The lane of an issue, who says so and why."""

    lane: Lane
    origin: str
    reason: str

    @property
    def is_suggested(self) -> bool:
        """Whether no person has said so."""
        return self.origin != Origin.PERSON


def lanes_of(issues: Iterable[Issue]) -> dict[int, Laned]:
    """The lane of each issue by its id; one query."""
    found = list(issues)
    held = Decision.objects.filter(issue__in=found, field=FIELD, ended_at=None, origin=Origin.PERSON)
    said = {
        one.issue_id: Laned(Lane(one.value), one.origin, f"{one.decider}: {one.reason}".rstrip(": ")) for one in held
    }
    return {issue.pk: said.get(issue.pk) or suggested(issue) for issue in found}


def suggested(issue: Issue) -> Laned:
    """By severity: what is critical goes out at once, what is small and no must waits for the roadmap."""
    severity = {"severity": f"SEV{issue.severity}"}
    if issue.severity <= 2:
        return Laned(Lane.HOTFIX, Origin.RULE, _("%(severity)s goes out at once") % severity)
    if issue.severity == 3 or issue.moscow == Moscow.MUST:
        reason = _("%(severity)s can wait for the next release") if issue.severity == 3 else _("a must, though small")
        return Laned(Lane.SPRINT, Origin.RULE, reason % severity)
    return Laned(Lane.ROADMAP, Origin.RULE, _("%(severity)s, and nothing that must be done depends on it") % severity)


@transaction.atomic
def set_lane(
    issue_id: int, *, lane: str, actor: Actor, now: datetime, reason: str = "", version: int | None = None
) -> None:
    """A person says which lane; empty gives it back to the rule."""
    if lane and lane not in Lane.values:
        detail = _("Say one of %(known)s.") % {"known": ", ".join(Lane.values)}
        raise wrong("/lane", detail)
    issue = lifecycle.lock(issue_id, version=version)
    before = lanes_of([issue])[issue.pk].lane
    if lane:
        decisions.hold(issue, field=FIELD, value=lane, reason=given_reason(reason), actor=actor, now=now)
    else:
        decisions.release(issue, field=FIELD, now=now)
    issue.version += 1
    issue.save(update_fields=["version"])
    data = {"old": before, "new": lane or suggested(issue).lane, "reason": given_reason(reason)}
    record(issue.launch, [Entry(issue.key, "fix.lane", data)], actor=actor, now=now)
    changes.publish(issue.launch_id, [issue.pk])
