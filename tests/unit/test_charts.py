"""These tests draw small charts and look at where their lines stand."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway_ingest.charts import chart, spark
from gateway_ingest.evidence.signature import Span

BEGIN = datetime(2026, 5, 28, 12, tzinfo=UTC)
HOUR = Span(BEGIN, BEGIN + timedelta(hours=1))


def points(*values):
    return [(BEGIN + number * timedelta(minutes=15), value) for number, value in enumerate(values)]


def test_line_runs_from_nought_to_the_highest_value():
    found = chart(points(0, 5, 10), HOUR)
    assert found.path == "M0.0 98.0L250.0 50.0L500.0 2.0"
    assert found.area == "M0.0 100L0.0 98.0L250.0 50.0L500.0 2.0L500.0 100Z"
    assert (found.highest, found.middle) == (10, BEGIN + timedelta(minutes=30))


def test_gap_breaks_the_line_and_a_lone_value_is_a_dash():
    assert chart(points(4, None, 4, 4), HOUR).path == "M0.0 2.0L2.0 2.0M500.0 2.0L750.0 2.0"


def test_line_of_noughts_lies_at_the_bottom():
    assert chart(points(0, 0), HOUR).path == "M0.0 98.0L250.0 98.0"


@pytest.mark.parametrize("values", [(), (7,), (None, 7, None)])
def test_there_is_no_chart_before_two_values(values):
    assert chart(points(*values), HOUR) is None


def test_marks_stand_at_their_moment_and_never_outside():
    marks = [(BEGIN + timedelta(minutes=30), "1.8.2"), (BEGIN - timedelta(days=1), "old")]
    assert [(mark.x, mark.name) for mark in chart(points(1, 2), HOUR, marks=marks).marks] == [
        ("500.0", "1.8.2"),
        ("0.0", "old"),
    ]


def test_spark_is_as_wide_as_a_word():
    assert spark([0, 9]) == "M2.0 21.0L86.0 3.0"
    assert spark([0, 0, 0]) == "M2.0 21.0L44.0 21.0L86.0 21.0"
    assert spark([1]) == ""
