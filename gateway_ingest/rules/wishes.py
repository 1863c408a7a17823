"""This module keeps what a team wants of its traffic and when it mends something: targets and maintenance."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from gateway_ingest.models import TrafficTarget
from hypercare.core.models import Component, Launch, MaintenanceWindow
from hypercare.core.problem import not_found
from hypercare.core.timeline import LONGEST_NAME, Actor, Entry, record


@transaction.atomic
def set_target(
    launch: Launch,
    component: Component | None,
    *,
    p95_ms: float | None,
    daily_budget: float | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Sets what is wanted of a component or of the launch; nothing wanted removes the target."""
    known = TrafficTarget.objects.select_for_update(of=("self",)).filter(launch=launch, component=component).first()
    old = {"p95_ms": known.p95_ms, "daily_budget": known.daily_budget} if known else {}
    new = {"p95_ms": p95_ms, "daily_budget": daily_budget}
    if (old or dict.fromkeys(new)) == new:
        return
    if any(new.values()):
        TrafficTarget.objects.update_or_create(launch=launch, component=component, defaults=new)
    elif known:
        known.delete()
    of = component.slug if component else launch.slug
    changed = {name: {"old": old.get(name), "new": value} for name, value in new.items() if old.get(name) != value}
    record(launch, [Entry(f"target:{of}", "target.changed", changed)], actor=actor, now=now)


@transaction.atomic
def plan_maintenance(window: MaintenanceWindow, *, actor: Actor, now: datetime) -> MaintenanceWindow:
    """Plans a time in which rules count but do not fire."""
    window.set_by = actor.name[:LONGEST_NAME]
    window.save()
    record(window.launch, [_entry(window, "maintenance.planned")], actor=actor, now=now)
    return window


@transaction.atomic
def end_maintenance(launch: Launch, number: int, *, actor: Actor, now: datetime) -> None:
    """Ends a maintenance now, or calls off one that has not begun; 404 for another launch's."""
    window = MaintenanceWindow.objects.select_for_update(of=("self",)).filter(launch=launch, pk=number).first()
    if window is None:
        raise not_found(_("There is no such maintenance in this launch."))
    record(launch, [_entry(window, "maintenance.ended")], actor=actor, now=now)
    if window.begins_at >= now:
        window.delete()
    elif window.ends_at > now:
        window.ends_at = now
        window.save(update_fields=["ends_at"])


def _entry(window: MaintenanceWindow, kind: str) -> Entry:
    data = {
        "of": window.component.name if window.component else "",
        "from": window.begins_at.isoformat(),
        "until": window.ends_at.isoformat(),
        "reason": window.reason,
    }
    return Entry(f"maintenance:{window.pk}", kind, data)
