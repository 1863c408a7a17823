"""This module keeps the limits of a board's columns: who goes above one says why."""

from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from hypercare.core.models import Launch
from hypercare.core.problem import Problem, wrong
from hypercare.core.templatetags.hypercare_ui import status_word
from hypercare.core.timeline import Actor, Entry, record
from triage.models import OPEN_STATUSES, Issue, LaneLimit

HIGHEST = 999


def limits_of(launch: Launch) -> dict[str, int]:
    """The limit of each column that has one."""
    return dict(LaneLimit.objects.filter(launch=launch).values_list("status", "most"))


def room_in(launch: Launch, status: str, *, now: datetime) -> tuple[int, int] | None:
    """How many more the column takes and its limit; None where it has none."""
    most = LaneLimit.objects.filter(launch=launch, status=status).values_list("most", flat=True).first()
    if most is None:
        return None
    awake = Q(snoozed_until=None) | Q(snoozed_until__lte=now)
    held = Issue.objects.filter(awake, launch=launch, status=status).aggregate(n=Count("pk"))["n"]
    return most - held, most


def full(status: str, most: int) -> Problem:
    """A refusal that asks for the reason with which the column may go above its limit."""
    detail = _("%(column)s is at its limit of %(most)s. Say why one more goes there.") % {
        "column": status_word(status), "most": most}  # fmt: skip
    return wrong("/reason", detail, status=409, limit=most)


@transaction.atomic
def set_limit(launch: Launch, status: str, most: int | None, *, actor: Actor, now: datetime) -> None:
    """Sets or lifts the limit of a column."""
    if status not in OPEN_STATUSES or (most is not None and not 1 <= most <= HIGHEST):
        raise Problem(400, _("Use a column of the board and a number from 1 to %(most)s.") % {"most": HIGHEST})
    old = limits_of(launch).get(status)
    if most == old:
        return
    LaneLimit.objects.filter(launch=launch, status=status).delete()
    if most is not None:
        LaneLimit.objects.create(launch=launch, status=status, most=most)
    record(
        launch,
        [Entry(f"launch:{launch.slug}", "board.limited", {"status": status, "old": old, "new": most})],
        actor=actor,
        now=now,
    )
