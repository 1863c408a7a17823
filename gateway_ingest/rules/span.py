"""This module holds the traffic of some minutes in a row by key, and tells what any stretch of them had."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from gateway_ingest import latencies
from gateway_ingest.rules.keys import Key
from gateway_ingest.rules.traffic import Traffic, slowest_calls

MINUTE = timedelta(minutes=1)
COUNTED = (
    *("calls", "errors", "unavailable", "malformed", "refused", "limited"),
    *("provider_errors", "flagged", "forgot", "tokens"),
)

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]
# The minute of a sketch and the sketch itself.
Sketch = tuple[int, bytes]


@dataclass
class Span:
    """Minutes from `begins` on; `sums` is the running total of each count by key, so a stretch is a difference."""

    begins: datetime
    minutes: int
    keys: list[Key]
    sums: dict[str, Numbers]
    sketches: Mapping[int, Sequence[Sketch]] = field(default_factory=dict)
    _p95: dict[tuple[int, int], Floats] = field(default_factory=dict)

    def counted(self, name: str, stretch: int) -> Numbers:
        """The count of each key in the `stretch` minutes before each minute's end; the first ends are short of some."""
        totals = self.sums[name]
        begun = np.maximum(np.arange(self.minutes + 1) - stretch, 0)
        found: Numbers = totals - totals[:, begun]
        return found[:, 1:]

    def traffic(self, place: int, end: int, stretch: int, *, timed: bool = False) -> Traffic:
        """What a key had in the `stretch` minutes before the end of a minute."""
        begin = max(end + 1 - stretch, 0)
        counts = {name: int(totals[place, end + 1] - totals[place, begin]) for name, totals in self.sums.items()}
        p95 = self.p95_ms(place, stretch)[end] if timed else np.nan
        return Traffic(stretch, **counts, p95_ms=None if np.isnan(p95) else float(p95))

    def surely(self, place: int, end: int, stretch: int) -> Traffic:
        """The same of a key whose calls are timed, with what its 95th percentile is for sure."""
        begin = end + 1 - stretch
        counts = sum(
            (latencies.counts_of(sketch) for minute, sketch in self.sketches.get(place, ()) if begin <= minute <= end),
            np.zeros(latencies.BUCKETS, dtype=np.int64),
        )
        number = int(counts.sum())
        rank = number - slowest_calls(number) + 1
        bucket = np.searchsorted(np.cumsum(counts), np.array([rank]))
        sure = float(latencies.middle_of(bucket)[0]) / 1000 if rank > 0 else 0.0
        return replace(self.traffic(place, end, stretch, timed=True), p95_at_least_ms=sure)

    def p95_ms(self, place: int, stretch: int) -> Floats:
        """A key's 95th percentile over the stretch before each minute's end; not a number where nothing was timed."""
        if (place, stretch) not in self._p95:
            self._p95[place, stretch] = _rolling_p95(self.sketches.get(place, ()), self.minutes, stretch)
        return self._p95[place, stretch]

    def at(self, end: int) -> datetime:
        """The moment when a minute ends."""
        return self.begins + (end + 1) * MINUTE


def empty_span(begins: datetime, minutes: int) -> Span:
    """A span without any traffic."""
    return Span(begins, minutes, [], {name: np.zeros((0, minutes + 1), dtype=np.int64) for name in COUNTED})


def span_of(
    begins: datetime, minutes: int, keys: Sequence[Key], minute: Numbers, counts: Mapping[str, Numbers]
) -> tuple[Span, Numbers]:
    """A span from rows side by side, and the place of each row's key in it."""
    known: dict[Key, int] = {}
    places = np.fromiter((known.setdefault(key, len(known)) for key in keys), np.int64, len(keys))
    sums = {}
    for name in COUNTED:
        table = np.zeros((len(known), minutes + 1), dtype=np.int64)
        if name in counts and len(keys):
            np.add.at(table, (places, minute + 1), counts[name])
        sums[name] = np.cumsum(table, axis=1)
    return Span(begins, minutes, list(known), sums), places


def _rolling_p95(sketches: Sequence[Sketch], minutes: int, stretch: int) -> Floats:
    found = np.full(minutes, np.nan)
    if not sketches:
        return found
    counts = np.zeros((minutes + 1, latencies.BUCKETS), dtype=np.int32)
    for minute, sketch in sketches:
        counts[minute + 1] += latencies.counts_of(sketch).astype(np.int32)
    used = np.flatnonzero(counts.any(axis=0))
    if not len(used):
        return found
    low = int(used[0])
    running = np.cumsum(counts[:, low : int(used[-1]) + 1], axis=0)
    begun = np.maximum(np.arange(1, minutes + 1) - stretch, 0)
    reached = np.cumsum(running[1:] - running[begun], axis=1)
    total = reached[:, -1]
    rank = np.maximum(np.ceil(0.95 * total), 1)
    bucket = (reached >= rank[:, None]).argmax(axis=1) + low
    found = np.where(total > 0, latencies.middle_of(bucket) / 1000, np.nan)
    return np.asarray(found, dtype=np.float64)


def with_keys(span: Span, keys: Sequence[Key]) -> Span:
    """The span with rows of nothing for keys that had no calls in it."""
    new = [key for key in keys if key not in set(span.keys)]
    if not new:
        return span
    nothing = np.zeros((len(new), span.minutes + 1), dtype=np.int64)
    sums = {name: np.concatenate([totals, nothing]) for name, totals in span.sums.items()}
    return Span(span.begins, span.minutes, [*span.keys, *new], sums, span.sketches)
