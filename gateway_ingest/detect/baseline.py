"""This module says what is usual at each hour of the week, from what was seen, and leans on wider hours where little was."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

HOURS_OF_DAY = 24
HOURS_OF_WEEK = 168
LEAN = 2.0  # so many weeks of an hour weigh as much as what is known of wider hours
_TO_DEVIATION = 1.4826  # middle distance from the middle, to the standard deviation of a normal course


class UnusableWindows(ValueError):
    """Windows that no baseline can be made of."""


@dataclass(frozen=True)
class WindowValue:
    """One window of traffic: when it began, how many calls it counted, and the figure that is watched."""

    began_at: datetime
    count: float
    value: float


@dataclass(frozen=True)
class Usual:
    """What is usual at one hour of the week, and in how many weeks that hour was seen."""

    expected: float
    spread: float
    weeks: int


@dataclass(frozen=True)
class UsualNow:
    """What is usual at one moment; `weeks` and `days` say how often its hour of the week and of the day was seen."""

    expected: float
    spread: float
    weeks: int
    days: int


@dataclass(frozen=True)
class UsualWeek:
    """The usual figures of all hours of a week by one zone's clocks."""

    hours: tuple[Usual, ...]
    zone: ZoneInfo

    def at(self, moment: datetime) -> Usual:
        """What is usual at that moment."""
        return self.hours[_hour_of_week(moment, self.zone)]


@dataclass(frozen=True)
class _Seen:
    values: Floats
    weights: Floats
    occasions: Whole

    def only(self, those: NDArray[np.bool_]) -> "_Seen":
        return _Seen(self.values[those], self.weights[those], self.occasions[those])


def usual_week(windows: Iterable[WindowValue], *, zone: ZoneInfo) -> UsualWeek | None:
    """The usual week; None without any call. Each hour leans on that hour of all days, and that on all hours."""
    told = _told(windows, zone)
    if told is None:
        return None
    seen, places = told
    overall = Usual(*_middle_and_spread(seen), weeks=0)
    of_day = [_leaning(seen.only(places % HOURS_OF_DAY == hour), overall) for hour in range(HOURS_OF_DAY)]
    hours = (_leaning(seen.only(places == place), of_day[place % HOURS_OF_DAY]) for place in range(HOURS_OF_WEEK))
    return UsualWeek(tuple(hours), zone)


def usual_at(windows: Iterable[WindowValue], moment: datetime, *, zone: ZoneInfo) -> UsualNow | None:
    """What is usual at one moment, as `usual_week` would say it of the same windows, and what that rests on."""
    told = _told(windows, zone)
    if told is None:
        return None
    seen, places = told
    place = _hour_of_week(moment, zone)
    at_this_hour = seen.only(places % HOURS_OF_DAY == place % HOURS_OF_DAY)
    of_day = _leaning(at_this_hour, Usual(*_middle_and_spread(seen), weeks=0))
    usual = _leaning(seen.only(places == place), of_day)
    return UsualNow(usual.expected, usual.spread, usual.weeks, of_day.weeks)


def _told(windows: Iterable[WindowValue], zone: ZoneInfo) -> tuple[_Seen, Whole] | None:
    """What was seen, and at which hour of the week each."""
    counted = [window for window in windows if _is_counted(window)]
    if not counted:
        return None
    local = [window.began_at.astimezone(zone) for window in counted]
    seen = _Seen(
        values=np.array([window.value for window in counted]),
        weights=np.array([window.count for window in counted]),
        occasions=np.array([moment.toordinal() for moment in local]),
    )
    return seen, np.array([moment.weekday() * HOURS_OF_DAY + moment.hour for moment in local])


def _is_counted(window: WindowValue) -> bool:
    if not (np.isfinite(window.value) and np.isfinite(window.count)) or window.count < 0:
        raise UnusableWindows("Counts and values must be finite numbers, and counts not negative.")
    return window.count > 0


def _hour_of_week(moment: datetime, zone: ZoneInfo) -> int:
    local = moment.astimezone(zone)
    return local.weekday() * HOURS_OF_DAY + local.hour


def _leaning(seen: _Seen, wider: Usual) -> Usual:
    """The middle and spread of what was seen, drawn to the wider hours the more, the fewer occasions there were."""
    occasions = len(np.unique(seen.occasions))
    if not occasions:
        return Usual(wider.expected, wider.spread, 0)
    expected, spread = _middle_and_spread(seen)
    own = occasions / (occasions + LEAN)
    # A single occasion says where the middle is, but nothing of how far occasions lie apart.
    own_spread = (occasions - 1) / (occasions - 1 + LEAN)
    return Usual(
        own * expected + (1 - own) * wider.expected, own_spread * spread + (1 - own_spread) * wider.spread, occasions
    )


def _middle_and_spread(seen: _Seen) -> tuple[float, float]:
    middle = _weighted_median(seen.values, seen.weights)
    return middle, _TO_DEVIATION * _weighted_median(np.abs(seen.values - middle), seen.weights)


def _weighted_median(values: Floats, weights: Floats) -> float:
    """The value that half of all calls do not exceed; between two values if they part the calls evenly."""
    order = np.argsort(values)
    ascending, reached = values[order], np.cumsum(weights[order] / weights.max())
    half = reached[-1] / 2
    first = int(np.searchsorted(reached, half))
    if reached[first] > half or first + 1 == len(ascending):
        return float(ascending[first])
    return float(ascending[first] / 2 + ascending[first + 1] / 2)
