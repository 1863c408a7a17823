"""What answers about pairs of issues teach: weights near the shipped ones, bounded voices, and a floor for merging."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from triage.learn.sameness import FEWEST_MERGED, Answered, figures_of, is_right, learn, meet, merge_at
from triage.match.judge import FEATURES, SHIPPED

START = datetime(2026, 5, 1, tzinfo=UTC)


def candidate(**known):
    return tuple(float(known.get(name, 0.3)) for name in FEATURES)


# People here merge what is near in time, whatever it shares; the shipped weights look at the words.
NEAR, FAR = candidate(there=0.2, back=0.2, days_between=0.1), candidate(there=0.4, back=0.4, days_between=5)


def answer(number, *, is_same=True, asked=None, voice=None):
    at = START + timedelta(hours=number)
    place = (0 if is_same else 1) if asked is None else asked
    return Answered((NEAR, FAR), place, is_same, voice or f"user:{number % 4}", at)


def test_what_people_call_the_same_comes_first_after_some_dozens_of_answers():
    taught = learn([answer(number, is_same=number % 3 > 0) for number in range(60)])
    assert SHIPPED.probability(FAR) > SHIPPED.probability(NEAR)
    assert taught.probability(NEAR) > taught.probability(FAR)
    held = [answer(number, is_same=number % 2 == 0) for number in range(40)]
    assert meet(SHIPPED, taught, held).is_better


def test_spree_of_one_person_moves_less_than_the_same_said_by_many():
    many = learn([answer(number) for number in range(400)])
    spree = learn([answer(number, voice="user:1") for number in range(400)])
    gap = [judge.probability(NEAR) - judge.probability(FAR) for judge in (SHIPPED, spree, many)]
    assert gap[0] < gap[1] < gap[2]


def test_nothing_is_merged_by_weights_that_were_not_right_often_enough():
    judge = replace(SHIPPED, bias=0.0, weights=(0.0,) * (len(FEATURES) - 1) + (-1.0,))
    right = [answer(number) for number in range(FEWEST_MERGED)]
    assert merge_at(judge, right[1:]) is None
    assert merge_at(judge, right) == round(judge.probability(NEAR), 4)
    wrong = [replace(answer(number), asked=1) for number in range(2)]
    assert merge_at(judge, [*right, *wrong]) is None


def test_what_stands_beside_a_refused_one_speaks_neither_for_nor_against_merging():
    judge = replace(SHIPPED, bias=0.0, weights=(0.0,) * (len(FEATURES) - 1) + (-1.0,), merge_at=0.1)
    said = figures_of(judge, [answer(0), answer(1, is_same=False)])
    assert (said["merged"], said["merged_right"], said["first"]) == (1, 1, 1.0)
    assert is_right(judge, answer(1, is_same=False))
