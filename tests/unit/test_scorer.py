"""These tests hold the scorer to its promises: causal, the same however a series is cut, and never out of bounds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_ingest.detect.scorer import ALARM, QUIET, Scorer, UnusableSeries, score

MINUTES = 300.0
ANY = st.floats(allow_nan=False, allow_infinity=False)
COURSES = st.one_of(
    st.lists(ANY, max_size=300),
    st.lists(st.sampled_from([0.0, 1.0, -1.0, 1e-300, 1e300]), max_size=300),
    st.builds(lambda value, length: [value] * length, ANY, st.integers(0, 300)),
)


def times(length, step=MINUTES):
    return 1_700_000_000 + step * np.arange(length)


def days(length, *, seed=0):
    """A course that repeats by day, with noise."""
    turns = 2 * np.pi * times(length) / 86_400
    return 100 + 30 * np.sin(turns) + np.random.default_rng(seed).normal(0, 2, length)


def strongest(scores):
    return int(scores[600:].argmax()) + 600


def test_a_jump_beyond_everything_is_the_strongest_finding():
    values = days(3000)
    values[2500:2530] += 150
    scores = score(times(3000), values)
    assert 2500 <= strongest(scores) < 2505
    assert scores.max() > ALARM


def test_a_usual_value_at_an_unusual_hour_is_found():
    values = days(4000)
    peak = 3000 + int(values[3000:3288].argmax())
    values[peak - 20 : peak + 20] = values.min() + 5
    scores = score(times(4000), values)
    assert peak - 20 <= strongest(scores) < peak + 20


@pytest.mark.parametrize(
    "noise",
    [
        lambda chance: chance.normal(0, 1, 12_096),
        lambda chance: chance.poisson(20, 12_096).astype(float),
        lambda chance: days(12_096, seed=int(chance.integers(1000))),
    ],
    ids=["normal", "counts", "daily"],
)
def test_six_weeks_of_mere_noise_raise_no_more_than_one_alarm_a_week(noise):
    alarms = [(score(times(12_096), noise(np.random.default_rng(seed)))[750:] >= ALARM).sum() for seed in range(3)]
    assert sum(alarms) <= 3 * 6


def test_one_wild_day_does_not_hide_the_next():
    values = days(4000)
    values[2000] += 5000
    values[2900] += 400
    assert score(times(4000), values)[2900] >= ALARM


def test_a_constant_series_is_never_unusual():
    assert not score(times(2000), np.full(2000, 7.3)).any()


def test_one_finding_scores_once_while_it_lasts():
    values = days(3000)
    values[2500:2560] += 150
    assert (score(times(3000), values)[2500 : 2500 + QUIET] >= ALARM).sum() <= 3


@settings(max_examples=40, deadline=None)
@given(COURSES, st.floats(0, 1e6))
def test_any_finite_series_gets_scores_from_zero_to_one(values, step):
    scores = score(times(len(values), step), np.array(values))
    assert len(scores) == len(values)
    assert ((scores >= 0) & (scores <= 1)).all()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=8), st.integers(0, 5), st.booleans())
def test_pieces_score_as_the_whole_does_to_the_last_bit(pieces, seed, stored):
    length = sum(pieces)
    values, moments, scorer, found = days(length, seed=seed), times(length), Scorer(), []
    for piece in pieces:
        begin = sum(map(len, found))
        found.append(scorer.feed(moments[begin : begin + piece], values[begin : begin + piece]))
        scorer = Scorer.from_bytes(scorer.to_bytes()) if stored else scorer
    assert np.array_equal(np.concatenate(found), score(moments, values))


def test_one_value_at_a_time_scores_as_the_whole_does():
    values, moments, scorer = days(900), times(900), Scorer()
    single = [scorer.feed(moments[at : at + 1], values[at : at + 1])[0] for at in range(900)]
    assert np.array_equal(single, score(moments, values))


@settings(max_examples=30, deadline=None)
@given(COURSES, COURSES, st.floats(1, 90_000))
def test_appending_values_never_changes_earlier_scores(earlier, later, step):
    moments = times(len(earlier) + len(later), step)
    alone = score(moments[: len(earlier)], np.array(earlier))
    assert np.array_equal(score(moments, np.array(earlier + later))[: len(earlier)], alone)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-1e11, 1e12), max_size=100))
def test_gaps_and_clocks_that_step_back_are_borne(moments):
    scores = score(np.array(moments), np.arange(float(len(moments))))
    assert ((scores >= 0) & (scores <= 1)).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_and_times_that_are_no_finite_numbers_are_refused(bad):
    with pytest.raises(UnusableSeries):
        score(times(3), np.array([1.0, bad, 2.0]))
    with pytest.raises(UnusableSeries):
        score(np.array([1.0, bad, 2.0]), np.ones(3))


def test_times_and_values_of_different_length_are_refused():
    with pytest.raises(UnusableSeries):
        score(times(3), np.ones(4))


def test_nothing_scores_above_one_after_a_long_time_without_anything():
    values = np.zeros(20_000)
    values[19_900] = 1e6
    scores = score(times(20_000), values)
    assert 0.9 < scores[19_900] <= 1


def test_the_reason_names_the_kind_of_surprise():
    values = days(3000)
    values[2500] += 150
    jump = Scorer().surprises(times(3000), values)
    assert min(jump.unlike[2500], jump.beyond[2500], jump.strange[2500]) > 0.6
    values = days(3000)
    peak = 2304 + int(values[2304:2592].argmax())
    values[peak] = values.min() + 5
    hour = Scorer().surprises(times(3000), values)
    assert hour.unlike[peak] > 0.6
    assert hour.beyond[peak] == 0


def test_a_series_learns_at_first_and_remembers_that_when_stored():
    scorer = Scorer()
    scorer.feed(times(749), days(749))
    assert Scorer.from_bytes(scorer.to_bytes()).learns
    scorer.feed(times(750)[749:], days(750)[749:])
    assert not Scorer.from_bytes(scorer.to_bytes()).learns


def test_the_memory_of_a_series_stays_small():
    scorer = Scorer()
    scorer.feed(times(20_000), days(20_000))
    assert len(scorer.to_bytes()) < 20_000
