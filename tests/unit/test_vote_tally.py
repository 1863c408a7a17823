"""This module tests how ballots add up, and how far voters agree."""

import pytest

from triage.votes.tally import agreement_of, count


def test_shares_add_up_and_the_first_is_worth_ten():
    outcome = count([1, 2, 3], [{1: 60, 2: 40}, {1: 20, 2: 80}])
    assert [(one.issue, one.given, one.share) for one in outcome.results] == [(2, 120, 0.6), (1, 80, 0.4), (3, 0, 0.0)]
    assert [one.value for one in outcome.results] == [10.0, 6.7, 0.0]
    assert [(one.least, one.most, one.supporters) for one in outcome.results] == [(40, 80, 2), (20, 60, 2), (0, 0, 0)]


def test_nobody_voted_is_an_outcome_too():
    outcome = count([1, 2], [])
    assert (outcome.voters, outcome.agreement, [one.share for one in outcome.results]) == (0, None, [0.0, 0.0])


@pytest.mark.parametrize(
    ("ballots", "agreement"),
    [
        ([{1: 50, 2: 50}, {1: 50, 2: 50}, {1: 50, 2: 50}], 1.0),
        ([{1: 100}, {2: 100}], 0.0),
        ([{1: 60, 2: 40}, {1: 20, 2: 80}], 0.6),
        ([{1: 5}, {1: 1}], 1.0),  # dots that were not all given count by their share
        ([{1: 100}, {1: 100}, {2: 100}], 1 / 3),
        ([{1: 100}], None),
    ],
)
def test_agreement_is_the_mean_overlap_of_all_pairs(ballots, agreement):
    assert agreement_of([1, 2], ballots) == (agreement if agreement is None else pytest.approx(agreement))
