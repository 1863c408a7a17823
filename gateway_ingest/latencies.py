"""This module keeps durations as counts in buckets that are 2% wide, so any quantile is within 1% of a real duration.

A sketch is a text of bytes that depends only on which durations it holds, not on the order they came in. Under 100
durations it is a row of bits, one for each duration and one for each step to the next bucket; above it is the counts.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

ERROR = 0.01
_GROWTH = (1 + ERROR) / (1 - ERROR)
_LOG = math.log(_GROWTH)
_LONGEST = 86_400_000_000
BUCKETS = math.ceil(math.log(_LONGEST) / _LOG) + 1
SMALL = 100
_WIDTHS: dict[int, np.dtype[Any]] = {1: np.dtype("<u1"), 2: np.dtype("<u2"), 4: np.dtype("<u4"), 8: np.dtype("<u8")}

Buckets = NDArray[np.int64]


def buckets_of(micros: NDArray[np.int64]) -> Buckets:
    """The bucket of each duration; 0 and 1 microsecond share the first, a day is the longest."""
    clipped = np.clip(micros, 1, _LONGEST)
    found: Buckets = np.ceil(np.log(clipped) / _LOG - 1e-9).astype(np.int64)
    return found


def merged(sketch: bytes, buckets: Buckets) -> bytes:
    """The sketch with more durations in it."""
    if not len(buckets):
        return sketch
    if not sketch and len(buckets) < SMALL:
        return _row_of_bits(np.sort(buckets))
    counts = counts_of(sketch) + np.bincount(buckets, minlength=BUCKETS)
    return _packed(counts)


def union(sketches: Sequence[bytes]) -> bytes:
    """One sketch of all the durations of several."""
    return _packed(sum((counts_of(each) for each in sketches), np.zeros(BUCKETS, dtype=np.int64)))


def counts_of(sketch: bytes) -> Buckets:
    """How many durations are in each bucket."""
    counts = np.zeros(BUCKETS, dtype=np.int64)
    if not sketch:
        return counts
    width, lowest = sketch[0], int.from_bytes(sketch[1:3], "little")
    if width:
        found = np.frombuffer(sketch, dtype=_WIDTHS[width], offset=3)
        counts[lowest : lowest + len(found)] = found
        return counts
    ones = np.flatnonzero(np.unpackbits(np.frombuffer(sketch, dtype=np.uint8, offset=3)))
    np.add.at(counts, lowest + ones - np.arange(len(ones)), 1)
    return counts


def quantile(sketch: bytes, share: float) -> float | None:
    """The duration in microseconds that `share` of them do not exceed, within 1%; None without any."""
    return quantile_of(counts_of(sketch), share)


def quantile_of(counts: Buckets | NDArray[np.float64], share: float) -> float | None:
    """The same of counted buckets, or of weighed ones."""
    total = counts.sum()
    if not total:
        return None
    rank = share * total if counts.dtype.kind == "f" else max(1, math.ceil(share * total))
    return float(middle_of(np.searchsorted(np.cumsum(counts), np.array([rank])))[0])


def middle_of(buckets: NDArray[np.int64]) -> NDArray[np.float64]:
    """The duration in microseconds that stands for each bucket."""
    found: NDArray[np.float64] = np.where(buckets > 0, 2 * _GROWTH ** buckets.astype(float) / (_GROWTH + 1), 1.0)
    return found


def _packed(counts: Buckets) -> bytes:
    used = np.flatnonzero(counts)
    if not len(used):
        return b""
    if counts.sum() < SMALL:
        return _row_of_bits(np.repeat(used, counts[used]))
    lowest, most = int(used[0]), int(counts.max())
    width, kind = next((width, kind) for width, kind in _WIDTHS.items() if most < 256**width)
    return bytes([width]) + lowest.to_bytes(2, "little") + counts[lowest : used[-1] + 1].astype(kind).tobytes()


def _row_of_bits(buckets: Buckets) -> bytes:
    """The k-th duration's bit stands behind k bits of durations and one bit for each bucket below it."""
    lowest = int(buckets[0])
    places = buckets - lowest + np.arange(len(buckets))
    bits = np.zeros(int(places[-1]) + 1, dtype=np.uint8)
    bits[places] = 1
    return b"\0" + lowest.to_bytes(2, "little") + np.packbits(bits).tobytes()
