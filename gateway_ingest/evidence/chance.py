"""This module says whether two shares or two sets of durations differ by more than chance would make them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway_ingest import latencies
from gateway_ingest.latencies import Buckets

# Hits of so many on one side, and on the other.
Table = tuple[int, int, int, int]
Weighed = NDArray[np.float64]

_DRAWS = 2000
_MOST_TERMS = 100_000


def chance_of_shares(hits: int, of: int, other_hits: int, other_of: int) -> float:
    """How likely chance alone makes two shares differ as much (two-sided): 1 is no difference at all.

    The normal test of two proportions where at least five of each are expected, Fisher's exact test elsewhere.
    """
    if not of or not other_of:
        return 1.0
    all_hits, every = hits + other_hits, of + other_of
    expected = min(of, other_of) * min(all_hits, every - all_hits) / every
    if expected >= 5:
        return _by_normal(hits, of, other_hits, other_of)
    return _by_fisher(hits, of, all_hits, every)


def _by_normal(hits: int, of: int, other_hits: int, other_of: int) -> float:
    pooled = (hits + other_hits) / (of + other_of)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / of + 1 / other_of))
    return math.erfc(abs(hits / of - other_hits / other_of) / spread / math.sqrt(2)) if spread else 1.0


def _by_fisher(hits: int, of: int, all_hits: int, every: int) -> float:
    """The chances of all outcomes that are no likelier than the one seen, the margins given."""
    lowest, highest = max(0, of + all_hits - every), min(of, all_hits)
    if highest <= lowest:
        return 1.0
    # Five or fewer are expected, so what lies far beyond the seen and the expected has no weight left.
    middle = of * all_hits // every
    first = max(lowest, min(hits, middle) - _MOST_TERMS)
    last = min(highest, max(hits, middle) + _MOST_TERMS)
    step = np.arange(first, last, dtype=float)
    ratios = np.log(all_hits - step) + np.log(of - step) - np.log(step + 1) - np.log(every - all_hits - of + step + 1)
    logs = np.concatenate([[0.0], np.cumsum(ratios)])
    weights = np.exp(logs - logs.max())
    seen = weights[hits - first]
    return float(min(weights[weights <= seen * (1 + 1e-7)].sum() / weights.sum(), 1.0))


def chance_in_strata(tables: Sequence[Table]) -> float:
    """The same of several tables at once, each held against itself alone: that other things were called proves nothing.

    The test of Cochran, Mantel and Haenszel where at least five of each are expected, else that of all tables together.
    """
    surplus = spread = expected = 0.0
    for hits, of, other_hits, other_of in tables:
        all_hits, every = hits + other_hits, of + other_of
        if of and other_of:
            surplus += hits - of * all_hits / every
            spread += of * other_of * all_hits * (every - all_hits) / (every * every * (every - 1))
            expected += min(of, other_of) * min(all_hits, every - all_hits) / every
    if len(tables) < 2 or expected < 5:
        hits, of, other_hits, other_of = (sum(column) for column in zip(*tables, strict=True))
        return chance_of_shares(hits, of, other_hits, other_of)
    return math.erfc(abs(surplus) / math.sqrt(spread) / math.sqrt(2))


@dataclass(frozen=True)
class Ratio:
    """A quantile after, divided by the one before, and where 99 of 100 repetitions would put it."""

    value: float
    low: float
    high: float

    @property
    def is_certain(self) -> bool:
        """Whether more than the sketches' own 1% on each side speaks for a difference."""
        return self.low > 1 + 2 * latencies.ERROR or self.high < 1 - 2 * latencies.ERROR


def ratio_of_quantiles(
    before: Buckets | Weighed, after: Buckets, share: float, *, number: int | None = None
) -> Ratio | None:
    """How a quantile of durations changed, by the bootstrap; None where one side has none.

    A quantile of a sample drawn again stands at a rank that is beta distributed, so nothing need be drawn but ranks. Where
    the calls before are weighed, `number` is how many unweighed ones tell as much.
    """
    if not before.sum() or not after.sum():
        return None
    dice = np.random.default_rng(20260528)  # the same figures give the same answer
    numbers = number or int(before.sum()), int(after.sum())
    drawn = [_drawn(counts, share, dice, of) for counts, of in zip((before, after), numbers, strict=True)]
    low, high = np.quantile(drawn[1] / drawn[0], [0.005, 0.995])
    old, new = (latencies.quantile_of(counts, share) or 1.0 for counts in (before, after))
    return Ratio(new / old, float(low), float(high))


def _drawn(counts: Buckets | Weighed, share: float, dice: np.random.Generator, number: int) -> np.ndarray:
    rank, reached = max(1, math.ceil(share * number)), np.cumsum(counts)
    places = dice.beta(rank, number + 1 - rank, _DRAWS) * reached[-1]
    return latencies.middle_of(np.searchsorted(reached, places))
