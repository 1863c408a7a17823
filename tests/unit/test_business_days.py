"""This module tests counting business days."""

from datetime import date

import pytest

from hypercare.core.business_days import business_days_after


@pytest.mark.parametrize(
    ("day", "days", "expected"),
    [
        (date(2026, 5, 25), 5, date(2026, 6, 1)),  # Monday to Monday
        (date(2026, 5, 29), 1, date(2026, 6, 1)),  # Friday to Monday
        (date(2026, 5, 30), 1, date(2026, 6, 1)),  # Saturday counts for nothing
        (date(2026, 5, 28), 0, date(2026, 5, 28)),
    ],
)
def test_weekends_do_not_count(day, days, expected):
    assert business_days_after(day, days) == expected
