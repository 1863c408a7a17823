"""This module tests how themes are found, named and held against chance."""

import pytest

from triage.match.words import is_thought, number_of, words_in
from triage.models.theme import Course
from triage.themes import groups
from triage.themes.page import tone_of
from triage.themes.trend import trends

FLAT = [5] * 14


def test_burst_of_one_theme_beside_steady_others_is_rising():
    rising, steady = trends([[1] * 11 + [8, 9, 12], FLAT], [50] * 14)
    assert (rising.course, rising.recent, steady.course) == (Course.RISING, 29, Course.STEADY)
    assert rising.expected < 10
    assert rising.chance < 0.001


def test_theme_that_grows_as_everything_grows_is_not_rising():
    (trend,) = trends([[2] * 11 + [10] * 3], [40] * 11 + [200] * 3)
    assert trend.course == Course.STEADY


def test_theme_that_ended_is_falling():
    (trend,) = trends([[8] * 11 + [0] * 3], [50] * 14)
    assert trend.course == Course.FALLING


def test_chance_is_corrected_for_the_number_of_themes():
    lucky = [1] * 11 + [2, 2, 2]
    (alone,) = trends([lucky], [50] * 14)
    among = trends([lucky, *[[1] * 14] * 15], [50] * 14)[0]
    assert among.chance > alone.chance
    assert among.course == Course.STEADY


@pytest.mark.parametrize("days", [[], [[0] * 14], [[1]]])
def test_trends_of_next_to_nothing_say_nothing(days):
    assert all(trend.course == Course.STEADY for trend in trends(days, [1] * 14))


def reports():
    """Sixty reports of three themes in mixed order."""
    told = [
        ("Postcode {} rejected", "The Norwegian postcode is not accepted at the till"),
        ("Invoice {} wrong total", "The invoice adds the discount twice to the total"),
        ("Slow search {}", "Searching the catalogue takes half a minute"),
    ]
    return [(title.format(n), body) for n in range(20) for title, body in told]


def test_groups_are_found_and_named_by_what_tells_them_apart():
    told = [words_in(1, title, body) for title, body in reports()]
    counts = {}
    for words in told:
        for term in words.terms.tolist():
            counts[term] = counts.get(term, 0) + 1
    found = groups.groups_of(told, counts, in_all=len(told))
    names = [groups.words_for(1, group.terms, (" ".join(reports()[at]) for at in group.members)) for group in found]
    assert {len({at % 3 for at in group.members}) for group in found} == {1}
    said = [" ".join(words) for words in names]
    assert any("postcode" in words for words in said)
    assert any("invoice" in words for words in said)
    assert any("search" in words for words in said)
    assert groups.name_of(["postcode", "norwegian", "till", "more"]) == "Postcode, norwegian, till"


def test_few_reports_make_no_groups():
    assert groups.groups_of([words_in(1, "Postcode rejected", "")] * 5, {}, in_all=5) == []


def test_tone_is_told_of_the_last_days_and_before():
    tone = tone_of([[1, 1, 0]] * 3 + [[2, 0, 0]] * 7)
    assert (tone.negative_share, tone.negative_before) == (1.0, 0.5)
    assert tone_of([]).negative_share is None


def test_words_are_numbered_by_launch_and_counted_where_they_are_said():
    words, elsewhere = words_in(1, "Postcode rejected", "postcodes, a postcode!"), words_in(2, "Postcode rejected", "")
    assert not {*words.terms.tolist()} & {*elsewhere.terms.tolist()}
    at = words.terms.tolist().index(number_of(1, "postcod"))
    assert (words.in_title[at], words.in_body[at], words.title_words, words.body_words) == (1, 2, 2, 2)
    assert list(words.terms) == sorted(words.terms)
    assert any(is_thought(term) for term in words.terms.tolist())


def test_words_of_two_languages_share_their_thoughts():
    english, swedish = words_in(1, "I forgot my password", ""), words_in(1, "Jag har glömt mitt lösenord", "")
    shared = {*english.terms.tolist()} & {*swedish.terms.tolist()}
    assert shared
    assert all(is_thought(term) for term in shared)


def test_account_numbers_and_endless_words_are_no_words():
    words = words_in(1, "Order 12345678901 failed", "A" * 300)
    assert words.body_words == 0
    assert words.title_words == 2
