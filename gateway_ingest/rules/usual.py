"""This module learns each hour's traffic by key, and says what is usual at an hour from what it has learned."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from statistics import median
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from django.db.models import Q

from gateway_ingest.detect.baseline import UsualNow, WindowValue, usual_at
from gateway_ingest.models import Baseline, TrafficWatch
from gateway_ingest.rules.keys import Key, as_text, from_text
from gateway_ingest.rules.rule import Measure, Per
from gateway_ingest.rules.span import Span
from gateway_ingest.rules.stored import HOUR, Windows, first_window, hour_of, read_windows, timed
from gateway_ingest.rules.traffic import LEAST_USUAL
from hypercare.core.models import Launch

REMEMBERED = timedelta(days=28)
RECENT = timedelta(hours=24)
SETTLES = timedelta(minutes=5)
HOURS_A_TICK = 48
MAX_KEYS = 2000  # of which one hour is learned, the busiest first
LEAST_CALLS = 5  # in an hour, below which it tells nothing of a key
LEAST_HOURS = 2
YOUNG_DAYS = 3  # until when the hours of a day are known too little to expect calls by them
LEARNED = (Per.COMPONENT, Per.ROUTE, Per.PROMPT_VERSION)

_COLUMNS = {
    Measure.CALLS: "calls",
    Measure.MALFORMED: "malformed",
    Measure.REFUSED: "refused",
    Measure.TOKENS_A_CALL: "tokens_a_call",
    Measure.P95_MS: "p95_ms",
}


@dataclass(frozen=True)
class Basis:
    """What is usual of a key, and whether that rests on weeks, on days, or on the last hours alone."""

    value: float
    weeks: int
    days: int

    @property
    def word(self) -> str:
        """The name of what it rests on."""
        if self.weeks > 1:
            return "weeks"
        return "days" if self.days else "hours"


class Hour(NamedTuple):
    """What one key had in one hour."""

    hour: datetime
    calls: float
    malformed: float
    refused: float
    tokens_a_call: float | None
    p95_ms: float | None


class Learned:
    """What was learned of a launch's keys, and what is usual by it."""

    def __init__(self, zone: str, rows: Iterable[tuple[Any, ...]]) -> None:
        self._zone = ZoneInfo(zone)
        self._hours: dict[tuple[str, str], dict[datetime, Hour]] = {}
        self._known: dict[tuple[str, Key, Measure, datetime], Basis | None] = {}
        for per, key, *figures in rows:
            one = Hour(*figures)
            self._hours.setdefault((per, key), {})[one.hour] = one

    def at(self, per: Per, key: Key, measure: Measure, moment: datetime) -> Basis | None:
        """What is usual in the hour of a moment; None where too little was seen yet: less than two hours."""
        asked = (per, key, measure, hour_of(moment))
        if asked not in self._known:
            self._known[asked] = self._read(*asked)
        return self._known[asked]

    def keys(self, per: Per) -> list[Key]:
        """The keys that were seen."""
        return [from_text(key) for known, key in self._hours if known == per]

    def _read(self, per: Per, key: Key, measure: Measure, hour: datetime) -> Basis | None:
        column, known = _COLUMNS[measure], self._hours.get((per, as_text(key)), {})
        told = (known[each] for each in _telling(hour, self._zone) if each in known)
        rows = [row for row in told if getattr(row, column) is not None]
        if len(rows) < LEAST_HOURS:
            return None
        weigh_alike = measure is Measure.CALLS  # an hour without calls counts as much as any other
        windows = [WindowValue(row.hour, 1.0 if weigh_alike else row.calls, getattr(row, column)) for row in rows]
        found = usual_at(windows, hour + HOUR / 2, zone=self._zone)
        if found is None:
            return None
        value = self._fewest(rows, hour, found) if measure is Measure.CALLS else found.expected
        return Basis(max(value, LEAST_USUAL.get(measure, 0.0)), found.weeks, found.days)

    def _fewest(self, rows: list[Hour], hour: datetime, found: UsualNow) -> float:
        """Calls have a daily course, so wider hours may only lower what this hour had on other days.

        Until some days are known, the last two hours stand for what is missing.
        """
        place = hour.astimezone(self._zone).hour
        same = [row.calls for row in rows if row.hour.astimezone(self._zone).hour == place]
        wider = found.expected if found.days >= YOUNG_DAYS else median(row.calls for row in rows[-LEAST_HOURS:])
        return min(wider, median(same)) if same else wider


@lru_cache(512)
def _telling(hour: datetime, zone: ZoneInfo) -> list[datetime]:
    """The hours that tell something of an hour: the same of the days before, and the last ones; the oldest first."""
    local = hour.astimezone(zone)
    days = range(1, int(REMEMBERED / timedelta(days=1)) + 1)
    same = (hour_of(local - timedelta(days=number)) for number in days)
    return sorted({*same, *(hour - number * HOUR for number in range(1, int(RECENT / HOUR) + 1))})


def usual_now(launch: Launch, at: datetime, learned_until: datetime | None) -> Learned:
    """What is usual in the hour of a moment; each process reads it once an hour."""
    return _usual_now(launch.pk, launch.zone, hour_of(at), learned_until)


@lru_cache(64)
def _usual_now(launch_id: int, zone: str, hour: datetime, _learned_until: datetime | None) -> Learned:
    return Learned(zone, _rows(Q(launch=launch_id, hour__in=_telling(hour, ZoneInfo(zone)))))


def usual_between(launch: Launch, begins: datetime, ends: datetime, per: Per) -> Learned:
    """What is usual in each hour of a span, for one sort of key."""
    of_span = Q(launch=launch.pk, per=per, hour__gte=begins - REMEMBERED - HOUR, hour__lt=ends)
    return Learned(launch.zone, _rows(of_span))


def _rows(wanted: Q) -> Iterator[tuple[Any, ...]]:
    return Baseline.objects.filter(wanted).values_list("per", "key", *Hour._fields).iterator()


def learn(watch: TrafficWatch, *, now: datetime) -> None:
    """Learns the hours that have ended since the last time, the oldest first, at most some at once."""
    until = hour_of(now - SETTLES)
    hour = watch.learned_until or first_window(watch.launch_id, now - REMEMBERED)
    for _step in range(HOURS_A_TICK):
        if hour >= until:
            break
        _learn_hour(watch.launch_id, hour)
        hour += HOUR
    if hour != watch.learned_until:
        TrafficWatch.objects.filter(pk=watch.pk).update(learned_until=hour)
        Baseline.objects.filter(launch=watch.launch_id, hour__lt=hour - REMEMBERED - RECENT).delete()
        watch.learned_until = hour


def _learn_hour(launch_id: int, hour: datetime) -> None:
    windows = read_windows(launch_id, hour, hour + HOUR)
    rows = [row for per in LEARNED for row in _baselines(windows, per, hour)]
    seen = {row.key for row in rows if row.per == Per.COMPONENT}
    before = Baseline.objects.filter(launch=launch_id, hour=hour - HOUR, per=Per.COMPONENT)
    nothing = {"calls": 0, "malformed": 0, "refused": 0}
    # Without these, a component that sleeps at night would be missed every night.
    rows += [
        Baseline(launch_id=launch_id, per=Per.COMPONENT, key=key, hour=hour, **nothing)
        for key in before.exclude(key__in=seen).values_list("key", flat=True)
    ]
    Baseline.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2000)


def _baselines(windows: Windows, per: Per, hour: datetime) -> Iterator[Baseline]:
    span = timed(windows, per, least=LEAST_CALLS, stretch=60) if per is Per.ROUTE else windows.span(per)[0]
    for place in _busiest(span):
        whole = span.traffic(place, span.minutes - 1, 60, timed=per is Per.ROUTE)
        yield Baseline(
            launch_id=windows.launch_id,
            per=per,
            key=as_text(span.keys[place]),
            hour=hour,
            calls=whole.calls / 60,
            malformed=whole.malformed / 60,
            refused=whole.refused / 60,
            tokens_a_call=whole.tokens / whole.calls if whole.tokens else None,
            p95_ms=whole.p95_ms if whole.p95_ms is not None and math.isfinite(whole.p95_ms) else None,
        )


def _busiest(span: Span) -> Iterable[int]:
    if not span.keys:
        return []
    calls = span.sums["calls"][:, -1]
    return [place for place in np.argsort(-calls)[:MAX_KEYS].tolist() if calls[place] >= LEAST_CALLS]
