"""This module decides which days are looked at: whole days by the launch's clock up to now, and as many before them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Protocol

from hypercare.core import clock
from hypercare.core.models import Launch

CHOICES, USUAL = (7, 14, 30, 90), 14
ONE_DAY = timedelta(days=1)


class Time(Protocol):
    """A stretch of time in a zone, in which moments lie or not."""

    @property
    def zone(self) -> str:
        """The zone whose clock shows it."""

    def hold(self, moment: datetime | None) -> bool:
        """Whether a moment lies in it."""


@dataclass(frozen=True)
class Stretch:
    """From after one moment up to another: where one ends the next begins."""

    begins: datetime
    ends: datetime
    zone: str

    def hold(self, moment: datetime | None) -> bool:
        """Whether a moment lies in it."""
        return moment is not None and self.begins < moment <= self.ends


@dataclass(frozen=True)
class Days:
    """Days in a row in a zone, the last one among them."""

    first: date
    last: date
    zone: str

    @cached_property
    def begins(self) -> datetime:
        """Their first moment."""
        return clock.day_bounds(self.first, self.zone)[0]

    @cached_property
    def ends(self) -> datetime:
        """The first moment after them."""
        return clock.day_bounds(self.last, self.zone)[1]

    @property
    def each(self) -> list[date]:
        """Day by day."""
        return [self.first + ONE_DAY * number for number in range(self.number)]

    @property
    def number(self) -> int:
        """How many they are."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Days":
        """As many days right before them."""
        return Days(self.first - ONE_DAY * self.number, self.first - ONE_DAY, self.zone)

    def hold(self, moment: datetime | None) -> bool:
        """Whether a moment lies in them."""
        return moment is not None and self.begins <= moment < self.ends

    def day_of(self, moment: datetime) -> date:
        """The day of a moment."""
        return clock.local_day(moment, self.zone)


def last_days(launch: Launch, number: int, *, now: datetime) -> Days:
    """So many days, today as far as it has come."""
    today = clock.local_day(now, launch.zone)
    return Days(today - ONE_DAY * (number - 1), today, launch.zone)
