"""These tests hold the early warning to its promises: quiet on noise, and early on a real drift."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_ingest.detect.drift import FEWEST, UnusableValues, foresee

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
ORDINARY = st.floats(-1e12, 1e12)


def days(count):
    return [BEGIN + timedelta(days=day) for day in range(count)]


def drift(values, *, limit=1e6, upper=True):
    return foresee(days(len(values)), values, limit=limit, upper=upper)


def test_a_straight_rise_is_read_to_the_day():
    seen = drift([100 + 20 * day for day in range(11)], limit=500)
    assert seen.slope_per_day == pytest.approx(20)
    assert seen.relative_per_day == pytest.approx(20 / 300)
    assert seen.crosses_at == BEGIN + timedelta(days=20)
    assert seen.p_value < 0.001
    assert seen.warns()


def test_a_fall_crosses_a_lower_limit():
    seen = drift([99.9 - 0.1 * day for day in range(10)], limit=98.5, upper=False)
    assert seen.crosses_at - BEGIN == pytest.approx(timedelta(days=14), abs=timedelta(seconds=1))
    assert seen.warns()


def test_a_rise_away_from_a_lower_limit_never_crosses():
    seen = drift([100 + day for day in range(10)], limit=50, upper=False)
    assert seen.crosses_at is None
    assert not seen.warns()


def test_too_few_values_say_nothing():
    assert drift(list(range(FEWEST - 1))) is None
    assert drift(list(range(FEWEST))) is not None


def test_a_crossing_far_off_is_no_warning_yet():
    seen = drift([100 + day for day in range(14)], limit=1000)
    assert seen.crosses_at is not None
    assert not seen.warns()


def test_a_limit_already_crossed_is_no_early_warning():
    seen = drift([100 + 20 * day for day in range(14)], limit=200)
    assert seen.crosses_at == seen.newest_at
    assert not seen.warns()


def test_one_wild_day_does_not_bend_the_trend():
    values = [100.0 + 2 * day for day in range(14)]
    values[6] = 9000.0
    assert drift(values).slope_per_day == pytest.approx(2, abs=0.1)


def test_gaps_between_days_do_not_change_the_slope():
    moments = [BEGIN + timedelta(days=day) for day in (0, 1, 2, 5, 6, 11, 12, 20)]
    values = [10 + 3 * (moment - BEGIN).days for moment in moments]
    assert foresee(moments, values, limit=100).slope_per_day == pytest.approx(3)


def test_noise_warns_no_oftener_than_stated():
    noise = np.random.default_rng(7).normal(100, 10, (3000, 14))
    passed = sum(drift(list(row)).p_value <= 0.05 for row in noise)
    assert passed <= 0.05 * 3000 + 3 * np.sqrt(3000 * 0.05 * 0.95)


def test_noise_that_resembles_the_day_before_warns_little_oftener_than_stated():
    steps = np.random.default_rng(8).normal(0, 1, (1500, 28))
    course = np.zeros_like(steps)
    for day in range(1, 28):
        course[:, day] = 0.4 * course[:, day - 1] + steps[:, day]
    assert sum(drift(list(row)).p_value <= 0.05 for row in course) <= 2 * 0.05 * 1500


def test_the_interval_holds_the_true_slope_in_nineteen_of_twenty_cases():
    noise = np.random.default_rng(9).normal(0, 10, (1000, 14))
    held = sum(seen.low <= 2 <= seen.high for seen in (drift(list(row + 2 * np.arange(14))) for row in noise))
    assert held >= 0.93 * 1000


@settings(max_examples=50, deadline=None)
@given(st.floats(0.03, 0.08), st.integers(0, 10_000))
def test_a_planted_drift_is_warned_of_before_it_crosses(share, seed):
    noise = np.random.default_rng(seed).normal(0, 0.02 * 300, 60)
    values = 300 * (1 + share * np.arange(60)) + noise
    crossed = int(np.argmax(values > 700))
    warned = [day for day in range(FEWEST, crossed + 1) if drift(list(values[:day]), limit=700).warns()]
    assert warned
    assert warned[0] < crossed


@pytest.mark.parametrize("steady", [1, 5, 9, 15])
def test_the_chance_is_that_of_all_orders(steady):
    from gateway_ingest.detect.drift import _counted_out

    orders = list(permutations(range(6)))
    pairs = [sum(np.sign(b - a) for at, a in enumerate(order) for b in order[at + 1 :]) for order in orders]
    assert _counted_out(6, steady) == pytest.approx(sum(abs(pair) >= steady for pair in pairs) / len(orders))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(ORDINARY, st.sampled_from([0.0, 1.0])), max_size=40), ORDINARY, st.booleans())
def test_any_ordinary_values_are_borne(values, limit, upper):
    seen = drift(values, limit=limit, upper=upper)
    if seen:
        assert seen.low <= seen.slope_per_day <= seen.high
        assert 0 <= seen.p_value <= 1
        assert seen.crosses_at is None or seen.crosses_from <= seen.crosses_at


def test_a_constant_course_never_warns():
    assert not drift([5.0] * 30, limit=6).warns()


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 1e200])
def test_values_out_of_the_ordinary_are_refused(bad):
    with pytest.raises(UnusableValues):
        drift([1.0] * 9 + [bad])


def test_moments_that_do_not_ascend_are_refused():
    with pytest.raises(UnusableValues):
        foresee([BEGIN] * 8, [1.0] * 8, limit=2)
    with pytest.raises(UnusableValues):
        foresee(days(8), [1.0] * 9, limit=2)
