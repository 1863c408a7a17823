"""This module remembers the course a series took lately, and says how far its newest stretch is from all earlier ones."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LENGTH = 16  # values in a stretch; a power of two, because sums over it are built by doubling
REMEMBERED = 512  # earlier stretches to compare with
BLOCK = 64  # values that share one memory
_BEFORE = REMEMBERED + 2 * LENGTH - 1  # values before a block that its comparison needs


@dataclass
class ShapeMemory:
    """The last values, from the first that the present block still compares with."""

    values: Floats = field(default_factory=lambda: np.empty(0))

    def feed(self, values: Floats) -> Floats:
        """Distance of the stretch that ends at each value to the nearest remembered stretch."""
        if not len(self.values):
            self.values = np.full(_BEFORE, values[0])
        begin = len(self.values)
        course = np.concatenate([self.values, values])
        distances = np.empty(len(values))
        block = 0
        while begin < len(course):
            end = min(block + _BEFORE + BLOCK, len(course))
            earlier = course[block : block + _BEFORE - LENGTH]
            distances[end - len(course) - (end - begin) : end - len(course) or None] = _nearest(
                course[begin - LENGTH + 1 : end], earlier
            )
            begin = end
            block += BLOCK if end == block + _BEFORE + BLOCK else 0
        self.values = course[block:].copy()
        return distances


def _nearest(newest: Floats, earlier: Floats) -> Floats:
    """Smallest Euclidean distance for each stretch within `newest` to any within `earlier`.

    The squared differences are summed along diagonals by doubling, so every sum has one order of additions however the
    series was cut, and equal series give equal distances to the last bit.
    """
    squares = np.subtract(newest[:, None], earlier[None, :])
    np.multiply(squares, squares, out=squares)
    step = 1
    while step < LENGTH:
        squares = squares[step:, step:] + squares[:-step, :-step]
        step *= 2
    nearest: Floats = np.sqrt(squares.min(axis=1))
    return nearest
