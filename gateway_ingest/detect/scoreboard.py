"""This module scores a detector as the Numenta benchmark's standard profile does: early is good, wrong and late cost."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Span = tuple[int, int]  # first and last value of a labelled window

MISSED = 1.0
FALSE_ALARM = 0.11
PROBATION_SHARE = 0.15
LONGEST_PROBATION = 750
FAR_BEHIND = 3.0  # window lengths
THRESHOLDS: Floats = np.append(np.linspace(0.005, 1.0, 200), np.inf)


def scaled_sigmoid(place: Floats) -> Floats:
    """About 1 a window length before the right edge of a window, 0 on it, and towards -1 behind it."""
    return np.asarray(2 / (1 + np.exp(5 * place)) - 1)


def probation(values: int) -> int:
    """How many values at the beginning of a series are for learning only."""
    return min(int(PROBATION_SHARE * values), LONGEST_PROBATION)


@dataclass(frozen=True)
class Marking:
    """What a detection at each value of one series is worth."""

    values: int
    windows: Sequence[Span]
    rewards: Floats = field(init=False)
    costs: Floats = field(init=False)
    outside: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        """Works the worth out once, since every threshold is scored by it."""
        rewards, outside = np.zeros(self.values), np.ones(self.values, dtype=np.bool_)
        costs = np.full(self.values, -FALSE_ALARM)
        for first, last in sorted(self.windows):
            length = max(last - first, 1)
            within = np.arange(first, last + 1)
            rewards[within] = scaled_sigmoid((within - last) / length) / scaled_sigmoid(np.array(-1.0))
            outside[within] = False
            behind = np.arange(1, self.values - last) / length
            costs[last + 1 :] = FALSE_ALARM * np.where(behind > FAR_BEHIND, -1.0, scaled_sigmoid(behind))
        outside[: probation(self.values)] = False
        for name, array in (("rewards", rewards), ("costs", costs), ("outside", outside)):
            object.__setattr__(self, name, array)

    def points(self, scores: Floats, thresholds: Floats = THRESHOLDS) -> Floats:
        """The raw score of detections at or above each threshold."""
        false_alarms = self._above(scores, thresholds, self.costs)
        caught = [self._in_window(scores, thresholds, window) for window in self.windows]
        return np.asarray(np.sum([false_alarms, *caught], axis=0))

    def false_alarms(self, scores: Floats, thresholds: Floats = THRESHOLDS) -> Floats:
        """How many detections at or above each threshold lie in no window."""
        return self._above(scores, thresholds, np.ones(self.values))

    def _above(self, scores: Floats, thresholds: Floats, worth: Floats) -> Floats:
        order = np.argsort(scores[self.outside])
        ascending = scores[self.outside][order]
        left = np.append(np.cumsum(worth[self.outside][order][::-1])[::-1], 0.0)
        return left[np.searchsorted(ascending, thresholds)]

    def _in_window(self, scores: Floats, thresholds: Floats, window: Span) -> Floats:
        """The worth of the first detection in the window, or what missing it costs."""
        begin = max(window[0], probation(self.values))
        end = window[1] + 1
        if begin >= end:
            return np.full(len(thresholds), -MISSED)
        first = np.searchsorted(np.maximum.accumulate(scores[begin:end]), thresholds)
        return np.append(self.rewards[begin:end], -MISSED)[first]


def normalised(points: float, windows: int) -> float | None:
    """Raw points on the scale where silence is 0 and every window caught at its left edge is 100."""
    return 100 * (points + MISSED * windows) / (windows + MISSED * windows) if windows else None
