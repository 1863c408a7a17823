"""This module follows up what a review found: promises about an issue, ended by their owner or by a lead.

They are promises like those of rooms and stand-ups, so one list holds what is due and one reminder goes out.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from hypercare.core.access import Principal
from hypercare.core.launches import check_not_closed
from hypercare.core.models import Commitment, Launch, User
from hypercare.core.problem import Problem
from hypercare.core.roles import Right
from hypercare.core.timeline import Actor
from triage.models import Issue, WarRoom
from triage.warroom import promises

ABOUT_ISSUES = "IS-"


@dataclass(frozen=True)
class Counts:
    """How many follow-ups of a launch are open, and how many of those are overdue."""

    open: int
    overdue: int


def follow_up(
    issue: Issue, *, what: str, owner: User, due_at: datetime | None, actor: Actor, now: datetime
) -> Commitment:
    """Gives somebody something to do about an issue until a day."""
    check_not_closed(issue.launch)
    return promises.promise(issue.launch, about=issue.key, what=what, owner=owner, due_at=due_at, actor=actor, now=now)


def about(issue: Issue) -> list[Commitment]:
    """What was promised about an issue, in its review and in its rooms: what is open first, the first due first."""
    rooms = WarRoom.objects.filter(issue=issue).values_list("pk", flat=True)
    keys = [issue.key, *(f"WR-{pk}" for pk in rooms)]
    rows = Commitment.objects.filter(launch=issue.launch_id, about__in=keys).select_related("owner")
    return sorted(rows, key=lambda one: (one.ended_at is not None, one.due_at, one.pk))


def of_launch(launch: Launch) -> QuerySet[Commitment]:
    """The open follow-ups of a launch, the first due first."""
    return promises.open_of(launch).filter(about__startswith=ABOUT_ISSUES)


def counts(launch: Launch, *, now: datetime) -> Counts:
    """How many wait, and how many wait too long."""
    found = of_launch(launch).aggregate(open=Count("pk"), overdue=Count("pk", filter=Q(due_at__lt=now)))
    return Counts(**found)


def check_may_end(one: Commitment, principal: Principal) -> None:
    """Raises a 403 Problem for who neither owns a follow-up nor leads; actions of rooms are ended by who works there."""
    if not one.about.startswith(ABOUT_ISSUES) or one.owner_id == principal.user.pk:
        return
    if Right.MANAGE not in principal.rights_in(one.launch):
        raise Problem(403, _("%(owner)s or a lead ends this one.") % {"owner": one.owner_name})
