"""This module reads stored minute windows as spans: a fixed number of queries, however many kinds there are."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection

from gateway_ingest.calls import code_of
from gateway_ingest.models import CallKind
from gateway_ingest.rules.keys import Key, KindOfCalls, key_of
from gateway_ingest.rules.rule import Per
from gateway_ingest.rules.span import COUNTED, MINUTE, Numbers, Sketch, Span, empty_span, span_of

MAX_TIMED_KEYS = 2000  # of whose calls the latencies are read, the busiest first
_BLOCK = 20_000
_SUMMED = ("calls", "errors", "unavailable", "malformed", "refused", "limited", "provider_errors", "flagged", "forgot")
_SUMS = ", ".join(f"coalesce(w.{name}, 0)" for name in _SUMMED)
_MINUTE_OF = "((extract(epoch FROM w.at) - %s) / 60)::integer"
_OF_LAUNCH = "w.kind_id IN (SELECT id FROM gateway_ingest_callkind WHERE launch_id = %s)"


@dataclass(frozen=True)
class Windows:
    """All windows of a launch in some minutes, side by side, and what their kinds are."""

    launch_id: int
    begins: datetime
    minutes: int
    kind: Numbers
    minute: Numbers
    counts: Mapping[str, Numbers]
    kinds: Mapping[int, KindOfCalls]
    is_partial: bool = False

    @property
    def ends(self) -> datetime:
        """The end of the last minute."""
        return self.begins + self.minutes * MINUTE

    def span(self, per: Per) -> tuple[Span, dict[int, int]]:
        """The span by one sort of key, and the place in it of each kind."""
        numbers = sorted(self.kinds)
        keys = {number: key_of(per, self.kinds[number]) for number in numbers}
        has_part = np.isin(self.kind, [number for number in numbers if keys[number] is not None])
        rows = np.flatnonzero(has_part)
        row_keys = [keys[number] or () for number in self.kind[rows].tolist()]
        counts = {name: column[rows] for name, column in self.counts.items()}
        span, _places = span_of(self.begins, self.minutes, row_keys, self.minute[rows], counts)
        place_of = {key: place for place, key in enumerate(span.keys)}
        return span, {number: place_of[key] for number, key in keys.items() if key is not None and key in place_of}

    def without(self, is_left_out: Callable[[str, datetime], bool]) -> "Windows":
        """The same without some components' minutes."""
        if not len(self.kind):
            return self
        pairs, place = np.unique(np.stack([self.kind, self.minute]), axis=1, return_inverse=True)
        kept = np.array(
            [
                not is_left_out(self.kinds[kind].component, self.begins + minute * MINUTE)
                for kind, minute in pairs.T.tolist()
            ],
            dtype=np.bool_,
        )[place.ravel()]
        counts = {name: column[kept] for name, column in self.counts.items()}
        return replace(self, kind=self.kind[kept], minute=self.minute[kept], counts=counts, is_partial=True)

    def critical(self) -> frozenset[str]:
        """The components on a critical journey."""
        return frozenset(kind.component for kind in self.kinds.values() if kind.critical)


def read_windows(launch_id: int, begins: datetime, ends: datetime, kinds: Sequence[int] | None = None) -> Windows:
    """The windows of the minutes from `begins` up to `ends`, of some kinds or of all; two queries."""
    minutes = max(int((ends - begins) / MINUTE), 0)
    chosen, which = (_OF_LAUNCH, launch_id) if kinds is None else ("w.kind_id = ANY(%s)", list(kinds))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT w.kind_id, {_MINUTE_OF}, {_SUMS}, coalesce(w.input_tokens, 0) + coalesce(w.output_tokens, 0) "  # noqa: S608 - fixed names
            f"FROM gateway_ingest_window w WHERE w.at >= %s AND w.at < %s AND {chosen}",
            [begins.timestamp(), begins, ends, which],
        )
        rows = _numbers(cursor)
    kind, minute = rows[:, 0], rows[:, 1]
    counts = {name: rows[:, place + 2] for place, name in enumerate(COUNTED)}
    return Windows(launch_id, begins, minutes, kind, minute, counts, kinds_of(np.unique(kind).tolist()))


def _numbers(cursor: Any) -> Numbers:
    """The rows as numbers, taken in blocks: as objects of Python a row is twenty times as large."""
    blocks = []
    while rows := cursor.fetchmany(_BLOCK):
        blocks.append(np.array(rows, dtype=np.int64))
    return np.concatenate(blocks) if blocks else np.zeros((0, len(_SUMMED) + 3), dtype=np.int64)


def first_window(launch_id: int, oldest: datetime) -> datetime:
    """The hour of the launch's first window from `oldest` on; `oldest` itself where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT min(w.at) FROM gateway_ingest_window w WHERE w.at >= %s AND {_OF_LAUNCH}",  # noqa: S608 - fixed words
            [hour_of(oldest), launch_id],
        )
        found: datetime | None = cursor.fetchone()[0]
    return hour_of(found or oldest)


def kinds_of(numbers: Iterable[int]) -> dict[int, KindOfCalls]:
    """What some kinds of calls are, by number."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT k.id, coalesce(c.slug, k.hint), coalesce(c.critical, false), k.method, k.route, k.release, k.provider, "
            "k.prompt_version FROM gateway_ingest_callkind k LEFT JOIN core_component c ON c.id = k.component_id "
            "WHERE k.id = ANY(%s)",
            [list(numbers)],
        )
        return {row[0]: KindOfCalls(*row[1:]) for row in cursor.fetchall()}


def timed(windows: Windows, per: Per, *, least: int, stretch: int) -> Span:
    """The span with the latencies of the keys that have enough calls in any stretch; one query more."""
    span, places = windows.span(per)
    if not span.keys:
        return span
    most = span.counted("calls", stretch).max(axis=1)
    busy = [place for place in np.argsort(-most)[:MAX_TIMED_KEYS].tolist() if most[place] >= max(least, 1)]
    wanted = set(busy)
    numbers = [number for number, place in places.items() if place in wanted]
    sketches: dict[int, list[Sketch]] = {place: [] for place in busy}
    for number, minute, sketch in _sketches("latencies", numbers, windows.begins, windows.ends):
        sketches[places[number]].append((minute, sketch))
    return Span(span.begins, span.minutes, span.keys, span.sums, sketches)


def components_called(launch_id: int) -> set[str]:
    """The components that calls ever named, by the names they have now."""
    kinds = CallKind.objects.filter(launch=launch_id).values_list("component__slug", "hint").distinct()
    return {slug or hint for slug, hint in kinds}


def consumers_of(windows: Windows, per: Per, keys: Iterable[Key]) -> dict[Key, list[Sketch]]:
    """The sketches of who called, by key; one query."""
    wanted = set(keys)
    key_by_kind = {number: key_of(per, kind) for number, kind in windows.kinds.items()}
    found: dict[Key, list[Sketch]] = {key: [] for key in wanted}
    numbers = [number for number, key in key_by_kind.items() if key in wanted]
    for number, minute, sketch in _sketches("consumers", numbers, windows.begins, windows.ends):
        found[key_by_kind[number] or ()].append((minute, sketch))
    return found


def _sketches(column: str, kinds: list[int], begins: datetime, ends: datetime) -> list[tuple[int, int, bytes]]:
    if not kinds:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT w.kind_id, {_MINUTE_OF}, w.{column} FROM gateway_ingest_window w "  # noqa: S608 - fixed names
            f"WHERE w.kind_id = ANY(%s) AND w.at >= %s AND w.at < %s AND w.{column} IS NOT NULL",
            [begins.timestamp(), kinds, begins, ends],
        )
        return [(kind, minute, bytes(sketch)) for kind, minute, sketch in cursor.fetchall()]


def refusals(windows: Windows, *, above: int, most: int | None = None) -> Span:
    """Who was refused how often a minute, of those refused more often than `above`; asked only where it can be.

    With `most`, only so many consumers, the most often refused.
    """
    of_kind = windows.counts["refused"]
    if not len(of_kind) or np.bincount(windows.minute, weights=of_kind, minlength=1).max() <= above:
        return empty_span(windows.begins, windows.minutes)
    told = np.unique(np.stack([windows.kind, windows.minute])[:, of_kind > 0], axis=1)
    kinds, minutes = told.tolist()
    rows = _refused(windows, kinds, minutes, above)
    if most is not None:
        totals: Counter[int] = Counter()
        for consumer, _minute, number in rows:
            totals[consumer] += number
        busiest = {consumer for consumer, _number in totals.most_common(most)}
        rows = [row for row in rows if row[0] in busiest]
    keys = [(code_of(consumer),) for consumer, _minute, _number in rows]
    minute = np.array([row[1] for row in rows], dtype=np.int64)
    refused = np.array([row[2] for row in rows], dtype=np.int64)
    return span_of(windows.begins, windows.minutes, keys, minute, {"calls": refused, "refused": refused})[0]


_REFUSED = """
SELECT c.consumer, ((extract(epoch FROM date_trunc('minute', c.at)) - %(origin)s) / 60)::integer, count(*)
FROM gateway_ingest_call c WHERE c.at >= %(begins)s AND c.at < %(ends)s AND c.kind = ANY(%(kinds)s)
    AND c.status IN (401, 403) AND c.consumer <> 0 AND {which} GROUP BY 1, 2 HAVING count(*) > %(above)s
"""
# Only where some minutes are left out; which of them, each kind says for itself.
_TOLD = (
    """(c.kind, date_trunc('minute', c.at)) IN (SELECT * FROM unnest(%(of)s::integer[], %(moments)s::timestamptz[]))"""
)


def _refused(windows: Windows, kinds: list[int], minutes: list[int], above: int) -> list[tuple[int, int, int]]:
    given: dict[str, Any] = {
        "origin": windows.begins.timestamp(),
        "begins": windows.begins,
        "ends": windows.ends,
        "kinds": sorted(set(kinds)),
        "of": kinds,
        "moments": [windows.begins + minute * MINUTE for minute in minutes],
        "above": above,
    }
    with connection.cursor() as cursor:
        cursor.execute(_REFUSED.format(which=_TOLD if windows.is_partial else "true"), given)
        rows: list[tuple[int, int, int]] = cursor.fetchall()
    return rows


def whole_minute(moment: datetime) -> datetime:
    """The beginning of a moment's minute."""
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def hour_of(moment: datetime) -> datetime:
    """The beginning of a moment's hour."""
    return whole_minute(moment).replace(minute=0)


HOUR = timedelta(hours=1)
