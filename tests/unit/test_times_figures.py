"""This module tests the arithmetic of times: spreads, working hours, names of figures, and what an undone end is."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from triage.times import behind
from triage.times.courses import _that_stood
from triage.times.period import Days
from triage.times.spread import spread_of
from triage.times.targets import Target, due_at

HOUR = timedelta(hours=1)
STOCKHOLM = "Europe/Stockholm"


def at(day: int, hour: float, month: int = 5) -> datetime:
    """A moment by the clock of Stockholm in summer, in UTC."""
    return datetime(2026, month, day, tzinfo=UTC) + timedelta(hours=hour - 2)


def test_middle_and_ninth_tenth_lie_between_neighbours_as_the_database_would_say():
    spread = spread_of([timedelta(hours=hours) for hours in (1, 2, 3, 4, 10, 20)])
    assert (spread.n, spread.median, spread.p90) == (6, 3.5 * HOUR, 15 * HOUR)


def test_fewer_than_five_are_counted_and_not_told():
    spread = spread_of([HOUR] * 4)
    assert (spread.n, spread.median, spread.p90, spread.is_told) == (4, None, None, False)
    assert spread_of([HOUR] * 5).median == HOUR
    assert spread_of([]).n == 0


@pytest.mark.parametrize(
    ("start", "length", "due"),
    [
        (at(28, 10), 2 * HOUR, at(28, 12)),
        (at(28, 16), 2 * HOUR, at(29, 10)),
        (at(28, 3), 2 * HOUR, at(28, 11)),
        (at(29, 16), 2 * HOUR, at(1, 10, month=6)),  # a Friday
        (at(30, 12), 8 * HOUR, at(1, 17, month=6)),  # a Saturday
        (at(28, 9), 16 * HOUR, at(29, 17)),
    ],
)
def test_working_hours_pass_over_nights_and_ends_of_weeks(start, length, due):
    assert due_at(start, length, severity=3, zone=STOCKHOLM) == due


def test_the_worst_count_round_the_clock():
    assert due_at(at(30, 23), HOUR, severity=1, zone=STOCKHOLM) == at(31, 0)


def test_a_target_is_at_risk_from_four_fifths_of_its_time_and_late_after_it():
    target = Target(at(28, 10), at(28, 20), None)
    assert [target.is_at_risk(at(28, hour)) for hour in (17.9, 18, 20, 20.1)] == [False, True, True, False]
    assert [target.is_late(at(28, hour)) for hour in (20, 20.1)] == [False, True]
    kept = Target(at(28, 10), at(28, 20), at(28, 11))
    assert (kept.is_kept, kept.decided_at, kept.is_late(at(29, 1))) == (True, at(28, 11), False)


def test_an_end_that_was_taken_back_as_a_slip_is_none():
    closed, slip, back = ("mitigated", "closed", "close"), ("new", "triaged", "move"), ("triaged", "new", "undo")
    undone = ("closed", "mitigated", "undo")
    assert stood([closed, undone, closed]) == [3]
    assert stood([closed, slip, back]) == [1]
    assert stood([undone, closed]) == [1, 2]


def stood(moves: list[tuple[str, str, str]]) -> list[int]:
    """Which moves, each on a day of its own, nobody took back."""
    left, to, by = zip(*moves, strict=True)
    days = [at(day, 9) for day in range(1, len(moves) + 1)]
    row = SimpleNamespace(moved_at=days, moved_from=left, moved_to=to, moved_by=by)
    return [move.at.day for move in _that_stood(row)]


def test_days_are_those_of_the_zone_and_as_many_come_before():
    days = Days(date(2026, 5, 20), date(2026, 5, 22), STOCKHOLM)
    assert (days.begins, days.ends, days.number) == (at(20, 0), at(23, 0), 3)
    assert (days.before.first, days.before.last) == (date(2026, 5, 17), date(2026, 5, 19))
    assert [days.hold(at(20, 0)), days.hold(at(23, 0)), days.hold(None)] == [True, False, False]


@pytest.mark.parametrize(
    "text",
    ["", "mttr", "mttr..2026-05-01", "speed..2026-05-01..2026-05-02", "mttr..2026-05-32..2026-06-01",
     "mttr..2026-05-02..2026-05-01", "mttr..0001-01-01..9999-12-31", "mttr..2026-05-01..2026-05-02\n"],
)  # fmt: skip
def test_a_name_that_no_figure_has_is_none(text):
    assert behind.read(text) is None


def test_a_figure_is_named_and_read_again():
    days = Days(date(2026, 5, 1), date(2026, 5, 2), STOCKHOLM)
    for name in behind.WORDS:
        assert behind.read(behind.named(name, days)) == (name, days.first, days.last)
    assert set(behind.COUNTED) | {behind.MERGED} == set(behind.WORDS)
