"""These tests hold what is usual at each hour of the week, with many weeks, with few and with none."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_ingest.detect.baseline import UnusableWindows, WindowValue, usual_at, usual_week

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
ZONES = st.sampled_from([ZoneInfo("UTC"), ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu")])


def hourly(weeks, value, *, count=10.0, begin=MONDAY):
    moments = [begin + timedelta(hours=hour) for hour in range(168 * weeks)]
    return [WindowValue(moment, count, value(moment)) for moment in moments]


def test_many_weeks_give_each_hour_its_own_middle():
    week = usual_week(hourly(40, lambda at: 100.0 * at.weekday() + at.hour), zone=ZoneInfo("UTC"))
    friday_nine = week.at(datetime(2027, 1, 1, 9, 30, tzinfo=UTC))
    assert friday_nine.expected == pytest.approx(409, abs=10)
    assert friday_nine.weeks == 40


def test_one_week_leans_on_the_same_hour_of_other_days():
    week = usual_week(hourly(1, lambda at: 500.0 if at.weekday() == 6 else 100.0), zone=ZoneInfo("UTC"))
    sunday = week.at(MONDAY + timedelta(days=6, hours=3))
    assert 100 < sunday.expected < 300


def test_an_hour_never_seen_is_that_hour_of_all_days():
    windows = [window for window in hourly(4, lambda at: float(at.hour)) if window.began_at.weekday() < 5]
    saturday = usual_week(windows, zone=ZoneInfo("UTC")).at(MONDAY + timedelta(days=5, hours=20))
    assert saturday.expected == pytest.approx(20, abs=1.5)
    assert saturday.weeks == 0


def test_an_hour_of_day_never_seen_is_the_overall_middle():
    windows = [window for window in hourly(4, lambda _at: 7.0) if window.began_at.hour < 12]
    assert usual_week(windows, zone=ZoneInfo("UTC")).at(MONDAY + timedelta(hours=22)).expected == 7.0


def test_hours_follow_the_zones_clocks_over_a_change_to_summer_time():
    berlin = ZoneInfo("Europe/Berlin")
    begin = datetime(2026, 1, 5, tzinfo=berlin).astimezone(UTC)
    windows = hourly(30, lambda at: 900.0 if at.astimezone(berlin).hour == 9 else 100.0, begin=begin)
    week = usual_week(windows, zone=berlin)
    assert week.at(datetime(2026, 7, 6, 9, 15, tzinfo=berlin)).expected > 800
    assert week.at(datetime(2026, 1, 12, 9, 15, tzinfo=berlin)).expected > 800
    assert week.at(datetime(2026, 7, 6, 10, 15, tzinfo=berlin)).expected < 200


def test_windows_with_more_calls_count_for_more():
    windows = hourly(8, lambda _at: 10.0, count=1000.0) + hourly(8, lambda _at: 90.0, count=1.0)
    assert usual_week(windows, zone=ZoneInfo("UTC")).at(MONDAY).expected == pytest.approx(10)


def test_the_spread_is_that_of_the_noise():
    noise = np.random.default_rng(3)
    week = usual_week(hourly(52, lambda _at: noise.normal(200, 15)), zone=ZoneInfo("UTC"))
    assert np.mean([hour.spread for hour in week.hours]) == pytest.approx(15, rel=0.1)


def test_a_single_week_has_the_spread_of_wider_hours():
    noise = np.random.default_rng(4)
    week = usual_week(hourly(1, lambda _at: noise.normal(200, 15)), zone=ZoneInfo("UTC"))
    assert all(hour.spread > 5 for hour in week.hours)


def test_windows_without_calls_say_nothing():
    assert usual_week([], zone=ZoneInfo("UTC")) is None
    assert usual_week([WindowValue(MONDAY, 0, 5.0)], zone=ZoneInfo("UTC")) is None


@pytest.mark.parametrize("bad", [(float("nan"), 1.0), (-1.0, 1.0), (1.0, float("inf")), (1.0, float("nan"))])
def test_counts_and_values_that_mean_nothing_are_refused(bad):
    with pytest.raises(UnusableWindows):
        usual_week([WindowValue(MONDAY, *bad)], zone=ZoneInfo("UTC"))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5000), st.floats(0.1, 1e9), st.floats(-1e150, 1e150)), min_size=1, max_size=60),
    ZONES,
)
def test_the_expected_lies_among_what_was_seen(seen, zone):
    windows = [WindowValue(MONDAY + timedelta(hours=hour), count, value) for hour, count, value in seen]
    week = usual_week(windows, zone=zone)
    lowest, highest = min(value for *_, value in seen), max(value for *_, value in seen)
    slack = 1e-9 * max(abs(lowest), abs(highest))
    assert all(lowest - slack <= hour.expected <= highest + slack for hour in week.hours)
    assert all(0 <= hour.spread < float("inf") for hour in week.hours)


@settings(max_examples=30)
@given(st.integers(1, 5), st.integers(0, 167), ZONES)
def test_usual_of_one_moment_is_that_of_the_week(weeks, hour, zone):
    windows = hourly(weeks, lambda at: float(at.hour * 7 % 11 + at.weekday()))
    moment = MONDAY + timedelta(days=35, hours=hour)
    week, now = usual_week(windows, zone=zone).at(moment), usual_at(windows, moment, zone=zone)
    assert (now.expected, now.spread, now.weeks) == (week.expected, week.spread, week.weeks)
    assert now.days >= now.weeks


def test_nothing_seen_is_nothing_usual():
    assert usual_at([], MONDAY, zone=ZoneInfo("UTC")) is None
