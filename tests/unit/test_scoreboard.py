"""These tests hold the benchmark's rules by cases that were worked out by hand."""

from math import exp

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_ingest.detect.scoreboard import Marking, normalised, probation

HALF = np.array([0.5])


def sigmoid(place: float) -> float:
    return 2 / (1 + exp(5 * place)) - 1


def points(marking: Marking, *detections: int) -> float:
    scores = np.zeros(marking.values)
    scores[list(detections)] = 1.0
    return float(marking.points(scores, HALF)[0])


@pytest.mark.parametrize(("values", "expected"), [(100, 15), (7, 1), (4999, 749), (5000, 750), (20000, 750)])
def test_probation_is_fifteen_percent_and_at_most_750(values, expected):
    assert probation(values) == expected


def test_a_detection_on_the_left_edge_earns_one():
    assert points(Marking(100, [(40, 60)]), 40) == pytest.approx(1.0)


def test_a_detection_on_the_right_edge_earns_nothing():
    assert points(Marking(100, [(40, 60)]), 60) == pytest.approx(0.0)


def test_a_detection_in_the_middle_earns_its_place_on_the_sigmoid():
    assert points(Marking(100, [(40, 60)]), 50) == pytest.approx(sigmoid(-0.5) / sigmoid(-1))


def test_only_the_first_detection_in_a_window_counts():
    assert points(Marking(100, [(40, 60)]), 45, 46, 59) == pytest.approx(points(Marking(100, [(40, 60)]), 45))


def test_a_missed_window_costs_one():
    assert points(Marking(100, [(40, 60), (80, 90)])) == -2.0


def test_a_false_alarm_before_any_window_costs_its_full_weight():
    assert points(Marking(100, [(40, 60)]), 20, 40) == pytest.approx(1.0 - 0.11)


def test_a_false_alarm_behind_a_window_costs_by_its_distance_in_window_lengths():
    assert points(Marking(200, [(40, 60)]), 40, 70) == pytest.approx(1.0 + 0.11 * sigmoid(0.5))


def test_a_false_alarm_more_than_three_window_lengths_behind_costs_its_full_weight():
    assert points(Marking(200, [(40, 60)]), 40, 121) == pytest.approx(1.0 - 0.11)


def test_a_false_alarm_is_measured_from_the_nearest_window_before_it():
    marking = Marking(300, [(50, 60), (200, 220)])
    assert points(marking, 50, 200, 230) == pytest.approx(2.0 + 0.11 * sigmoid(0.5))


def test_detections_in_probation_count_for_nothing():
    assert points(Marking(100, [(40, 60)]), 0, 14, 40) == pytest.approx(1.0)


def test_a_series_without_windows_can_only_lose():
    assert points(Marking(100, []), 50, 51) == pytest.approx(-0.22)


def test_false_alarms_are_counted_outside_windows_and_probation():
    scores = np.ones(100)
    assert Marking(100, [(40, 60)]).false_alarms(scores, HALF)[0] == 100 - 15 - 21


def test_silence_is_zero_and_every_left_edge_is_a_hundred():
    assert normalised(-3.0, 3) == 0.0
    assert normalised(3.0, 3) == 100.0


def test_no_windows_have_no_score():
    assert normalised(-0.5, 0) is None


@given(st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.9]), min_size=120, max_size=120), st.sampled_from([0.2, 0.5, 0.9]))
def test_every_threshold_scores_as_its_detections_do_one_by_one(scores, threshold):
    marking = Marking(120, [(30, 50), (70, 75)])
    detections = [at for at, score in enumerate(scores) if score >= threshold]
    swept = marking.points(np.array(scores), np.array([threshold]))[0]
    assert swept == pytest.approx(points(marking, *detections) if detections else -2.0)
