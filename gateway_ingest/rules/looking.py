"""This module works out what a launch's armed rules see in some minutes, with a fixed number of queries."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
from django.db.models import Exists, OuterRef, Q

from gateway_ingest import distinct
from gateway_ingest.heartbeats import DEFAULT_INTERVAL, beat
from gateway_ingest.models import CallDetail, Heartbeat, RuleState, SeriesMemory, Source, TrafficWatch
from gateway_ingest.models import Rule as RuleRow
from gateway_ingest.rules import figures, rows, surprise
from gateway_ingest.rules.figures import Foreseen, Targets
from gateway_ingest.rules.keys import Key, from_text, key_of
from gateway_ingest.rules.rule import FIGURES, Against, Measure, Per, Rule
from gateway_ingest.rules.span import MINUTE, Span, span_of, with_keys
from gateway_ingest.rules.state import Change, State
from gateway_ingest.rules.stored import Windows, consumers_of, hour_of, read_windows, refusals, timed
from gateway_ingest.rules.usual import Basis, Learned, usual_now
from gateway_ingest.rules.watching import Around, Found, States, Watched, watch, watch_figures
from hypercare.core.models import Component, Launch, MaintenanceWindow

LONGEST_MINUTES = 60  # a rule over more minutes reads its counts apart
# A look rests on at most a day of traffic.
_DAY = timedelta(days=1)
FEEDS_AT_ONCE = timedelta(hours=12)
FEEDS_FROM = timedelta(days=14)


@dataclass(frozen=True)
class Watcher:
    """Everything that the rules of a launch need besides the traffic."""

    launch: Launch
    targets: Targets
    learned: Callable[[datetime], Learned]
    critical: frozenset[str]
    maintenance: tuple[MaintenanceWindow, ...]

    @classmethod
    def of(cls, launch: Launch, watch_row: TrafficWatch | None, begins: datetime) -> "Watcher":
        """What is known of a launch for the minutes from `begins` on."""
        critical = Component.objects.filter(launch=launch, critical=True).values_list("slug", flat=True)
        planned = MaintenanceWindow.objects.filter(launch=launch, ends_at__gte=begins - _DAY).select_related(
            "component"
        )
        learned = partial(usual_now, launch, learned_until=watch_row.learned_until if watch_row else None)
        return cls(launch, Targets.of(launch), learned, frozenset(critical), tuple(planned))

    def around(self) -> Around:
        """The same for the rules."""
        return Around(usual=self.limit_of, critical=self.critical, in_maintenance=self.in_maintenance)

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


@dataclass
class Seen:
    """What the rules saw, ready to be written."""

    until: datetime
    versions: frozenset[tuple[int, int, bool]]
    rules: dict[str, RuleRow]
    before: dict[str, States]
    watched: dict[str, Watched] = field(default_factory=dict)
    facts: dict[tuple[str, Key], dict[str, Any]] = field(default_factory=dict)
    heartbeats: list[Heartbeat] = field(default_factory=list)
    memories: list[SeriesMemory] = field(default_factory=list)


def look(launch: Launch, watch_row: TrafficWatch, begins: datetime, until: datetime) -> Seen:
    """What the armed rules see in the minutes from `begins` to `until`."""
    armed = {row.name: row for row in RuleRow.objects.filter(launch=launch)}
    rules = {name: rows.read(row) for name, row in armed.items() if row.armed}
    states = _states(launch)
    before = {name: states.get(name, {}) for name in rules}
    seen = Seen(until, rows.versions_of(armed.values()), armed, before)
    watcher = Watcher.of(launch, watch_row, begins)
    by_minute = [rule.minutes for rule in rules.values() if rule.measure not in FIGURES]
    longest = max((minutes for minutes in by_minute if minutes <= LONGEST_MINUTES), default=1)
    windows = read_windows(launch.pk, begins - longest * MINUTE, until)
    looking = _Looking(watcher, windows, first=longest, begins=begins, seen=seen)
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
    _spans: dict[Per, Span] = field(default_factory=dict)

    def watched(self, rule: Rule, states: Mapping[Key, State]) -> Watched | None:
        """What a rule sees; None where it is not its time."""
        around = self.watcher.around()
        if rule.measure in FIGURES:
            return self._figures(rule, states, around)
        span, first = self._span(rule)
        return watch(rule, span, states, around, first=first)

    @property
    def _ends(self) -> list[datetime]:
        return [
            self.begins + number * MINUTE for number in range(1, int((self.windows.ends - self.begins) / MINUTE) + 1)
        ]

    def _span(self, rule: Rule) -> tuple[Span, int]:
        if rule.measure is Measure.FORGOT:
            return forgotten(self.watcher.launch, rule, self.begins, self.windows.ends)
        if rule.per is Per.CONSUMER:
            return refusals(self.windows, above=int(rule.steps[0].limit / 2)), self.first
        if rule.measure is Measure.P95_MS:
            return timed(self.windows, rule.per, least=rule.least, stretch=rule.minutes), self.first
        if rule.per not in self._spans:
            self._spans[rule.per] = self.windows.span(rule.per)[0]
        span = self._spans[rule.per]
        if rule.measure is Measure.CALLS:
            return with_keys(span, self.watcher.learned(self.windows.ends).keys(rule.per)), self.first
        return span, self.first

    def _figures(self, rule: Rule, states: Mapping[Key, State], around: Around) -> Watched | None:
        launch, targets, until = self.watcher.launch, self.watcher.targets, self.windows.ends
        if rule.measure is Measure.SPENT_SHARE:
            return watch_figures(rule, figures.spending(launch, targets, self._ends), states, around, ends=self._ends)
        if rule.measure is Measure.RATING_CHANCE:
            return watch_figures(rule, figures.ratings(launch, [until]), states, around, ends=[until])
        if rule.measure is Measure.SILENCE:
            self.seen.heartbeats = heartbeats_of(launch)
            return watch_figures(rule, figures.silences(self.seen.heartbeats, until), states, around, ends=[until])
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
        until = surprise.step_of(self.windows.ends)
        if until <= surprise.step_of(self.begins):
            return None
        launch = self.watcher.launch
        memories = surprise.memories_of(launch.pk)
        fed = surprise.fed_until(memories, launch.pk, until - FEEDS_FROM)
        ends = min(until, surprise.step_of(fed + FEEDS_AT_ONCE))
        scored, after = surprise.scored(read_windows(launch.pk, fed, ends), memories)
        self.seen.memories = surprise.rows_of(launch.pk, after, scored)
        new = {key: [one for one in course if one[0] > self.begins] for key, course in scored.items()}
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


def forgotten(launch: Launch, rule: Rule, begins: datetime, ends: datetime) -> tuple[Span, int]:
    """How many answers forgot the context, by component and minute, over as many minutes as the rule looks at."""
    start = begins - rule.minutes * MINUTE
    told = figures.by_minute(launch.pk, "sum(w.forgot)", start, ends)
    minute = np.array([int((at - start) / MINUTE) for _component, at, _number in told], dtype=np.int64)
    number = np.array([number for _component, _at, number in told], dtype=np.int64)
    keys = [(component,) for component, _at, _number in told]
    return span_of(start, int((ends - start) / MINUTE), keys, minute, {"forgot": number})[0], rule.minutes


def heartbeats_of(launch: Launch) -> list[Heartbeat]:
    """All signs of life of a launch as they are now; a source that sends calls has one of its own."""
    living = Source.objects.filter(launch=launch, revoked_at=None, last_event_at__isnull=False, traffic_watch=None)
    senders = {source.pk: source for source in living.filter(Exists(CallDetail.objects.filter(source=OuterRef("pk"))))}
    known = list(Heartbeat.objects.filter(Q(source__launch=launch), source__revoked_at=None).select_related("source"))
    own = {one.source_id for one in known if not one.name}
    found = [beat(one, last) if not one.name and (last := one.source.last_event_at) else one for one in known]
    return found + [
        Heartbeat(source=source, last_at=source.last_event_at, interval=DEFAULT_INTERVAL)
        for source in senders.values()
        if source.pk not in own and source.last_event_at
    ]


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
