"""This module is the only reader of the clock; everything else is handed `now`."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

# Days outside are slips of the keyboard, and at the ends of the calendar a zone's offset falls off it.
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2999, 12, 31)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return timezone.now()  # noqa: TID251 - the one place


def local_day(moment: datetime, zone: str) -> date:
    """The calendar day of `moment` in the IANA zone `zone`."""
    return moment.astimezone(ZoneInfo(zone)).date()


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """First moment of the local `day` and of the next one, in UTC; 23 or 25 hours apart where clocks change."""
    tz = ZoneInfo(zone)
    start = datetime.combine(day, time.min, tzinfo=tz)
    end = datetime.combine(day + timedelta(days=1), time.min, tzinfo=tz)
    return start.astimezone(UTC), end.astimezone(UTC)


def local_moment(day: date, at: time, zone: str) -> datetime:
    """The UTC moment when the local wall clock shows `at` on `day`.

    An hour that is skipped gives the moment right after the gap by the same distance; an hour that comes twice
    gives the first of the two. So each day has exactly one such moment.
    """
    return datetime.combine(day, at, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def in_zone(moment: datetime, zone: str) -> datetime:
    """The moment as the wall clock of a zone shows it."""
    return moment.astimezone(ZoneInfo(zone))
