"""This module decides which days have a report, when each is due, and which stretch of time it tells of.

The report of a day is due once, at the moment when the launch's clock shows the set hour. Where that hour is skipped
the moment comes right after the gap, even if that is already the next date; where it comes twice the first one counts.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hypercare.core import clock
from hypercare.core.models import Launch
from triage.models import StatusReport

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """What one report tells of: its day, from when, up to when, and the report before it."""

    day: date
    begin: datetime
    end: datetime
    previous: StatusReport | None


def due_at(launch: Launch, day: date) -> datetime:
    """The one moment at which the report of a day is due."""
    return clock.local_moment(day, launch.report_at, launch.zone)


def days_due(launch: Launch, now: datetime) -> list[date]:
    """Days whose report is due by now and whose due date is still today by the launch's clock.

    A day that passed wholly unseen gets no late report, nor does one whose hour came before the launch was made.
    """
    today = clock.local_day(now, launch.zone)
    return [
        day
        for day in (today - ONE_DAY, today)
        if day >= launch.go_live_on
        and launch.created_at <= due_at(launch, day) <= now
        and clock.local_day(due_at(launch, day), launch.zone) == today
    ]


def period_of(launch: Launch, day: date, *, now: datetime) -> Period:
    """From where yesterday's report ended, or from its hour where there is none, to now: no gap, no overlap."""
    previous = StatusReport.objects.filter(launch=launch, day__lt=day).order_by("-day").first()
    follows = previous is not None and previous.day == day - ONE_DAY and previous.drafted_at <= now
    begin = previous.drafted_at if previous and follows else min(due_at(launch, day - ONE_DAY), now)
    return Period(day=day, begin=begin, end=now, previous=previous)
