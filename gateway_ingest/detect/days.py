"""This module remembers the values of recent days by hour, and says how far a value lies from all of them.

Which day and hour it is, the times say: they are seconds of the clock that people live by, where somebody knows it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DAYS = 14
COMPARED_BY_HOUR = 7  # the newest of them
HOURS = 24
SECONDS_OF_DAY = 86_400.0


def _nothing(*shape: int, value: float) -> Floats:
    return np.full(shape, value)


@dataclass
class DayMemory:
    """Lowest and highest value of each hour, for the last `DAYS` days and for the day that is under way."""

    lows: Floats = field(default_factory=lambda: _nothing(DAYS, HOURS, value=np.inf))
    highs: Floats = field(default_factory=lambda: _nothing(DAYS, HOURS, value=-np.inf))
    low_today: Floats = field(default_factory=lambda: _nothing(HOURS, value=np.inf))
    high_today: Floats = field(default_factory=lambda: _nothing(HOURS, value=-np.inf))
    day: Floats = field(default_factory=lambda: _nothing(1, value=-np.inf))

    def feed(self, times: Floats, values: Floats) -> tuple[Floats, Floats]:
        """Distance to the nearest of the last seven days at that hour, and distance beyond all days but the wildest.

        Only earlier days are compared by hour, because the neighbours of a value are always like it.
        """
        unlike, beyond = np.zeros_like(values), np.zeros_like(values)
        # Just before 1970 the remainder may round up to a whole day.
        hours = np.minimum(times % SECONDS_OF_DAY // 3600, HOURS - 1).astype(np.int64)
        for day, part in self._days(times):
            self._turn_to(day)
            unlike[part] = self._unlike(hours[part], values[part])
            beyond[part] = self._beyond(values[part])
            np.minimum.at(self.low_today, hours[part], values[part])
            np.maximum.at(self.high_today, hours[part], values[part])
        return unlike, beyond

    def moved(self, hours: int) -> "DayMemory":
        """The same memory by clocks that are so many hours ahead; what would be tomorrow there begins a day."""
        whole = [_nothing(HOURS, value=np.inf), self.lows.ravel(), self.low_today, _nothing(HOURS, value=np.inf)]
        high = [_nothing(HOURS, value=-np.inf), self.highs.ravel(), self.high_today, _nothing(HOURS, value=-np.inf)]
        lows, highs = (np.roll(np.concatenate(parts), hours).reshape(-1, HOURS) for parts in (whole, high))
        is_tomorrow = bool(np.isfinite(lows[-1]).any())
        newest = len(lows) - (1 if is_tomorrow else 2)
        return DayMemory(
            lows[newest - DAYS : newest].copy(), highs[newest - DAYS : newest].copy(),
            lows[newest].copy(), highs[newest].copy(), self.day + is_tomorrow,
        )  # fmt: skip

    def _days(self, times: Floats) -> Iterator[tuple[float, slice]]:
        """The stretches of one day each; a clock that steps back over midnight stays on the later day."""
        days = np.maximum.accumulate(np.concatenate([self.day, times // SECONDS_OF_DAY]))[1:]
        starts = np.flatnonzero(np.diff(days, prepend=-np.inf))
        for start, end in zip(starts, [*starts[1:], len(days)], strict=True):
            yield float(days[start]), slice(start, end)

    def _turn_to(self, day: float) -> None:
        passed = day - self.day[0]
        if passed > 0:
            self._keep(self.low_today, self.high_today)
            for _ in range(int(min(passed - 1, DAYS))):
                self._keep(_nothing(HOURS, value=np.inf), _nothing(HOURS, value=-np.inf))
            self.low_today = _nothing(HOURS, value=np.inf)
            self.high_today = _nothing(HOURS, value=-np.inf)
            self.day = np.array([day])

    def _keep(self, low: Floats, high: Floats) -> None:
        self.lows = np.vstack([self.lows[1:], low])
        self.highs = np.vstack([self.highs[1:], high])

    def _unlike(self, hours: NDArray[np.int64], values: Floats) -> Floats:
        lows, highs = self.lows[-COMPARED_BY_HOUR:, hours], self.highs[-COMPARED_BY_HOUR:, hours]
        below, above = lows - values, values - highs
        nearest: Floats = np.maximum(np.maximum(below, above), 0).min(axis=0)
        return np.where(np.isfinite(nearest), nearest, 0.0)

    def _beyond(self, values: Floats) -> Floats:
        """Distance beyond today and the earlier days, without the most extreme of these: one wild day blinds nobody."""
        lowest = min(_second(np.sort(self.lows.min(axis=1))), self.low_today.min())
        highest = max(_second(np.sort(self.highs.max(axis=1))[::-1]), self.high_today.max())
        low = np.minimum.accumulate(np.concatenate([[lowest], values[:-1]]))
        high = np.maximum.accumulate(np.concatenate([[highest], values[:-1]]))
        beyond = np.maximum(np.maximum(low - values, values - high), 0)
        return np.where(np.isfinite(beyond), beyond, 0.0)


def _second(extremes: Floats) -> float:
    """The second of the days' extremes, or the first where only one day was seen."""
    return float(extremes[1] if np.isfinite(extremes[1]) else extremes[0])
