"""This module works out what a launch's armed rules see in some minutes, with a fixed number of queries."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from gateway_ingest import distinct
from gateway_ingest.absences import AWAY_AFTER, KEPT_FOR, Absences, Stretch, absences_of
from gateway_ingest.delays import LONGEST as LONGEST_DELAY
from gateway_ingest.delays import SETTLES, delay_of
from gateway_ingest.models import Heartbeat, RuleState, SeriesMemory, TrafficWatch
from gateway_ingest.models import Rule as RuleRow
from gateway_ingest.rules import figures, rows, surprise
from gateway_ingest.rules.figures import Foreseen, Targets
from gateway_ingest.rules.keys import Key, from_text, key_of
from gateway_ingest.rules.ratings import ratings
from gateway_ingest.rules.rule import FIGURES, Against, Measure, Per, Rule
from gateway_ingest.rules.span import MINUTE, Span, with_keys
from gateway_ingest.rules.state import Change, State
from gateway_ingest.rules.stored import Windows, consumers_of, hour_of, read_windows, refusals, timed
from gateway_ingest.rules.usual import Basis, Learned, usual_between, usual_now
from gateway_ingest.rules.watching import Around, Found, States, Watched, watch, watch_figures
from gateway_ingest.silences import heartbeats_of
from hypercare.core.models import Component, Launch, MaintenanceWindow

LONGEST_MINUTES = 60  # a rule over more minutes reads its counts apart
# A look rests on at most a day of traffic.
_DAY = timedelta(days=1)
FEEDS_AT_ONCE = timedelta(hours=12)
FEEDS_FROM = timedelta(days=14)
FIRES_WITHIN = timedelta(minutes=30)


@dataclass(frozen=True)
class Watcher:
    """Everything that the rules of a launch need besides the traffic."""

    launch: Launch
    targets: Targets
    learned: Callable[[datetime], Learned]
    critical: frozenset[str]
    maintenance: tuple[MaintenanceWindow, ...]
    away: Absences

    @classmethod
    def of(
        cls, launch: Launch, watch_row: TrafficWatch | None, begins: datetime, absent: Iterable[Stretch] = ()
    ) -> "Watcher":
        """What is known of a launch for the minutes from `begins` on; `absent` is when we were away just now."""
        critical = Component.objects.filter(launch=launch, critical=True).values_list("slug", flat=True)
        planned = MaintenanceWindow.objects.filter(launch=launch, ends_at__gte=begins - _DAY).select_related(
            "component"
        )
        learned = partial(usual_now, launch, learned_until=watch_row.learned_until if watch_row else None)
        away = absences_of(launch, begins - KEPT_FOR, absent)
        return cls(launch, Targets.of(launch), learned, frozenset(critical), tuple(planned), away)

    def around(self) -> Around:
        """The same for the rules."""
        return Around(usual=self.limit_of, critical=self.critical, in_maintenance=self.in_maintenance, away=self.away)

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
        """What is usual of a key. A new release has no past, so it is held against its route's."""
        per, of = (Per.ROUTE, key[:2]) if rule.per is Per.RELEASE else (rule.per, key)
        return self.learned(at).at(per, of, rule.measure, at)

    def in_maintenance(self, component: str, begins: datetime, ends: datetime) -> bool:
        """Whether the component, or the whole launch, was being mended at any time of a span."""
        return any(
            window.begins_at < ends
            and begins < window.ends_at
            and (window.component is None or window.component.slug == component)
            for window in self.maintenance
        )

    def beside_maintenance(self, rule: Rule, windows: Windows) -> Span | None:
        """The span of a rule whose keys lie across components, without those being mended; None where none is."""
        if rule.per is not Per.PROVIDER or not any(
            one.begins_at < windows.ends and windows.begins < one.ends_at for one in self.maintenance
        ):
            return None
        left = windows.without(lambda component, at: self.in_maintenance(component, at, at + MINUTE))
        return left.span(rule.per)[0]


@dataclass
class Seen:
    """What the rules saw, ready to be written; `firing` is how many of their keys fired before."""

    until: datetime
    versions: frozenset[tuple[int, int, bool]]
    rules: dict[str, RuleRow]
    before: dict[str, States]
    watched: dict[str, Watched] = field(default_factory=dict)
    facts: dict[tuple[str, Key], dict[str, Any]] = field(default_factory=dict)
    heartbeats: list[Heartbeat] = field(default_factory=list)
    memories: list[SeriesMemory] = field(default_factory=list)
    forgotten: list[Key] = field(default_factory=list)
    absent: list[Stretch] = field(default_factory=list)
    firing: int = 0


def look(
    launch: Launch, watch_row: TrafficWatch, begins: datetime, until: datetime, absent: Sequence[Stretch] = ()
) -> Seen:
    """What the armed rules see in the minutes from `begins` to `until`; `absent` is when we were away before it."""
    armed = {row.name: row for row in RuleRow.objects.filter(launch=launch)}
    rules = {name: rows.read(row) for name, row in armed.items() if row.armed}
    states = _states(launch)
    before = {name: states.get(name, {}) for name in rules}
    seen = Seen(until, rows.versions_of(armed.values()), armed, before)
    seen.absent = list(absent)
    seen.firing = sum(state.firing for of_rule in states.values() for state in of_rule.values())
    watcher = Watcher.of(launch, watch_row, begins, absent)
    by_minute = [rule.minutes for rule in rules.values() if rule.measure not in FIGURES]
    longest = max((minutes for minutes in by_minute if minutes <= LONGEST_MINUTES), default=1)
    windows = read_windows(launch.pk, begins - longest * MINUTE, until)
    delay = delay_of(launch, until=until + SETTLES)
    is_watched = until - watch_row.looked_until <= AWAY_AFTER
    looking = _Looking(watcher, windows, first=longest, begins=begins, seen=seen, delay=delay, is_watched=is_watched)
    for name, rule in rules.items():
        if (watched := looking.watched(rule, before[name])) is not None:
            seen.watched[name] = watched
    _add_facts(seen, windows)
    return seen


def _states(launch: Launch) -> dict[str, States]:
    found: dict[str, States] = {}
    for name, key, state in RuleState.objects.filter(rule__launch=launch).values_list("rule__name", "key", "state"):
        found.setdefault(name, {})[from_text(key)] = State.from_json(state)
    return found


@dataclass
class _Looking:
    """One look at one launch; spans are made once for all rules that need them."""

    watcher: Watcher
    windows: Windows
    first: int
    begins: datetime
    seen: Seen
    delay: timedelta
    is_watched: bool
    _spans: dict[Per, Span] = field(default_factory=dict)

    def watched(self, rule: Rule, states: Mapping[Key, State]) -> Watched | None:
        """What a rule sees; None where it is not its time."""
        around = self.watcher.around()
        if rule.measure in FIGURES:
            return self._figures(rule, states, around)
        if rule.measure is Measure.CALLS:
            return self._missing(rule, states, around)
        span, first = self._span(rule)
        beside = self.watcher.beside_maintenance(rule, self.windows)
        return watch(rule, span, states, around, first=first, beside=beside)

    def _missing(self, rule: Rule, states: Mapping[Key, State], around: Around) -> Watched | None:
        """Looks for calls that did not come in the newest minutes of which all should have come by now."""
        if self.delay > LONGEST_DELAY:
            return None
        windows, delay = self.windows, self.delay
        if delay:
            begins = windows.begins - delay
            windows = read_windows(self.watcher.launch.pk, begins, windows.ends - delay)
            span = windows.span(rule.per)[0]
        else:
            span = self._span(rule)[0]
        known = self.watcher.learned(windows.ends).keys(rule.per)
        return watch(rule, with_keys(span, known), states, around, first=self.first)

    @property
    def _ends(self) -> list[datetime]:
        return [
            self.begins + number * MINUTE for number in range(1, int((self.windows.ends - self.begins) / MINUTE) + 1)
        ]

    def _span(self, rule: Rule) -> tuple[Span, int]:
        if rule.measure is Measure.FORGOT:
            return figures.forgotten(self.watcher.launch, rule, self.begins, self.windows.ends)
        if rule.per is Per.CONSUMER:
            return refusals(self.windows, above=int(rule.steps[0].limit / 2)), self.first
        if rule.measure is Measure.P95_MS:
            return timed(self.windows, rule.per, least=rule.least, stretch=rule.minutes), self.first
        if rule.per not in self._spans:
            self._spans[rule.per] = self.windows.span(rule.per)[0]
        return self._spans[rule.per], self.first

    def _figures(self, rule: Rule, states: Mapping[Key, State], around: Around) -> Watched | None:
        launch, targets, until = self.watcher.launch, self.watcher.targets, self.windows.ends
        if rule.measure is Measure.SPENT_SHARE:
            return watch_figures(rule, figures.spending(launch, targets, self._ends), states, around, ends=self._ends)
        if rule.measure is Measure.RATING_CHANCE:
            return watch_figures(rule, ratings(launch, [until]), states, around, ends=[until])
        if rule.measure is Measure.SILENCE:
            away = self.watcher.away
            self.seen.heartbeats = heartbeats_of(launch, away, learns=self.is_watched)
            silences = figures.silences(self.seen.heartbeats, until, zone=launch.zone, away=away)
            return watch_figures(rule, silences, states, around, ends=[until])
        if rule.measure is Measure.DAYS_LEFT:
            if hour_of(until) == hour_of(self.begins):
                return None
            return self._drifts(rule, states, around)
        return self._surprises(rule, states, around)

    def _drifts(self, rule: Rule, states: Mapping[Key, State], around: Around) -> Watched:
        """Looks ahead once an hour, and keeps the course that tells why."""
        until = self.windows.ends
        found = figures.foreseen(self.watcher.launch, self.watcher.targets, until)
        for component, one in found.items():
            self.seen.facts[rule.name, (component, "p95")] = foresight_facts(one)
        return watch_figures(rule, figures.days_left(found, until), states, around, ends=[until])

    def _surprises(self, rule: Rule, states: Mapping[Key, State], around: Around) -> Watched | None:
        """Feeds the detector what it has not seen; only what is new now may fire."""
        until = surprise.step_of(self.windows.ends - self.delay)
        if until <= surprise.step_of(self.begins - self.delay) or self.delay > LONGEST_DELAY:
            return None
        launch = self.watcher.launch
        memories = surprise.memories_of(launch.pk)
        fed = surprise.fed_until(memories, launch.pk, until - FEEDS_FROM)
        ends = min(until, surprise.step_of(fed + FEEDS_AT_ONCE))
        windows = read_windows(launch.pk, fed, ends)
        scored, after = surprise.scored(windows, memories, away=self.watcher.away)
        self.seen.memories = surprise.rows_of(launch.pk, after, scored)
        self.seen.forgotten = [key for key, memory in after.items() if memory.is_forgotten]
        new = {key: [one for one in course if one[0] > until - FIRES_WITHIN] for key, course in scored.items()}
        return watch_figures(rule, new, states, around, ends=[until])


def foresight_facts(one: Foreseen) -> dict[str, Any]:
    """What a finding tells of a drift; nothing where none is foreseen."""
    if not one.warns or one.drift is None or one.drift.crosses_at is None:
        return {}
    return {
        "a_day": round(math.expm1(one.drift.slope_per_day), 4),
        "crosses_at": one.drift.crosses_at.isoformat(),
        "level_ms": round(one.at(one.drift.newest_at) or 0.0),
        "target_ms": one.target,
    }


def _add_facts(seen: Seen, windows: Windows) -> None:
    """Who was affected and by which releases, of what begins or gets worse; one query for each sort of key."""
    loud = [
        one
        for watched in seen.watched.values()
        for one in watched.found
        if one.change in {Change.FIRED, Change.WORSE} and one.rule.measure not in FIGURES
    ]
    for per in {one.rule.per for one in loud if one.rule.per is not Per.CONSUMER}:
        of_per = [one for one in loud if one.rule.per is per]
        sketches = consumers_of(windows, per, [one.key for one in of_per])
        for one in of_per:
            seen.facts[one.rule.name, one.key] = _facts(one, windows, sketches.get(one.key, []))


def _facts(one: Found, windows: Windows, sketches: list[tuple[int, bytes]]) -> dict[str, Any]:
    begins = one.look.at - one.rule.minutes * MINUTE
    seen = distinct.count(
        distinct.union(
            [sketch for minute, sketch in sketches if begins <= windows.begins + minute * MINUTE < one.look.at]
        )
    )
    kinds = [kind for kind in windows.kinds.values() if key_of(one.rule.per, kind) == one.key]
    return {
        "consumers": seen.number,
        "releases": sorted({kind.release for kind in kinds if kind.release})[:10],
        "routes": sorted({f"{kind.method} {kind.route}".strip() for kind in kinds})[:10],
    }
