"""This module says in which hours of a week people are at work, for what has no history of its own yet to tell."""

from datetime import datetime

OPENS, CLOSES = 8, 18
_SATURDAY = 5


def is_office_hour(local: datetime) -> bool:
    """Whether it is the middle of a working day by the clock on the wall."""
    return local.weekday() < _SATURDAY and OPENS <= local.hour < CLOSES
