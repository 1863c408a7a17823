"""This module scores every value of one series by how unusual it is, from what came before it alone."""

import io
from dataclasses import dataclass, field
from typing import NamedTuple, Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from gateway_ingest.detect.days import DayMemory
from gateway_ingest.detect.shapes import ShapeMemory
from gateway_ingest.detect.surprise import Tally

Floats = NDArray[np.float64]

LEARNING = 750  # values before alarms
QUIET = 100  # values for which one finding stands, unless a stronger one follows
ALARM = 0.65  # the shipped default; how it was chosen is in docs/decisions/0007-detector.md
_LARGEST = 1e150  # so that squares stay finite
_ROUNDING = 1e-9  # a difference smaller than this share of the value is the arithmetic's


class UnusableSeries(ValueError):
    """Times and values that cannot be scored."""


class Surprises(NamedTuple):
    """Three kinds of surprise for each value, 0 to 1."""

    unlike: Floats  # no recent day was like this at that hour
    beyond: Floats  # higher or lower than all recent days but the wildest
    strange: Floats  # the course of the last values was never like this

    def together(self) -> Floats:
        """The length of the vector of surprises: one great surprise counts, and more of them count for more."""
        squares = self.unlike * self.unlike + self.beyond * self.beyond + self.strange * self.strange
        return np.minimum(np.sqrt(squares / 3), 1.0)


@dataclass
class Scorer:
    """The memory of one series. However a series is cut into pieces, the scores are the same to the last bit."""

    days: DayMemory = field(default_factory=DayMemory)
    shapes: ShapeMemory = field(default_factory=ShapeMemory)
    unlike: Tally = field(default_factory=Tally)
    beyond: Tally = field(default_factory=Tally)
    strange: Tally = field(default_factory=Tally)
    recent: Floats = field(default_factory=lambda: np.full(QUIET, -1.0))
    seen: int = 0

    @property
    def learns(self) -> bool:
        """Whether so little was seen that scores are coarse and no alarm should be sent on them."""
        return self.seen < LEARNING

    def feed(self, times: Floats, values: Floats) -> Floats:
        """The scores, 0 to 1, of the next values; `times` are seconds since 1970. One finding scores once."""
        evidence = self.evidence(times, values)
        course = np.concatenate([self.recent, evidence])
        strongest = sliding_window_view(course, QUIET)[: len(evidence)].max(axis=1, initial=-1.0)
        self.recent = course[-QUIET:].copy()
        return np.where(evidence > strongest, evidence, 0.0)

    def evidence(self, times: Floats, values: Floats) -> Floats:
        """How unusual each of the next values is by itself, 0 to 1, whatever was found shortly before."""
        return self.surprises(times, values).together()

    def surprises(self, times: Floats, values: Floats) -> Surprises:
        """Why each of the next values is unusual, for whoever shows it; this learns them as `feed` does."""
        times, values = _usable(times, values)
        if not len(values):
            return Surprises(np.empty(0), np.empty(0), np.empty(0))
        self.seen += len(values)
        rounding = _ROUNDING * np.abs(values)
        unlike, beyond = self.days.feed(times, values)
        strange = self.shapes.feed(values)
        return Surprises(
            unlike=self.unlike.feed(_above(unlike, rounding)),
            beyond=self.beyond.feed(_above(beyond, rounding)),
            strange=self.strange.feed(_above(strange, rounding)),
        )

    def to_bytes(self) -> bytes:
        """The memory as bytes, at most some fifteen kilobytes."""
        stored = io.BytesIO()
        np.savez_compressed(stored, allow_pickle=False, **self._arrays())
        return stored.getvalue()

    @classmethod
    def from_bytes(cls, stored: bytes) -> Self:
        """The memory that `to_bytes` gave."""
        scorer = cls()
        with np.load(io.BytesIO(stored), allow_pickle=False) as arrays:
            scorer.recent, scorer.seen = arrays["recent"], int(arrays["seen"])
            for part, memory in scorer._parts().items():
                for name in vars(memory):
                    setattr(memory, name, arrays[f"{part}_{name}"])
        return scorer

    def _parts(self) -> dict[str, DayMemory | ShapeMemory | Tally]:
        return {
            "days": self.days,
            "shapes": self.shapes,
            "unlike": self.unlike,
            "beyond": self.beyond,
            "strange": self.strange,
        }

    def _arrays(self) -> dict[str, NDArray[np.float64 | np.int64]]:
        parts = self._parts().items()
        arrays = {f"{part}_{name}": array for part, memory in parts for name, array in vars(memory).items()}
        return arrays | {"recent": self.recent, "seen": np.array(self.seen)}


def score(times: Floats, values: Floats) -> Floats:
    """The scores of a whole series."""
    return Scorer().feed(times, values)


def _usable(times: Floats, values: Floats) -> tuple[Floats, Floats]:
    times, values = np.asarray(times, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if times.ndim != 1 or times.shape != values.shape:
        raise UnusableSeries("A series needs one time for each value.")
    if not (np.isfinite(times).all() and np.isfinite(values).all()):
        raise UnusableSeries("Times and values must be finite numbers.")
    return times, np.clip(values, -_LARGEST, _LARGEST)


def _above(distances: Floats, rounding: Floats) -> Floats:
    return np.where(distances > rounding, distances, 0.0)
