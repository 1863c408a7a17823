"""This module holds how soon each severity is to be taken up and resolved, and says what kept that, what is late, what may be.

SEV1 and SEV2 count round the clock. SEV3 to SEV5 count working hours: Monday to Friday from 9 to 17 by the launch's
clock. An issue is held to the severity it has now.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from hypercare.core import clock
from triage.times.courses import Course
from triage.times.period import ONE_DAY, Time

DAY_BEGINS, DAY_ENDS = time(9), time(17)
_WORKING_DAY = timedelta(hours=8)
_SATURDAY = 5
ROUND_THE_CLOCK = 2  # severities up to this one
# From this share of its time on an open issue is at risk.
RISK_FROM = 0.8
RESPONSE = {
    1: timedelta(minutes=15),
    2: timedelta(minutes=30),
    3: timedelta(hours=2),
    4: _WORKING_DAY,
    5: 2 * _WORKING_DAY,
}
FIX = {1: timedelta(hours=8), 2: timedelta(hours=24), 3: 3 * _WORKING_DAY, 4: 5 * _WORKING_DAY}


@dataclass(frozen=True)
class Target:
    """Until when something is due, and when it came."""

    start: datetime
    due: datetime
    came: datetime | None

    @property
    def decided_at(self) -> datetime:
        """The moment at which it was kept or missed."""
        return min(self.came, self.due) if self.came else self.due

    @property
    def is_kept(self) -> bool:
        """Whether it came in time."""
        return self.came is not None and self.came <= self.due

    def is_late(self, now: datetime) -> bool:
        """Whether it is still waited for, too long."""
        return self.came is None and self.due < now

    def is_at_risk(self, now: datetime) -> bool:
        """Whether it is still waited for, and most of its time is gone."""
        return self.came is None and now <= self.due and now - self.start >= RISK_FROM * (self.due - self.start)


def response_of(course: Course, zone: str) -> Target:
    """The first thing a person does."""
    due = due_at(course.detected, RESPONSE[course.severity], severity=course.severity, zone=zone)
    return Target(course.detected, due, course.taken_up)


def fix_of(course: Course, zone: str) -> Target | None:
    """The end of it; SEV5 has no such target, nor what was declined or went away by itself."""
    length = FIX.get(course.severity)
    if length is None or (course.resolved is None and not course.is_open):
        return None
    due = due_at(course.detected, length, severity=course.severity, zone=zone)
    return Target(course.detected, due, course.resolved)


LATE, AT_RISK = "late", "at-risk"


def standing(course: Course, zone: str, now: datetime) -> str:
    """Whether an open issue has missed what it is waited for, or is about to; empty for neither."""
    if not course.is_open:
        return ""
    targets = _waited(course, zone)
    if any(target.is_late(now) for target in targets):
        return LATE
    return AT_RISK if any(target.is_at_risk(now) for target in targets) else ""


def response_decided(course: Course, days: Time, now: datetime) -> bool:
    """Whether its first response was kept or missed in these days."""
    target = response_of(course, days.zone)
    waits = target.came is None and (now < target.due or not course.is_open)
    return not waits and days.hold(target.decided_at)


def response_kept(course: Course, days: Time, now: datetime) -> bool:
    """Whether it was kept in these days."""
    return response_decided(course, days, now) and response_of(course, days.zone).is_kept


def _waited(course: Course, zone: str) -> list[Target]:
    """What has not come yet."""
    fix = fix_of(course, zone)
    waited = [response_of(course, zone)] if course.taken_up is None else []
    return [*waited, *([fix] if fix and fix.came is None else [])]


@lru_cache(maxsize=65_536)
def due_at(start: datetime, length: timedelta, *, severity: int, zone: str) -> datetime:
    """The moment after so much time: by the clock for the worst, by working hours for all others."""
    if severity <= ROUND_THE_CLOCK:
        return start + length
    day, left = clock.local_day(start, zone), length
    while True:
        begins, ends = _working_hours(day, zone)
        begins = max(begins, start)
        if begins < ends:
            if left <= ends - begins:
                return begins + left
            left -= ends - begins
        day += ONE_DAY


@lru_cache(maxsize=4096)
def _working_hours(day: date, zone: str) -> tuple[datetime, datetime]:
    """From when to when people work on a day; nothing at the end of a week."""
    begins = clock.local_moment(day, DAY_BEGINS, zone)
    return begins, begins if day.weekday() >= _SATURDAY else clock.local_moment(day, DAY_ENDS, zone)
