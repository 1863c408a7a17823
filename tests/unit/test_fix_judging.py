"""These tests hold the word about a fix against counts at its limits."""

from dataclasses import replace

import pytest

from gateway_ingest.evidence.failures import Rate, release_name
from gateway_ingest.evidence.rises import Rise
from triage.models import Word
from triage.proof.judging import Facts, Symptom, chance_of_so_many, judge

GOOD = Rate(1000, 0, 60)
TROUBLE = Rate(1000, 50, 60)
FIXED = Facts(TROUBLE, TROUBLE, False, TROUBLE, GOOD, GOOD)  # noqa: FBT003 - not at the same hours


@pytest.mark.parametrize(
    ("after", "word"),
    [
        (Rate(1000, 0, 60), Word.VERIFIED),
        (Rate(1000, 5, 60), Word.VERIFIED),  # a tenth is left
        (Rate(1000, 8, 60), Word.TOO_LITTLE),  # more, though not for sure
        (Rate(1000, 20, 60), Word.NOT_FIXED),
        (Rate(1000, 50, 60), Word.NOT_FIXED),
        (Rate(1000, 0, 29), Word.TOO_LITTLE),
        (Rate(1000, 50, 9), Word.TOO_LITTLE),
        (Rate(49, 20, 60), Word.TOO_LITTLE),
        (Rate(99, 0, 6), Word.TOO_LITTLE),
        (Rate(0, 0, 60), Word.TOO_LITTLE),
    ],
)
def test_the_word_follows_what_is_left_and_how_sure_that_is(after, word):
    assert judge(replace(FIXED, after=after)).word == word


def test_what_failed_as_much_before_the_trouble_is_fixed_when_it_is_back_there():
    usual = replace(FIXED, normal=Rate(1000, 10, 60), after=Rate(1000, 9, 60))
    assert judge(usual).word == Word.VERIFIED
    assert judge(replace(usual, normal=GOOD)).word == Word.TOO_LITTLE


def test_too_few_expected_failures_prove_nothing_however_many_calls():
    rare = Rate(10_000, 10, 600)
    assert judge(replace(FIXED, trouble=rare, during=rare, after=Rate(4000, 0, 240))).word == Word.TOO_LITTLE
    assert judge(replace(FIXED, trouble=rare, during=rare, after=Rate(8000, 0, 480))).word == Word.VERIFIED


def test_doubts_lower_the_confidence():
    assert judge(FIXED).confidence == 0.99
    assert judge(replace(FIXED, just_before=Rate(200, 0, 30))).confidence == 0.7
    said = judge(replace(FIXED, reports_after=2))
    assert (said.confidence, "2 reports speak of a time after it." in said.reason) == (0.6, True)


@pytest.mark.parametrize("symptom", [Symptom.SLOW, Symptom.BAD_ANSWERS])
@pytest.mark.parametrize(
    ("normal", "during", "after", "word"),
    [
        (Rate(9000, 180, 1440), Rate(1000, 20, 60), Rate(1000, 20, 60), Word.UNSEEN),
        (
            Rate(900_000, 18_000, 1440),
            Rate(90_000, 1980, 60),
            Rate(90_000, 1980, 60),
            Word.UNSEEN,
        ),  # sure, but no trouble
        (Rate(9000, 180, 1440), Rate(1000, 20, 60), Rate(1000, 400, 60), Word.NOT_FIXED),
        (Rate(9000, 180, 1440), Rate(1000, 400, 60), Rate(1000, 400, 60), Word.NOT_FIXED),
        (Rate(9000, 3600, 1440), Rate(1000, 400, 60), Rate(1000, 10, 60), Word.VERIFIED),  # it began before it was told
        (Rate(9000, 3600, 1440), Rate(1000, 400, 60), Rate(1000, 200, 60), Word.NOT_FIXED),
        (Rate(20, 1, 1440), Rate(1000, 20, 60), Rate(1000, 20, 60), Word.NOT_FIXED),  # nothing says what is usual
    ],
)
def test_what_is_slow_or_rated_bad_as_ever_neither_was_the_trouble_nor_shows_that_it_stays(
    symptom, normal, during, after, word
):
    said = judge(Facts(during, during, False, during, normal, after, symptom=symptom))  # noqa: FBT003
    assert said.word == word, said.reason
    assert ("than usual (2.00%, then 2." in said.reason) == (word == Word.UNSEEN)


def test_calls_that_fail_as_ever_still_fail():
    assert judge(replace(FIXED, normal=TROUBLE, after=TROUBLE)).word == Word.NOT_FIXED


def test_a_rise_elsewhere_is_told_with_a_fix_that_holds_and_with_one_that_does_not():
    rise = Rise("search", "GET", "/search", 5, 500, 1, 500, 40, 1e-9)
    for after, word in ((GOOD, Word.SIDE_EFFECT), (TROUBLE, Word.NOT_FIXED)):
        said = judge(replace(FIXED, after=after, rises=[rise]))
        assert (said.word, "GET /search of search, 5xx rose from 0.20% to 8.00%" in said.reason) == (word, True)


@pytest.mark.parametrize(("number", "expected"), [(0, 3.0), (700, 600.0), (5, 0.0), (2000, 501.0)])
def test_chances_stay_between_nought_and_one(number, expected):
    assert 0 <= chance_of_so_many(number, expected) <= 1


def test_chance_of_so_many_is_that_of_poisson():
    assert chance_of_so_many(1, 1.0) == pytest.approx(0.632, abs=0.001)
    assert chance_of_so_many(10, 3.0) == pytest.approx(0.0011, abs=0.0001)


@pytest.mark.parametrize(("one", "other"), [("v1.8.3", "1.8.3"), ("V2", "2"), ("prompt 15", "Prompt-15")])
def test_a_release_is_one_however_it_is_written(one, other):
    assert release_name(one) == release_name(other)


def test_a_word_that_begins_with_v_is_no_version():
    assert release_name("vega") == "vega"
