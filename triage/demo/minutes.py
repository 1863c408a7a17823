"""This module says which minutes lie in a time, and how busy the sample shop is in one."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)


def minutes_between(begins: datetime, ends: datetime) -> Iterator[datetime]:
    """The beginnings of the whole minutes."""
    minute = begins.replace(second=0, microsecond=0)
    while minute + MINUTE <= ends:
        yield minute
        minute += MINUTE


def busy(at: datetime, zone: str) -> float:
    """The share of the busiest hour: most at eight in the evening, least before dawn."""
    local = at.astimezone(ZoneInfo(zone))
    hours_off = local.hour + local.minute / 60 - 20
    return 0.4 + 0.3 * (1 + math.cos(hours_off / 24 * 2 * math.pi))
