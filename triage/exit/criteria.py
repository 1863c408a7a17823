"""This module adds exit criteria about times and metrics of the launch's own, and removes them, in sight of all."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from hypercare.core.given_reasons import given_reason
from hypercare.core.models import Launch, TimelineEntry
from hypercare.core.problem import Problem
from hypercare.core.timeline import Actor, Entry, record
from triage.exit.defaults import ensure_criteria
from triage.exit.targets import ADDED, REMOVED, Target
from triage.models import ExitCriterion

MOST = 30


@dataclass(frozen=True)
class Promise:
    """What a new criterion is about, how its figure is held against the target, and who signs for it."""

    metric: str
    name: str
    comparator: str
    must: bool = True
    signer: str = ""


@transaction.atomic
def add_criterion(
    launch: Launch, promise: Promise, target: Target, *, reason: str, actor: Actor, now: datetime
) -> ExitCriterion:
    """A new criterion under the next free code; raises Problem 409 where there are too many."""
    reason = given_reason(reason)
    Launch.objects.select_for_update(no_key=True).get(pk=launch.pk)
    ensure_criteria(launch)
    known = list(launch.exit_criteria.all())
    if len(known) >= MOST:
        raise Problem(409, _("A launch has at most %(most)s exit criteria.") % {"most": MOST})
    number = _next_number(launch, known)
    row = ExitCriterion.objects.create(
        launch=launch,
        code=f"E{number}",
        name=promise.name,
        metric=promise.metric,
        comparator=promise.comparator,
        threshold=target.threshold,
        hold_days=target.hold_days,
        must=promise.must,
        signer=promise.signer,
        position=number,
    )
    _tell(row, ADDED, reason, actor=actor, now=now)
    return row


@transaction.atomic
def remove_criterion(criterion: ExitCriterion, *, reason: str, actor: Actor, now: datetime) -> None:
    """Takes back what was added; raises Problem 409 for a criterion that every launch has."""
    reason = given_reason(reason)
    row = ExitCriterion.objects.select_for_update(of=("self",)).select_related("launch").filter(pk=criterion.pk).first()
    if row is None:
        return
    if not row.was_added:
        raise Problem(409, _("Every launch has this criterion; change its target instead."))
    _tell(row, REMOVED, reason, actor=actor, now=now)
    row.delete()


def _next_number(launch: Launch, known: list[ExitCriterion]) -> int:
    """A code that was given once is not given again: the timeline tells of it."""
    told = TimelineEntry.objects.filter(launch=launch, kind=ADDED).values_list("subject", flat=True)
    codes = [*told, *(one.code for one in known)]
    return 1 + max(int(code[1:]) for code in codes if code[1:].isdecimal())


def _tell(row: ExitCriterion, kind: str, reason: str, *, actor: Actor, now: datetime) -> None:
    day = row.launch.day_on(now)
    data = {"name": row.name, "metric": row.metric, "comparator": row.comparator, "threshold": row.threshold}
    data |= {"hold_days": row.hold_days, "reason": reason, "day": day, "after_go_live": day >= 1}
    record(row.launch, [Entry(row.code, kind, data)], actor=actor, now=now)
