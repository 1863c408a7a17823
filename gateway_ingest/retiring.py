"""This module lets go of components that were retired, removed or renamed: what rules found of them ends at once."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from gateway_ingest import ending
from gateway_ingest.component_names import former_names
from gateway_ingest.models import Alert, AlertStatus, Firing, RuleState, SeriesMemory, Source, TrafficWatch
from gateway_ingest.rules.defaults import DEFAULTS
from gateway_ingest.rules.keys import component_of, fingerprint, from_text
from gateway_ingest.rules.rule import Measure
from gateway_ingest.rules.stored import components_called
from hypercare.core.models import Component, Launch
from hypercare.core.plain_names import plain
from hypercare.core.timeline import SYSTEM


def rest_all(*, now: datetime) -> int:
    """The same for every launch; says how many keys rest."""
    launches = Launch.objects.filter(rules__states__isnull=False, closed_at=None).distinct().order_by("pk")
    return sum(rest(launch, now=now) for launch in launches)


def rest(launch: Launch, *, now: datetime) -> int:
    """Ends what rules found of the launch's components that are gone, and their alerts; says of how many keys.

    Of a name that led to a component until a moment, what the detector remembers of the time before is forgotten too.
    """
    _forget_memories(launch)
    return _rest(launch, now=now) if any(_gone(launch)) else 0


def _forget_memories(launch: Launch) -> None:
    former = former_names(launch.pk)
    if former:
        known = SeriesMemory.objects.filter(launch=launch).values_list("pk", "component", "until")
        old = [pk for pk, name, until in known if plain(name) in former and until <= former[plain(name)]]
        SeriesMemory.objects.filter(pk__in=old).delete()


def _gone(launch: Launch) -> Iterator[tuple[RuleState, bool]]:
    """The states of what is gone, and whether its component was retired."""
    states = list(RuleState.objects.filter(rule__launch=launch).select_related("rule").order_by("pk"))
    if not states:
        return
    retired_at = dict(Component.objects.filter(launch=launch).values_list("slug", "retired_at"))
    called = components_called(launch.pk) | retired_at.keys()
    missed = _missed_before(launch, states)
    for row in states:
        component = _component(row)
        if component is not None and retired_at.get(component):
            yield row, True
        elif row in missed or (component is not None and component not in called):
            yield row, False


def _missed_before(launch: Launch, states: list[RuleState]) -> set[RuleState]:
    """Findings that calls are missing under a name, from when it still led to its component."""
    former = former_names(launch.pk)
    if not former:
        return set()
    rows = {
        (row.rule_id, row.key): row for row in states if row.firing and DEFAULTS[row.rule.name].measure is Measure.CALLS
    }
    open_ones = Firing.objects.filter(rule__launch=launch, ended_at=None).values_list("rule_id", "key", "began_at")
    began_at = {(rule, key): at for rule, key, at in open_ones if (rule, key) in rows}
    names = {place: plain(_component(rows[place]) or "") for place in began_at}
    return {rows[place] for place, at in began_at.items() if names[place] in former and at <= former[names[place]]}


@transaction.atomic
def _rest(launch: Launch, *, now: datetime) -> int:
    """A look that is being written comes first, for it holds the watch, and then the source, before alerts."""
    watch = TrafficWatch.objects.select_for_update(of=("self",)).filter(launch=launch).first()
    gone = list(_gone(launch)) if watch else []
    if watch is None or not gone:
        return 0
    Source.objects.select_for_update(no_key=True).get(pk=watch.source_id)
    for is_retired in (True, False):
        with override(launch.language):
            reason = (
                _("Its component was retired.")
                if is_retired
                else _("Its component was removed, or machines call it otherwise now.")
            )
        _end([row for row, was_retired in gone if was_retired is is_retired and row.firing], watch, reason, now=now)
    RuleState.objects.filter(pk__in=[row.pk for row, _was_retired in gone]).delete()
    return len(gone)


def _end(firing: list[RuleState], watch: TrafficWatch, reason: str, *, now: datetime) -> None:
    # A key is kept as the very text that its fingerprint is made of.
    names = [fingerprint(row.rule.name, (row.key,)) for row in firing]
    rows = Alert.objects.filter(source=watch.source_id, fingerprint__in=names).exclude(status=AlertStatus.RESOLVED)
    alerts = list(rows.select_for_update(of=("self",)).select_related("launch").order_by("pk"))
    if alerts:
        ending.end_found(alerts, reason=reason, actor=SYSTEM, now=now)
    for row in firing:
        Firing.objects.filter(rule=row.rule_id, key=row.key, ended_at=None).update(ended_at=now)


def _component(row: RuleState) -> str | None:
    per = DEFAULTS[row.rule.name].per
    return component_of(per, from_text(row.key, per))
