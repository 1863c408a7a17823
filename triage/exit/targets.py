"""This module changes what a criterion must reach, and keeps every change in sight."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from hypercare.core.given_reasons import given_reason
from hypercare.core.models import Launch, TimelineEntry
from hypercare.core.plain_numbers import plain_number
from hypercare.core.timeline import Actor, Entry, record
from triage.exit import assess
from triage.models import ExitCriterion

CHANGED, ADDED, REMOVED = "criterion.changed", "criterion.added", "criterion.removed"


@dataclass(frozen=True)
class Target:
    """What a criterion must reach, and for how many days."""

    threshold: float
    hold_days: int


@dataclass(frozen=True)
class TargetChange:
    """One change of a target as the page tells it."""

    code: str
    changed_at: datetime
    who: str
    day: int
    sentence: str
    reason: str


@transaction.atomic
def change_target(criterion: ExitCriterion, target: Target, *, reason: str, actor: Actor, now: datetime) -> None:
    """Gives a criterion another target; a new threshold starts its days again, more or fewer days do not."""
    reason = given_reason(reason)
    row = ExitCriterion.objects.select_for_update(of=("self",)).select_related("launch").get(pk=criterion.pk)
    old = Target(row.threshold, row.hold_days)
    if old == target:
        return
    row.threshold, row.hold_days = target.threshold, target.hold_days
    row.save(update_fields=["threshold", "hold_days"])
    day = row.launch.day_on(now)
    data = {"old": vars(old), "new": vars(target), "reason": reason, "day": day, "after_go_live": day >= 1}
    record(row.launch, [Entry(row.code, CHANGED, data)], actor=actor, now=now)
    if old.threshold != target.threshold:
        assess.write(row.launch, [assess.fresh(row, now)], now=now)


def changes_after_go_live(launch: Launch) -> list[TargetChange]:
    """Changes of criteria and their targets since go-live, newest first: these are marked."""
    told = TimelineEntry.objects.filter(launch=launch, kind__in=(CHANGED, ADDED, REMOVED), data__after_go_live=True)
    return [_as_change(entry) for entry in told.order_by("-id")[:20]]


def _as_change(entry: TimelineEntry) -> TargetChange:
    return TargetChange(
        code=entry.subject,
        changed_at=entry.occurred_at,
        who=entry.actor_name,
        day=entry.data["day"],
        sentence=_sentence(entry.kind, entry.data),
        reason=entry.data["reason"],
    )


def _sentence(kind: str, data: dict[str, Any]) -> str:
    if kind == ADDED:
        return _("“%(name)s” added") % {"name": data["name"]}
    if kind == REMOVED:
        return _("“%(name)s” removed") % {"name": data["name"]}
    old, new = data["old"], data["new"]
    parts = []
    if old["threshold"] != new["threshold"]:
        told = {name: plain_number(value) for name, value in (("old", old["threshold"]), ("new", new["threshold"]))}
        parts.append(_("target from %(old)s to %(new)s") % told)
    if old["hold_days"] != new["hold_days"]:
        parts.append(_("window from %(old)s to %(new)s days") % {"old": old["hold_days"], "new": new["hold_days"]})
    return ", ".join(parts)
