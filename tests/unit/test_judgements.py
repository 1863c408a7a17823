"""What speaks for noise, for a training gap and for a defect, and where nothing speaks clearly enough."""

import pytest

from triage.nature import noise, training
from triage.nature.facts import Facts
from triage.nature.judgement import opposite


def value(judgement):
    return judgement.value if judgement else None


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(people=1, reporters=1, reached=40), "genuine"),
        (Facts(machines=1, alerts=1, episodes=9, noisy_episodes=9, reached=3), "genuine"),
        (Facts(people=3, reporters=3), "genuine"),
        (Facts(people=3, reporters=1), None),
        (Facts(machines=4, alerts=1, episodes=4, noisy_episodes=2), "noise"),
        (Facts(machines=4, alerts=1, episodes=4, noisy_episodes=1), None),
        (Facts(machines=2, alerts=1, episodes=2, noisy_episodes=2), None),
        (Facts(people=1, machines=4, reporters=1, alerts=1, episodes=4, noisy_episodes=4), None),
        (Facts(people=2, meaningless=2), "noise"),
        (Facts(people=2, meaningless=1), None),
        (Facts(people=2, meaningless=2, saw_errors=1), None),
        (Facts(), None),
    ],
)
def test_noise_is_told_from_what_is_genuine(facts, expected):
    assert value(noise.judge(facts)) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(people=5, categories={"question": 3, "usability": 2}), "training_gap"),
        (Facts(people=5, categories={"question": 2, "bug": 3}), None),
        (Facts(people=5, saw_errors=2, categories={"question": 5}), "defect"),
        (Facts(people=5, saw_errors=1, categories={"question": 5}), None),
        (Facts(people=9, categories={"question": 1}), None),
        (Facts(people=2, alarming=1, categories={"question": 2}), None),
        (Facts(people=5, reached=12, categories={"question": 5}), "defect"),
        (Facts(machines=5, reached=12), None),
    ],
)
def test_training_gap_is_told_from_a_defect(facts, expected):
    assert value(training.judge(facts)) == expected


def test_more_who_ask_the_same_make_it_surer_and_the_reason_counts_them():
    few = training.judge(Facts(people=1, categories={"question": 1}))
    many = training.judge(Facts(people=9, categories={"training_gap": 8, "bug": 1}))
    assert few.confidence < many.confidence <= 0.9
    assert many.reason.startswith("8 of 9 reports ask")


@pytest.mark.parametrize(("said", "refused"), [("noise", "genuine"), ("defect", "training_gap"), ("IS-7", "cause")])
def test_no_means_the_opposite(said, refused):
    assert opposite(said) == refused
