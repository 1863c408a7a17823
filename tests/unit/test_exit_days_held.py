"""This module checks how many days a criterion has held by the launch's clock."""

from datetime import UTC, datetime, timedelta

import pytest

from triage.exit.assess import days_held

ZONE = "Europe/Stockholm"


@pytest.mark.parametrize(
    ("since", "now", "days"),
    [
        ("2026-05-20T10:00", "2026-05-20T10:00", 0),
        ("2026-05-20T10:00", "2026-05-21T09:59", 0),
        ("2026-05-20T10:00", "2026-05-21T10:00", 1),
        ("2026-05-20T10:00", "2026-05-25T10:00", 5),
        ("2026-03-28T11:00", "2026-03-29T10:00", 1),
        ("2026-10-24T10:00", "2026-10-25T10:30", 0),
        ("2026-10-24T10:00", "2026-10-25T11:00", 1),
    ],
)
def test_day_is_held_at_the_same_hour_of_the_next_date(since, now, days):
    assert days_held(*(datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (since, now)), ZONE) == days


def test_clock_set_back_never_gives_negative_days():
    since = datetime(2026, 5, 28, 12, tzinfo=UTC)
    assert days_held(since, since - timedelta(days=30), ZONE) == 0


@pytest.mark.parametrize("zone", ["Europe/Stockholm", "Australia/Lord_Howe", "America/Nuuk", "Africa/Cairo"])
def test_days_never_shrink_as_time_goes_on(zone):
    for month in (3, 4, 10):
        since = datetime(2026, month, 20, 0, 20, tzinfo=UTC)
        held = [days_held(since, since + timedelta(minutes=10 * step), zone) for step in range(6 * 24 * 14)]
        assert held == sorted(held)
