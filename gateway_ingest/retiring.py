"""This module lets go of components that were retired: what rules found of them ends at once, not when it is forgotten."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from gateway_ingest import ending
from gateway_ingest.models import Alert, AlertStatus, Firing, RuleState, Source, TrafficWatch
from gateway_ingest.rules.defaults import DEFAULTS
from gateway_ingest.rules.keys import component_of, fingerprint, from_text
from hypercare.core.models import Component, Launch
from hypercare.core.parts import RETIRE_TASK as TASK
from hypercare.core.timeline import SYSTEM

__all__ = ["TASK", "rest", "rest_all", "retired_in"]


def retired_in(launch: Launch) -> frozenset[str]:
    """The components of a launch that nobody waits for any more."""
    rows = Component.objects.filter(launch=launch, retired_at__isnull=False)
    return frozenset(rows.values_list("slug", flat=True))


def rest_all(*, now: datetime) -> int:
    """The same for every launch; says how many keys rest."""
    launches = Launch.objects.filter(components__retired_at__isnull=False, closed_at=None).distinct().order_by("pk")
    return sum(rest(launch, now=now) for launch in launches)


def rest(launch: Launch, *, now: datetime) -> int:
    """Ends what rules found of the launch's retired components, and their alerts; says of how many keys."""
    retired = retired_in(launch)
    return _rest(launch, retired, now=now) if retired else 0


@transaction.atomic
def _rest(launch: Launch, retired: frozenset[str], *, now: datetime) -> int:
    """A look that is being written comes first, for it holds the watch, and then the source, before alerts."""
    watch = TrafficWatch.objects.select_for_update(of=("self",)).filter(launch=launch).first()
    states = [row for row in RuleState.objects.filter(rule__launch=launch).select_related("rule")
        if _component(row) in retired]  # fmt: skip
    if watch is None or not states:
        return 0
    Source.objects.select_for_update(no_key=True).get(pk=watch.source_id)
    firing = [row for row in states if row.firing]
    # A key is kept as the very text that its fingerprint is made of.
    names = [fingerprint(row.rule.name, (row.key,)) for row in firing]
    rows = Alert.objects.filter(source=watch.source_id, fingerprint__in=names).exclude(status=AlertStatus.RESOLVED)
    alerts = list(rows.select_for_update(of=("self",)).select_related("launch").order_by("pk"))
    if alerts:
        with override(launch.language):
            reason = _("Its component was retired.")
        ending.end_found(alerts, reason=reason, actor=SYSTEM, now=now)
    for row in firing:
        Firing.objects.filter(rule=row.rule_id, key=row.key, ended_at=None).update(ended_at=now)
    RuleState.objects.filter(pk__in=[row.pk for row in states]).delete()
    return len(states)


def _component(row: RuleState) -> str | None:
    per = DEFAULTS[row.rule.name].per
    return component_of(per, from_text(row.key, per))
