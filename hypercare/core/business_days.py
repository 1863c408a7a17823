"""This module counts business days: Monday to Friday."""

from datetime import date, timedelta

_FRIDAY = 4


def business_days_after(day: date, days: int) -> date:
    """The day that lies so many business days after `day`, which itself is not counted."""
    while days:
        day += timedelta(days=1)
        days -= day.weekday() <= _FRIDAY
    return day
