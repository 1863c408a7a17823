"""This module works out what a launch's armed rules see in some minutes, with a fixed number of queries."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from gateway_ingest import distinct
from gateway_ingest.absences import AWAY_AFTER, Stretch
from gateway_ingest.delays import LONGEST as LONGEST_DELAY
from gateway_ingest.delays import SETTLES, Delays, delays_of
from gateway_ingest.models import Heartbeat, RuleState, SeriesMemory, TrafficWatch
from gateway_ingest.models import Rule as RuleRow
from gateway_ingest.rules import figures, rows, surprise
from gateway_ingest.rules.defaults import DEFAULTS
from gateway_ingest.rules.figures import Foreseen
from gateway_ingest.rules.flags import HeardFlags, heard_flags
from gateway_ingest.rules.keys import Key, KindOfCalls, component_of, from_text, key_of
from gateway_ingest.rules.ratings import ratings
from gateway_ingest.rules.rule import FIGURES, Measure, Per, Rule
from gateway_ingest.rules.span import MINUTE, Span, with_keys
from gateway_ingest.rules.state import Change, State
from gateway_ingest.rules.stored import Windows, components_called, consumers_of, hour_of, read_windows, timed
from gateway_ingest.rules.surprise import Remembered
from gateway_ingest.rules.watcher import LONGEST_MINUTES, Watcher, refused_by
from gateway_ingest.rules.watching import Around, Figures, Found, States, Watched, counted_by, watch, watch_figures
from gateway_ingest.silences import heartbeats_of
from hypercare.core.models import Launch

FEEDS_AT_ONCE = timedelta(hours=12)
FEEDS_FROM = timedelta(days=14)
FIRES_WITHIN = timedelta(minutes=30)


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
    flags: HeardFlags = field(default_factory=HeardFlags)
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
    delays = delays_of(launch, until=until + SETTLES)
    first = longest + int(delays.longest / MINUTE)
    windows = read_windows(launch.pk, begins - first * MINUTE, until)
    is_watched = until - watch_row.looked_until <= AWAY_AFTER
    looking = _Looking(
        watcher, windows, first=first, begins=begins, seen=seen, delays=delays, is_watched=is_watched,
        looked_until=watch_row.looked_until,
    )  # fmt: skip
    for name, rule in rules.items():
        if (watched := looking.watched(rule, before[name])) is not None:
            seen.watched[name] = watched
    _add_facts(seen, windows)
    return seen


def _states(launch: Launch) -> dict[str, States]:
    found: dict[str, States] = {}
    for name, key, state in RuleState.objects.filter(rule__launch=launch).values_list("rule__name", "key", "state"):
        found.setdefault(name, {})[from_text(key, DEFAULTS[name].per)] = State.from_json(state)
    return found


@dataclass
class _Looking:
    """One look at one launch; spans are made once for all rules that need them."""

    watcher: Watcher
    windows: Windows
    first: int
    begins: datetime
    seen: Seen
    delays: Delays
    is_watched: bool
    looked_until: datetime
    _spans: dict[Per, Span] = field(default_factory=dict)

    def watched(self, rule: Rule, states: Mapping[Key, State]) -> Watched | None:
        """What a rule sees, of all that is in use; None where it is not its time."""
        seen, retired = self._watched(rule, states), self.watcher.retired
        if seen is None or not retired:
            return seen
        return seen.without(lambda key: component_of(rule.per, key) in retired, states)

    def _watched(self, rule: Rule, states: Mapping[Key, State]) -> Watched | None:
        around = self.watcher.around()
        if rule.measure in FIGURES:
            return self._figures(rule, states, around)
        span, first = self._span(rule)
        if rule.measure is Measure.CALLS:
            span = with_keys(span, self._missing(rule, span))
        beside = self.watcher.beside_maintenance(rule, self.windows)
        return watch(rule, span, states, around, first=first, beside=beside, late=partial(self._late, rule))

    def _missing(self, rule: Rule, span: Span) -> list[Key]:
        """The components that were called before and are not now; a name that became another's is not waited for."""
        missing = set(self.watcher.learned(self.windows.ends - MINUTE).keys(rule.per)).difference(span.keys)
        called = components_called(self.watcher.launch.pk) if missing else set[str]()
        return sorted(key for key in missing if key[0] in called)

    def _late(self, rule: Rule, key: Key) -> int | None:
        """By how many minutes a rule looks at a key later than others: a minute is judged once it is complete.

        Calls are missed only then, and not at all of a source that is later than that. What is wrong with calls shows in
        the first of them, so a rule waits only where the newer half of its time would be empty.
        """
        component = component_of(rule.per, key)
        delay = self.delays.longest if component is None else self.delays.of(component)
        minutes = int(delay / MINUTE)
        if rule.measure is Measure.CALLS:
            return minutes if delay <= LONGEST_DELAY else None
        return minutes if rule.sustained and rule.minutes // 2 <= minutes and delay <= LONGEST_DELAY else 0

    @property
    def _ends(self) -> list[datetime]:
        return [
            self.begins + number * MINUTE for number in range(1, int((self.windows.ends - self.begins) / MINUTE) + 1)
        ]

    def _span(self, rule: Rule) -> tuple[Span, int]:
        if rule.measure is Measure.FORGOT:
            return figures.forgotten(self.watcher.launch, rule, self.begins, self.windows.ends)
        if rule.per is Per.CONSUMER:
            return refused_by(rule, self.windows), self.first
        if rule.measure is Measure.P95_MS:
            return timed(self.windows, rule.per, least=rule.least, stretch=rule.minutes), self.first
        if rule.per not in self._spans:
            self._spans[rule.per] = self.windows.span(rule.per)[0]
        if rule.measure is Measure.FLAGGED:
            return self._flagged(rule, self._spans[rule.per]), self.first
        return self._spans[rule.per], self.first

    def _flagged(self, rule: Rule, span: Span) -> Span:
        """A flag counts when it is told, however late that is; no minute is looked at twice for it."""
        launch_id = self.watcher.launch.pk
        self.seen.flags = heard_flags(launch_id, span, first=self.first, looked_until=self.looked_until)
        return self.seen.flags.counted_in(span, rule.per)

    def _figures(self, rule: Rule, states: Mapping[Key, State], around: Around) -> Watched | None:
        launch, targets, until = self.watcher.launch, self.watcher.targets, self.windows.ends
        if rule.measure is Measure.SPENT_SHARE:
            return watch_figures(rule, figures.spending(launch, targets, self._ends), states, around, ends=self._ends)
        if rule.measure is Measure.RATING_CHANCE:
            return watch_figures(rule, ratings(launch, [until]), states, around, ends=[until])
        if rule.measure is Measure.SILENCE:
            quiet = self.watcher.quiet
            self.seen.heartbeats = heartbeats_of(launch, quiet, learns=self.is_watched)
            silences = figures.silences(self.seen.heartbeats, until, zone=launch.zone, quiet=quiet)
            for one in self.seen.heartbeats:
                self.seen.facts[rule.name, figures.key_of_heartbeat(one)] = figures.facts_of_heartbeat(one)
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
        """Feeds the detector what it has not seen, each component as late as its own sources; only what is new may fire."""
        memories = surprise.memories_of(self.watcher.launch)
        components = {kind.component for kind in self.windows.kinds.values()}
        components |= {key[0] for key in [*memories, *states]}
        waits = {component: self.delays.of(component) for component in components}
        whole, is_due = Watched(dict(states)), False
        for delay in sorted({wait for wait in waits.values() if wait <= LONGEST_DELAY}):
            until = surprise.step_of(self.windows.ends - delay)
            if until > surprise.step_of(self.begins - delay):
                own = frozenset(component for component, wait in waits.items() if wait == delay)
                fed = self._fed(own if len(own) < len(waits) else None, memories, until)
                mine = {key: state for key, state in states.items() if key[0] in own}
                whole.take(watch_figures(rule, fed, mine, around, ends=[until]), of=mine)
                is_due = True
        return whole if is_due else None

    def _fed(self, own: frozenset[str] | None, memories: Mapping[Key, Remembered], until: datetime) -> Figures:
        """What is new of some components, or of all, up to a moment."""
        launch = self.watcher.launch
        mine = {key: memory for key, memory in memories.items() if own is None or key[0] in own}
        fed = surprise.fed_until(mine, launch.pk, until - FEEDS_FROM)
        windows = read_windows(launch.pk, fed, min(until, surprise.step_of(fed + FEEDS_AT_ONCE)))
        if own is not None:
            windows = windows.without(lambda component, _at: component not in own)
        elsewhere = len(memories) - len(mine)
        scored, after = surprise.scored(windows, mine, zone=launch.zone, away=self.watcher.away, elsewhere=elsewhere)
        self.seen.memories += surprise.rows_of(launch, after, scored)
        self.seen.forgotten += [key for key, memory in after.items() if memory.is_forgotten]
        return {key: [one for one in course if one[0] > until - FIRES_WITHIN] for key, course in scored.items()}


def foresight_facts(one: Foreseen) -> dict[str, Any]:
    """What a finding tells of a drift; nothing where none is foreseen."""
    if not one.warns or one.drift is None or one.drift.crosses_at is None:
        return {}
    return {
        "a_day": round(math.expm1(one.drift.slope_per_day), 4),
        "crosses_at": one.drift.crosses_at.isoformat(),
        "level_ms": round(one.at(one.drift.newest_at) or 0.0, 1),
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
    for one in [one for one in loud if one.rule.measure is Measure.FLAGGED]:
        seen.facts[one.rule.name, one.key] = seen.flags.facts(one.rule.per, one.key, _minutes_of(one, windows))
    loud = [one for one in loud if one.rule.measure is not Measure.FLAGGED]
    for per in {one.rule.per for one in loud if one.rule.per is not Per.CONSUMER}:
        of_per = [one for one in loud if one.rule.per is per]
        sketches = consumers_of(windows, per, [one.key for one in of_per])
        for one in of_per:
            seen.facts[one.rule.name, one.key] = _facts(one, windows, sketches.get(one.key, []))


def _minutes_of(one: Found, windows: Windows) -> range:
    """The places of the minutes that a finding rests on."""
    end = round((one.look.at - windows.begins) / MINUTE)
    return range(end - one.rule.minutes, end)


def _facts(one: Found, windows: Windows, sketches: list[tuple[int, bytes]]) -> dict[str, Any]:
    """Who called in the rule's time, and whose calls they were that it is about: the most of them first."""
    minutes = _minutes_of(one, windows)
    seen = distinct.count(distinct.union([sketch for minute, sketch in sketches if minute in minutes]))
    counted = windows.counts[counted_by(one.rule.measure)]
    is_then = (windows.minute >= minutes.start) & (windows.minute < minutes.stop) & (counted > 0)
    totals: Counter[KindOfCalls] = Counter()
    for number, count in zip(windows.kind[is_then].tolist(), counted[is_then].tolist(), strict=True):
        totals[windows.kinds[number]] += count
    kinds = [kind for kind, _count in totals.most_common() if key_of(one.rule.per, kind) == one.key]
    return {
        "consumers": seen.number,
        "releases": list(dict.fromkeys(kind.release for kind in kinds if kind.release))[:10],
        "routes": list(dict.fromkeys(f"{kind.method} {kind.route}".strip() for kind in kinds))[:10],
    }
