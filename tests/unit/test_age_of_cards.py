"""This module tests what a card says of its issue's age: its words and its colour tell the same."""

from datetime import UTC, datetime, timedelta

import pytest

from triage.board.cards import Card
from triage.models import Issue

NOW = datetime(2026, 5, 28, 14, 32, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "words", "tone"),
    [
        (timedelta(days=3), "open 3 days of 5 days", ""),
        (timedelta(days=4), "open 4 days of 5 days", "is-warn"),
        (timedelta(days=4, hours=23, minutes=50), "open 4 days of 5 days", "is-warn"),
        (timedelta(days=5), "0 min late", "is-bad"),
    ],
)
def test_card_is_red_only_once_it_says_late(age, words, tone):
    card = Card(Issue(severity=4, status="new", opened_at=NOW - age), None, NOW)
    assert (card.age_words, card.age_tone) == (words, tone)
