"""This module holds what the rules of a launch know besides its traffic: targets, what is usual, what is being mended."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from gateway_ingest.absences import KEPT_FOR, Absences, Stretch, absences_of
from gateway_ingest.component_names import former_names
from gateway_ingest.mending import Mending, mending_of
from gateway_ingest.models import TrafficWatch
from gateway_ingest.rules.figures import Targets
from gateway_ingest.rules.keys import Key
from gateway_ingest.rules.rule import Against, Measure, Per, Rule
from gateway_ingest.rules.span import MINUTE, Span
from gateway_ingest.rules.stored import HOUR, Windows, hour_of, refusals
from gateway_ingest.rules.usual import Basis, Learned, usual_between, usual_now
from gateway_ingest.rules.watching import Around
from hypercare.core.models import Component, Launch

LONGEST_MINUTES = 60  # a rule over more minutes reads its counts apart


@dataclass(frozen=True)
class Watcher:
    """Everything that the rules of a launch need besides the traffic."""

    launch: Launch
    targets: Targets
    learned: Callable[[datetime], Learned]
    critical: frozenset[str]
    retired: frozenset[str]
    mending: Mending
    away: Absences

    @classmethod
    def of(
        cls, launch: Launch, watch_row: TrafficWatch | None, begins: datetime, absent: Iterable[Stretch] = ()
    ) -> "Watcher":
        """What is known of a launch for the minutes from `begins` on; `absent` is when we were away just now."""
        rows = Component.objects.filter(launch=launch).values_list("slug", "critical", "retired_at")
        critical = frozenset(slug for slug, is_critical, _retired_at in rows if is_critical)
        retired = frozenset(slug for slug, _is_critical, retired_at in rows if retired_at)
        learned_until = watch_row.learned_until if watch_row else None
        learned = partial(usual_now, launch, learned_until=learned_until, former=former_names(launch.pk))
        mending = mending_of(launch, since=begins - KEPT_FOR)
        away = absences_of(launch, begins - KEPT_FOR, absent)
        return cls(launch, Targets.of(launch), learned, critical, retired, mending, away)

    def around(self) -> Around:
        """The same for the rules."""
        return Around(usual=self.limit_of, critical=self.critical, in_maintenance=self.mending.touches, away=self.away)

    def quiet(self, source_id: int) -> Absences:
        """When nothing was to be heard of a source."""
        return self.mending.quiet(self.away, source_id)

    def with_usual(self, rule: Rule, begins: datetime, ends: datetime, keys: Iterable[Key]) -> "Watcher":
        """The same, knowing what is usual of some keys in all hours of a span and of no others; at most one query."""
        if rule.against is not Against.USUAL:
            return self
        per, of = (Per.ROUTE, {key[:2] for key in keys}) if rule.per is Per.RELEASE else (rule.per, set(keys))
        learned = usual_between(self.launch, begins, ends, per, of)
        return replace(self, learned=lambda _at: learned)

    def limit_of(self, rule: Rule, key: Key, at: datetime) -> float | None:
        """What the rule's limit is counted in: the target, or the usual."""
        if rule.against is Against.TARGET:
            return self.targets.p95_of(key[0])
        basis = self.basis_of(rule, key, at)
        return basis.value if basis else None

    def basis_of(self, rule: Rule, key: Key, at: datetime) -> Basis | None:
        """What is usual of a key in the rule's time up to a moment. A new release is held against the past of its route.

        Of two hours that the time lies in, the milder one counts. Calls begin and end within an hour too, as a shop opens
        at half past eight: they are expected only as far as the hours on both sides have them.
        """
        per, of = (Per.ROUTE, key[:2]) if rule.per is Per.RELEASE else (rule.per, key)
        newest = hour_of(at - MINUTE)
        hours = {newest, hour_of(at - min(rule.minutes, LONGEST_MINUTES) * MINUTE)}
        learned = self.learned(newest)
        own = [learned.at(per, of, rule.measure, each, before=newest) for each in sorted(hours)]
        known = [basis for basis in own if basis]
        if rule.measure is not Measure.CALLS:
            return max(known, key=lambda basis: basis.value, default=None)
        if len(known) < len(own):
            return None
        sides = {newest - HOUR, newest + HOUR} - hours
        known += [one for each in sides if (one := learned.at(per, of, rule.measure, each, before=newest))]
        return min(known, key=lambda basis: basis.value)

    def beside_maintenance(self, rule: Rule, windows: Windows, *, most: int | None = None) -> Span | None:
        """The span of a rule whose keys lie across components, without those being mended; None where none is."""
        is_across = rule.per in {Per.PROVIDER, Per.CONSUMER}
        if not is_across or not self.mending.any_between(windows.begins, windows.ends):
            return None
        left = windows.without(lambda component, at: self.mending.touches(component, at, at + MINUTE))
        return refused_by(rule, left, most=most) if rule.per is Per.CONSUMER else left.span(rule.per)[0]


def refused_by(rule: Rule, windows: Windows, *, most: int | None = None) -> Span:
    """Whom a rule about consumers may be about: those refused at least half as often as its limit allows."""
    return refusals(windows, above=int(rule.steps[0].limit / 2), most=most)
