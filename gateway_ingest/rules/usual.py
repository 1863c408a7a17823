"""This module learns each hour's traffic by key, and says what is usual at an hour from what it has learned."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from statistics import median
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection, transaction
from django.db.models import Q

from gateway_ingest.absences import Absences, Stretch, absences_of
from gateway_ingest.component_names import former_names
from gateway_ingest.detect.baseline import UsualNow, WindowValue, usual_at
from gateway_ingest.mending import Mending, mending_of
from gateway_ingest.models import Baseline, LearnedHour, TrafficWatch
from gateway_ingest.office_hours import is_office_hour
from gateway_ingest.rules.keys import Key, as_text, from_text
from gateway_ingest.rules.rule import Measure, Per
from gateway_ingest.rules.span import Span
from gateway_ingest.rules.stored import HOUR, Windows, first_window, hour_of, read_windows, timed
from gateway_ingest.rules.traffic import LEAST_USUAL
from hypercare.core.models import Launch
from hypercare.core.plain_names import plain

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
    """What was learned of a launch's keys, and what is usual by it.

    Until the hour in which its component lost a name, what was learned under that name tells nothing.
    """

    def __init__(
        self, zone: str, rows: Iterable[tuple[Any, ...]], former: Mapping[str, datetime] | None = None
    ) -> None:
        self._zone = ZoneInfo(zone)
        self._hours: dict[tuple[str, str], dict[datetime, Hour]] = {}
        self._known: dict[tuple[str, Key, Measure, datetime, datetime], Basis | None] = {}
        for per, key, *figures in rows:
            one = Hour(*figures)
            until = former.get(plain(from_text(key, per)[0])) if former else None
            if until is None or one.hour > until:
                self._hours.setdefault((per, key), {})[one.hour] = one

    def at(
        self, per: Per, key: Key, measure: Measure, moment: datetime, *, before: datetime | None = None
    ) -> Basis | None:
        """What is usual in the hour of a moment; None where too little was seen yet: less than two hours.

        Nothing counts that was seen from the hour of `before` on: that is the present, which is held against it.
        """
        asked = (per, key, measure, hour_of(moment), hour_of(before or moment))
        if asked not in self._known:
            self._known[asked] = self._read(*asked)
        return self._known[asked]

    def keys(self, per: Per) -> list[Key]:
        """The keys that were seen."""
        return [from_text(key, per) for known, key in self._hours if known == per]

    def _read(self, per: Per, key: Key, measure: Measure, hour: datetime, before: datetime) -> Basis | None:
        column, known = _COLUMNS[measure], self._hours.get((per, as_text(key)), {})
        told = (known[each] for each in _telling(hour, self._zone) if each in known and each < before)
        rows = [row for row in told if getattr(row, column) is not None]
        if len(rows) < LEAST_HOURS:
            return None
        weigh_alike = measure is Measure.CALLS  # an hour without calls counts as much as any other
        windows = [WindowValue(row.hour, 1.0 if weigh_alike else row.calls, getattr(row, column)) for row in rows]
        found = usual_at(windows, hour, zone=self._zone)
        if found is None:
            return None
        value = self._fewest(rows, hour, found) if measure is Measure.CALLS else found.expected
        return None if value is None else Basis(max(value, LEAST_USUAL.get(measure, 0.0)), found.weeks, found.days)

    def _fewest(self, rows: list[Hour], hour: datetime, found: UsualNow) -> float | None:
        """Calls have a course of the day and of the week, so what is wider may only lower what was usual at this hour.

        Until some days are known, the last two hours stand for what is missing; when nobody is at work, an hour of which
        no day is known tells nothing.
        """
        local = hour.astimezone(self._zone)
        seen = [(row.hour.astimezone(self._zone), row.calls) for row in rows]
        same = [calls for at, calls in seen if at.hour == local.hour]
        of_week = [calls for at, calls in seen if (at.weekday(), at.hour) == (local.weekday(), local.hour)]
        lately = median(row.calls for row in rows[-LEAST_HOURS:])
        is_known = bool(of_week) or is_office_hour(local)
        if not same and not is_known:
            return None
        wider = [lately if found.days < YOUNG_DAYS else found.expected, *([] if is_known else [lately])]
        return min([*wider, *(median(known) for known in (same, of_week) if known)])


@lru_cache(512)
def _telling(hour: datetime, zone: ZoneInfo) -> list[datetime]:
    """The hours that tell something of an hour: the same of the days before, and the last ones; the oldest first."""
    local = hour.astimezone(zone)
    days = range(1, int(REMEMBERED / timedelta(days=1)) + 1)
    same = (hour_of(local - timedelta(days=number)) for number in days)
    return sorted({*same, *(hour - number * HOUR for number in range(1, int(RECENT / HOUR) + 1))})


class _Newest:
    """What each launch's newest hours rest on: a look that catches up over an hour's end asks for two of them."""

    def __init__(self) -> None:
        self._known: dict[int, dict[tuple[datetime, datetime | None, datetime | None], Learned]] = {}

    def of(
        self, launch: Launch, hour: datetime, learned_until: datetime | None, former: Mapping[str, datetime]
    ) -> Learned:
        """What is kept, or read now; older hours and launches asked for long ago make room."""
        known = self._known.pop(launch.pk, {})
        asked = hour, learned_until, max(former.values(), default=None)
        if asked not in known:
            known[asked] = Learned(launch.zone, _rows(_around(launch, hour)), former)
        self._known[launch.pk] = dict(list(known.items())[-_HOURS_KEPT:])
        while len(self._known) > _LAUNCHES_KEPT:
            self._known.pop(next(iter(self._known)))
        return known[asked]


def _around(launch: Launch, hour: datetime) -> Q:
    """What tells of an hour and the one before it; of components also of the one after."""
    zone = ZoneInfo(launch.zone)
    nearest = {at for each in (hour - HOUR, hour) for at in _telling(each, zone)}
    return Q(launch=launch.pk) & (Q(hour__in=nearest) | Q(per=Per.COMPONENT, hour__in=_telling(hour + HOUR, zone)))


# Late sources are judged by up to an hour and a half ago.
_HOURS_KEPT = 4
_LAUNCHES_KEPT = 32
_newest = _Newest()


def usual_now(launch: Launch, at: datetime, learned_until: datetime | None, former: Mapping[str, datetime]) -> Learned:
    """What is usual in the hour of a moment that is watched; the worker reads it once an hour."""
    return _newest.of(launch, hour_of(at), learned_until, former)


def usual_between(
    launch: Launch, begins: datetime, ends: datetime, per: Per, keys: Iterable[Key] | None = None
) -> Learned:
    """What is usual in each hour of a span, for one sort of key, of some keys or of all."""
    of_span = Q(launch=launch.pk, per=per, hour__gte=begins - REMEMBERED - 3 * HOUR, hour__lt=ends)
    if keys is not None:
        of_span &= Q(key__in=[as_text(key) for key in keys])
    return Learned(launch.zone, _rows(of_span), former_names(launch.pk))


def keys_learned(launch: Launch, begins: datetime, per: Per) -> list[Key]:
    """The keys that were learned of from a moment on."""
    rows = Baseline.objects.filter(launch=launch, per=per, hour__gte=begins).order_by("key")
    return [from_text(key, per) for key in rows.values_list("key", flat=True).distinct()]


def _rows(wanted: Q) -> Iterator[tuple[Any, ...]]:
    return Baseline.objects.filter(wanted).values_list("per", "key", *Hour._fields).iterator()


def learn(watch: TrafficWatch, *, now: datetime, absent: Iterable[Stretch] = ()) -> None:
    """Learns the hours that have ended since the last time, the oldest first, and those that got more calls since.

    Hours in which we were away tell nothing, unless their calls came later; nor do those of what was being mended. At most
    some hours are learned at once.
    """
    until = hour_of(now - SETTLES)
    hour = watch.learned_until or first_window(watch.launch_id, now - REMEMBERED)
    new = [hour + number * HOUR for number in range(min(int((until - hour) / HOUR), HOURS_A_TICK))]
    away = absences_of(watch.launch, hour, absent) if new else Absences()
    changed = _changed(watch.launch_id, now - REMEMBERED, hour)[: max(HOURS_A_TICK - len(new), 0)]
    mending = mending_of(watch.launch, since=min([*new, *changed])) if new or changed else Mending()
    for each in new:
        _learn_hour(watch.launch_id, each, mending, partly=away.touch(each, each + HOUR))
    for each in changed:
        _learn_hour(watch.launch_id, each, mending)
    if new or watch.learned_until is None:
        watch.learned_until = hour + len(new) * HOUR
        TrafficWatch.objects.filter(pk=watch.pk).update(learned_until=watch.learned_until)
        oldest = watch.learned_until - REMEMBERED - RECENT
        Baseline.objects.filter(launch=watch.launch_id, hour__lt=oldest).delete()
        LearnedHour.objects.filter(launch=watch.launch_id, at__lt=oldest).delete()


_CHANGED = """
SELECT known.at FROM gateway_ingest_houroflaunch known
LEFT JOIN gateway_ingest_learnedhour learned ON learned.launch_id = known.launch_id AND learned.at = known.at
WHERE known.launch_id = %s AND known.at >= %s AND known.at < %s AND known.calls > coalesce(learned.calls, 0)
ORDER BY known.at DESC
"""


def _changed(launch_id: int, begins: datetime, ends: datetime) -> list[datetime]:
    """The hours whose calls came late, or were sent afterwards: more are added up than were learned. The newest first."""
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, [launch_id, begins, ends])
        return [at for (at,) in cursor.fetchall()]


@transaction.atomic
def _learn_hour(launch_id: int, hour: datetime, mending: Mending, *, partly: bool = False) -> None:
    """Writes what the hour's windows tell; of an hour that was heard in part only how much that was."""
    windows = read_windows(launch_id, hour, hour + HOUR)
    calls = int(windows.counts["calls"].sum())
    LearnedHour.objects.bulk_create(
        [LearnedHour(launch_id=launch_id, at=hour, calls=calls)],
        update_conflicts=True,
        unique_fields=["launch", "at"],
        update_fields=["calls"],
    )
    if partly:
        return
    rows = [row for per in LEARNED for row in _baselines(windows, per, hour)]
    seen = {row.key for row in rows if row.per == Per.COMPONENT}
    before = Baseline.objects.filter(launch=launch_id, hour=hour - HOUR, per=Per.COMPONENT)
    nothing = {"calls": 0, "malformed": 0, "refused": 0}
    # Without these, a component that sleeps at night would be missed every night.
    rows += [
        Baseline(launch_id=launch_id, per=Per.COMPONENT, key=key, hour=hour, **nothing)
        for key in before.exclude(key__in=seen).values_list("key", flat=True)
    ]
    Baseline.objects.bulk_create(
        [row for row in rows if not mending.touches(from_text(row.key, Per(row.per))[0], hour, hour + HOUR)],
        update_conflicts=True,
        unique_fields=["launch", "per", "key", "hour"],
        update_fields=list(Hour._fields[1:]),
        batch_size=2000,
    )


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
