"""This module holds days and hours by a launch's own clock, on the days when clocks change above all."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypercare.core.clock import day_bounds, local_day, local_moment

STOCKHOLM = "Europe/Stockholm"
ZONES = [
    "UTC",
    STOCKHOLM,
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Africa/Casablanca",
]

zones, days = st.sampled_from(ZONES), st.dates(min_value=date(2012, 1, 3), max_value=date(2036, 12, 30))


def test_day_begins_at_local_midnight():
    assert local_day(datetime(2026, 5, 28, 22, 30, tzinfo=UTC), STOCKHOLM) == date(2026, 5, 29)
    assert local_day(datetime(2026, 5, 28, 21, 59, tzinfo=UTC), STOCKHOLM) == date(2026, 5, 28)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 5, 28), 24), (date(2026, 10, 25), 25)])
def test_day_is_as_long_as_its_clock_makes_it(day, hours):
    start, end = day_bounds(day, STOCKHOLM)
    assert end - start == timedelta(hours=hours)


def test_skipped_hour_gives_one_moment_after_the_gap():
    assert local_moment(date(2026, 3, 29), time(2, 30), STOCKHOLM) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_doubled_hour_gives_the_first_of_the_two():
    assert local_moment(date(2026, 10, 25), time(2, 30), STOCKHOLM) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@given(zone=zones, day=days)
def test_days_follow_each_other_without_gap_or_overlap(zone, day):
    assert day_bounds(day, zone)[1] == day_bounds(day + timedelta(days=1), zone)[0]


@given(zone=zones, day=days, at=st.times().filter(lambda at: at.tzinfo is None))
def test_each_day_has_one_moment_of_an_hour_and_moments_keep_their_order(zone, day, at):
    today, tomorrow = local_moment(day, at, zone), local_moment(day + timedelta(days=1), at, zone)
    assert today < tomorrow


@given(zone=zones, day=days, into=st.timedeltas(min_value=timedelta(0), max_value=timedelta(hours=23, minutes=59)))
def test_every_moment_lies_within_its_own_day(zone, day, into):
    moment = datetime.combine(day, time.min, tzinfo=UTC) + into
    start, end = day_bounds(local_day(moment, zone), zone)
    assert start <= moment < end
