"""This module checks which days have a report and when, in zones whose clocks change."""

from datetime import UTC, date, datetime, time

import pytest

from hypercare.core.models import Launch
from triage.reports.period import days_due, due_at


def launch_in(zone: str, *, at: time) -> Launch:
    return Launch(
        zone=zone,
        report_at=at,
        go_live_on=date(2026, 1, 1),
        planned_end_on=date(2026, 12, 31),
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def days_that_become_due(launch: Launch, start: datetime, end: datetime) -> list[date]:
    """The days found due by a look every ten minutes, each the first time."""
    found: list[date] = []
    for stamp in range(int(start.timestamp()), int(end.timestamp()), 600):
        found += [day for day in days_due(launch, datetime.fromtimestamp(stamp, UTC)) if day not in found]
    return found


@pytest.mark.parametrize(
    ("zone", "at", "first", "days"),
    [
        ("Europe/Stockholm", time(2, 30), date(2026, 3, 27), [27, 28, 29, 30]),
        ("Europe/Stockholm", time(2, 30), date(2026, 10, 23), [23, 24, 25, 26]),
        ("Australia/Lord_Howe", time(2, 15), date(2026, 10, 2), [2, 3, 4, 5]),
        ("Asia/Kathmandu", time(0, 0), date(2026, 5, 1), [1, 2, 3, 4]),
        ("Pacific/Chatham", time(23, 59), date(2026, 5, 1), [1, 2, 3, 4]),
        ("America/Nuuk", time(23, 30), date(2026, 3, 26), [26, 27, 28, 29]),
        ("Africa/Cairo", time(0, 30), date(2026, 4, 23), [23, 24, 25, 26]),
    ],
)
def test_every_day_is_due_exactly_once(zone, at, first, days):
    launch = launch_in(zone, at=at)
    start = due_at(launch, first)
    end = due_at(launch, first.replace(day=days[-1] + 1))
    found = days_that_become_due(launch, start, end)
    assert [day.day for day in found] == days


def test_skipped_hour_gives_the_moment_after_the_gap():
    launch = launch_in("Europe/Stockholm", at=time(2, 30))
    assert due_at(launch, date(2026, 3, 29)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_doubled_hour_gives_its_first_pass():
    launch = launch_in("Europe/Stockholm", at=time(2, 30))
    assert due_at(launch, date(2026, 10, 25)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_day_missed_wholly_gets_no_late_report():
    launch = launch_in("Europe/Stockholm", at=time(15, 0))
    assert days_due(launch, datetime(2026, 5, 28, 8, 0, tzinfo=UTC)) == []


def test_day_is_still_due_late_in_its_evening():
    launch = launch_in("Europe/Stockholm", at=time(15, 0))
    assert days_due(launch, datetime(2026, 5, 28, 21, 50, tzinfo=UTC)) == [date(2026, 5, 28)]


def test_launch_made_after_the_hour_waits_for_tomorrow():
    launch = launch_in("Europe/Stockholm", at=time(15, 0))
    launch.created_at = datetime(2026, 5, 28, 14, 0, tzinfo=UTC)
    assert days_due(launch, datetime(2026, 5, 28, 14, 1, tzinfo=UTC)) == []


def test_day_before_go_live_is_not_due():
    launch = launch_in("Europe/Stockholm", at=time(15, 0))
    launch.go_live_on = date(2026, 5, 29)
    assert days_due(launch, datetime(2026, 5, 28, 15, 0, tzinfo=UTC)) == []
