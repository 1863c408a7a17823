"""This module turns a distance of any scale into surprise: how rarely this series has shown one as large."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

REMEMBERED = 4000.0  # distances that count; older ones fade
BLOCK = 64  # distances that are compared with one tally
BINS = 320
PER_OCTAVE = 4
_FIRST_BIN = 96  # where the first distance above zero falls
_FADED = (1 - 1 / REMEMBERED) ** BLOCK

_RAREST = float(np.log(BLOCK / (1 - _FADED) + 1))  # of one among all that can count


@dataclass
class Tally:
    """A fading histogram of the distances so far, in bins of a quarter of an octave."""

    counts: Floats = field(default_factory=lambda: np.zeros(BINS))
    waiting: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    octave: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def feed(self, distances: Floats) -> Floats:
        """How rarely earlier distances were as large or larger, 0 to 1."""
        bins = self._bins(distances)
        surprise = np.empty(len(bins))
        begin = 0
        while begin < len(bins):
            end = min(begin + BLOCK - len(self.waiting), len(bins))
            surprise[begin:end] = self._table()[bins[begin:end]]
            self.waiting = np.concatenate([self.waiting, bins[begin:end]])
            begin = end
            if len(self.waiting) == BLOCK:
                self.counts = self.counts * _FADED + np.bincount(self.waiting, minlength=BINS)
                self.waiting = self.waiting[:0]
        return surprise

    def _table(self) -> Floats:
        """The surprise of each bin: the logarithm of its rarity, against the rarest there can be.

        A young series has not seen enough for great rarity, and an old one has seen much by chance: so it is held half
        against the rarest that this series could show by now, half against the rarest that any could.
        """
        as_large = np.cumsum(self.counts[::-1])[::-1]
        rarest_by_now = np.log(as_large[0] + 1)
        rarity = rarest_by_now - np.log(as_large + 1)
        return np.asarray(rarity / np.sqrt(max(rarest_by_now, 1.0) * _RAREST))

    def _bins(self, distances: Floats) -> NDArray[np.int64]:
        """Bins by exponent and leading digits, which are exact, where a logarithm differs by processor."""
        parts, octaves = np.frexp(distances)
        octaves = octaves.astype(np.int64)
        positive = np.flatnonzero(distances)
        if not len(self.octave) and len(positive):
            self.octave = octaves[positive[:1]]
        if not len(self.octave):
            return np.zeros(len(distances), dtype=np.int64)
        within = ((parts - 0.5) * 2 * PER_OCTAVE).astype(np.int64)
        bins = (octaves - self.octave[0]) * PER_OCTAVE + within + _FIRST_BIN
        return np.where(distances > 0, np.clip(bins, 1, BINS - 1), 0)
