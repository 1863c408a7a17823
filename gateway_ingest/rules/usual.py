"""This module learns each hour's traffic by key, and says what is usual at an hour from what it has learned."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from statistics import median
from zoneinfo import ZoneInfo

import numpy as np

from gateway_ingest.detect.baseline import WindowValue, usual_at
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


class UsualNowOf:
    """The usual of all keys of a launch in one hour."""

    def __init__(self, launch: Launch, hour: datetime) -> None:
        self._seen: dict[tuple[str, str], list[Baseline]] = {}
        self._known: dict[tuple[Per, Key, Measure], Basis | None] = {}
        self._zone, self._moment = ZoneInfo(launch.zone), hour + HOUR / 2
        for row in _rows(launch, hour):
            self._seen.setdefault((row.per, row.key), []).append(row)

    def of(self, per: Per, key: Key, measure: Measure) -> Basis | None:
        """None where too little was seen yet: less than two hours."""
        if (per, key, measure) not in self._known:
            self._known[per, key, measure] = self._read(per, key, measure)
        return self._known[per, key, measure]

    def keys(self, per: Per) -> list[Key]:
        """The keys that were seen."""
        return [from_text(key) for known, key in self._seen if known == per]

    def _read(self, per: Per, key: Key, measure: Measure) -> Basis | None:
        rows = [row for row in self._seen.get((per, as_text(key)), []) if getattr(row, _COLUMNS[measure]) is not None]
        if len(rows) < LEAST_HOURS:
            return None
        weigh_alike = measure is Measure.CALLS  # an hour without calls counts as much as any other
        windows = [
            WindowValue(row.hour, 1.0 if weigh_alike else row.calls, getattr(row, _COLUMNS[measure])) for row in rows
        ]
        found = usual_at(windows, self._moment, zone=self._zone)
        if found is None:
            return None
        value = found.expected
        if measure is Measure.CALLS and found.days < YOUNG_DAYS:
            value = self._least_of_late(rows)
        return Basis(max(value, LEAST_USUAL.get(measure, 0.0)), found.weeks, found.days)

    def _least_of_late(self, rows: list[Baseline]) -> float:
        """The lower of the last two hours and of this hour of the days before: most traffic has a daily course."""
        hour = self._moment.astimezone(self._zone).hour
        same = [row.calls for row in rows if row.hour.astimezone(self._zone).hour == hour]
        return min(median(part) for part in (same, [row.calls for row in rows[-LEAST_HOURS:]]) if part)


def usual_of(launch: Launch, at: datetime, learned_until: datetime | None) -> UsualNowOf:
    """The usual in the hour of a moment; each process works it out once an hour."""
    return _usual_of(launch.pk, launch.zone, hour_of(at), learned_until)


@lru_cache(64)
def _usual_of(launch_id: int, zone: str, hour: datetime, _learned_until: datetime | None) -> UsualNowOf:
    return UsualNowOf(Launch(pk=launch_id, zone=zone), hour)


def _rows(launch: Launch, hour: datetime) -> Iterator[Baseline]:
    """What was learned of this hour of other days, and of the last day."""
    zone = ZoneInfo(launch.zone)
    days = int(REMEMBERED / timedelta(days=1))
    local = hour.astimezone(zone)
    same = [hour_of((local - timedelta(days=number)).astimezone(hour.tzinfo)) for number in range(1, days + 1)]
    recent = [hour - number * HOUR for number in range(1, int(RECENT / HOUR) + 1)]
    return Baseline.objects.filter(launch=launch.pk, hour__in={*same, *recent}).order_by("hour").iterator()


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
