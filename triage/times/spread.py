"""This module sums up lengths of time: how many, the middle one, and the one that nine of ten stay under."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

# Fewer say little: the figure is kept to itself, and only the number and the rows are shown.
ENOUGH = 5


@dataclass(frozen=True)
class Spread:
    """The middle and the ninth tenth of some lengths of time; None for both where they are too few to tell."""

    n: int
    median: timedelta | None = None
    p90: timedelta | None = None

    @property
    def is_told(self) -> bool:
        """Whether there are enough for a figure."""
        return self.median is not None


def spread_of(lengths: Iterable[timedelta]) -> Spread:
    """Sums up lengths of time."""
    ordered = sorted(lengths)
    if len(ordered) < ENOUGH:
        return Spread(len(ordered))
    return Spread(len(ordered), _at(ordered, 0.5), _at(ordered, 0.9))


def _at(ordered: list[timedelta], share: float) -> timedelta:
    """The value below which that share lies, between two neighbours in proportion, as the database would say."""
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
