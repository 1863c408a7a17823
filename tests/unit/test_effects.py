"""This module tests which minutes of failed calls belong to an incident."""

from datetime import UTC, datetime, timedelta

from triage.warroom.effects import Minute, stretch_around

BEGUN = datetime(2026, 5, 28, 11, 5, tzinfo=UTC)


def minutes(**errors):
    """Minutes by their number, each with so many failed calls of a hundred."""
    return [Minute(BEGUN + timedelta(minutes=int(at[1:])), 100, count) for at, count in errors.items()]


def begins(found, signal):
    stretch = stretch_around(found, BEGUN + timedelta(minutes=signal))
    return (stretch[0].at - BEGUN) // timedelta(minutes=1) if stretch else None


def test_it_begins_with_the_first_minute_that_shows_it():
    assert begins(minutes(m0=0, m1=2, m2=9, m3=8), 3) == 1


def test_few_failed_calls_among_many_are_no_effect():
    assert begins([Minute(BEGUN, 1000, 5)], 0) is None


def test_two_failed_calls_in_all_are_no_effect():
    assert begins(minutes(m0=1, m1=1), 1) is None


def test_what_failed_long_before_is_another_incident():
    assert begins(minutes(m0=5, m30=5, m31=5), 31) == 30


def test_what_fails_long_after_the_first_signal_is_not_its_effect():
    assert begins(minutes(m30=5, m31=5), 0) is None
