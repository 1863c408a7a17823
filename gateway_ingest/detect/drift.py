"""This module foresees when a slowly moving figure crosses its limit, and says how sure that is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEWEST = 7  # values below which nothing is said
MOST = 1000  # newest values that are looked at; all pairs of them are compared
CERTAIN = 0.01  # the chance that noise without a trend passes for one
WITHIN_DAYS = 14.0
FARTHEST_DAYS = 3650.0
_EXACT = 60  # values up to which the chance is counted out
_SURE = 1.96  # standard deviations for 95 of 100
SECONDS_OF_DAY = 86_400.0


class UnusableValues(ValueError):
    """Values that no trend can be read from."""


@dataclass(frozen=True)
class Drift:
    """A straight course through the values; `low` and `high` hold the true slope in 95 of 100 cases."""

    slope_per_day: float
    low: float
    high: float
    p_value: float
    level: float  # on the line, at the newest value
    crosses_at: datetime | None
    crosses_from: datetime | None
    crosses_until: datetime | None
    newest_at: datetime

    @property
    def relative_per_day(self) -> float | None:
        """The slope as a share of the present level."""
        return self.slope_per_day / abs(self.level) if self.level else None

    def warns(self, *, certain: float = CERTAIN, within_days: float = WITHIN_DAYS) -> bool:
        """Whether the trend is no accident and leads over the limit soon, but has not yet."""
        if self.crosses_at is None or self.p_value > certain:
            return False
        return timedelta(0) < self.crosses_at - self.newest_at <= timedelta(days=within_days)


def foresee(moments: Sequence[datetime], values: Sequence[float], *, limit: float, upper: bool = True) -> Drift | None:
    """The drift of values of distinct, ascending moments towards a limit; None while there are fewer than `FEWEST`.

    Give daily values, or hourly ones less what is usual at that hour of the week: a daily rhythm is no drift.
    """
    days, figures = _usable(moments, values, limit)
    if len(figures) < FEWEST:
        return None
    newest_at = moments[-1]
    slopes = _pairwise_slopes(days, figures)
    slope = float(np.median(slopes))
    residuals = figures - slope * days
    level = float(np.median(residuals)) + slope * float(days[-1])
    inflation = _inflation(residuals)
    deviation = math.sqrt(_variance(figures) * inflation)
    low, high = _slopes_between(slopes, deviation)
    way, sign = limit - level, 1.0 if upper else -1.0
    soon, late = (high, low) if upper else (low, high)
    return Drift(
        slope_per_day=slope,
        low=low,
        high=high,
        p_value=_p_value(figures, deviation),
        level=level,
        crosses_at=_crossing(newest_at, way, slope, sign),
        crosses_from=_crossing(newest_at, way, soon, sign),
        crosses_until=_crossing(newest_at, way, late, sign),
        newest_at=newest_at,
    )


def _usable(moments: Sequence[datetime], values: Sequence[float], limit: float) -> tuple[Floats, Floats]:
    if len(moments) != len(values):
        raise UnusableValues("A trend needs one moment for each value.")
    figures = np.asarray(values, dtype=np.float64)[-MOST:]
    stamps = np.array([moment.timestamp() for moment in moments[-MOST:]])
    if not (np.isfinite(figures).all() and math.isfinite(limit)) or np.abs(figures).max(initial=abs(limit)) > 1e150:
        raise UnusableValues("Values and limit must be finite numbers of ordinary size.")
    if len(stamps) > 1 and np.diff(stamps).min() <= 0:
        raise UnusableValues("Moments must ascend.")
    return (stamps - stamps[:1]) / SECONDS_OF_DAY, figures


def _pairwise_slopes(days: Floats, figures: Floats) -> Floats:
    earlier, later = np.triu_indices(len(figures), k=1)
    return np.sort((figures[later] - figures[earlier]) / (days[later] - days[earlier]))


def _variance(figures: Floats) -> float:
    """Variance of the rising pairs less the falling ones, had the same values come in any order."""
    count = len(figures)
    _values, ties = np.unique(figures, return_counts=True)
    whole = count * (count - 1) * (2 * count + 5) - int((ties * (ties - 1) * (2 * ties + 5)).sum())
    return whole / 18


def _inflation(residuals: Floats) -> float:
    """How much wider chance swings when each value resembles the one before."""
    centred = residuals - residuals.mean()
    power = float(centred @ centred)
    resemblance = float(centred[1:] @ centred[:-1]) / power if power > 0 else 0.0
    resemblance = min(max(resemblance, 0.0), 0.9)
    return (1 + resemblance) / (1 - resemblance)


def _slopes_between(slopes: Floats, deviation: float) -> tuple[float, float]:
    """The slopes so far from the middle that the true one lies between in 95 of 100 cases."""
    aside = _SURE * deviation / 2
    middle = (len(slopes) - 1) / 2
    low, high = math.floor(middle - aside), math.ceil(middle + aside)
    return float(slopes[max(low, 0)]), float(slopes[min(high, len(slopes) - 1)])


def _p_value(figures: Floats, deviation: float) -> float:
    """The chance that values in any order rise or fall as steadily; the more careful of two ways to reckon it."""
    later = np.triu(np.sign(figures[None, :] - figures[:, None]), k=1)
    steady = abs(int(later.sum()))
    if steady == 0:
        return 1.0
    approximate = math.erfc((steady - 1) / deviation / math.sqrt(2))
    if len(figures) > _EXACT or len(np.unique(figures)) < len(figures):
        return min(approximate, 1.0)
    return min(max(approximate, _counted_out(len(figures), steady)), 1.0)


def _counted_out(count: int, steady: int) -> float:
    """The share of all orders of `count` distinct values with as many more rising than falling pairs, either way."""
    shares = np.ones(1)
    for values in range(2, count + 1):
        shares = np.convolve(shares, np.full(values, 1 / values))
    pairs = count * (count - 1) // 2
    return 2 * float(shares[: (pairs - steady) // 2 + 1].sum())


def _crossing(newest_at: datetime, way: float, slope: float, sign: float) -> datetime | None:
    """When a course `way` below its limit meets it; at once if it has; never if it leads elsewhere or too far."""
    if way * sign <= 0:
        return newest_at
    if slope * sign <= 0 or way / slope > FARTHEST_DAYS:
        return None
    return newest_at + timedelta(days=way / slope)
