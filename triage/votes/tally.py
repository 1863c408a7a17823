"""This module counts ballots: each issue's share, how far apart the voters were on it, and how far they agree in all.

Agreement is how much of what they gave any two voters gave to the same issues, on the mean of all pairs: 1 where all
divided alike, 0 where no two of them have anything in common. One voter alone agrees with nobody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# From here on people call it agreement; below the second they are of different minds.
STRONG, WEAK = 0.7, 0.4
_TOP = 10.0

Given = Mapping[int, int]


@dataclass(frozen=True)
class Result:
    """One issue's share of all that was given, the least and the most that anybody gave it, and how many gave it any."""

    issue: int
    given: int
    share: float
    least: int
    most: int
    supporters: int
    value: float


@dataclass(frozen=True)
class Outcome:
    """All results, the largest first, and how far the voters agree; None of fewer than two."""

    voters: int
    results: tuple[Result, ...]
    agreement: float | None


def count(issues: Sequence[int], ballots: Sequence[Given]) -> Outcome:
    """The outcome of ballots about these issues; a share says the same of 100 points and of dots."""
    total = sum(sum(ballot.values()) for ballot in ballots)
    given = {issue: [ballot.get(issue, 0) for ballot in ballots] for issue in issues}
    highest = max((sum(each) for each in given.values()), default=0)
    results = [_result(issue, each, total=total, highest=highest) for issue, each in given.items()]
    return Outcome(
        len(ballots),
        tuple(sorted(results, key=lambda result: -result.given)),
        agreement_of(issues, ballots),
    )


def _result(issue: int, each: Sequence[int], *, total: int, highest: int) -> Result:
    together = sum(each)
    return Result(
        issue=issue,
        given=together,
        share=together / total if total else 0.0,
        least=min(each, default=0),
        most=max(each, default=0),
        supporters=sum(one > 0 for one in each),
        value=round(_TOP * together / highest, 1) if highest else 0.0,
    )


def agreement_of(issues: Sequence[int], ballots: Sequence[Given]) -> float | None:
    """The mean overlap of all pairs of ballots, each taken as shares of its own sum."""
    shares = [
        {issue: part / whole for issue, part in ballot.items()} for ballot in ballots if (whole := sum(ballot.values()))
    ]
    n = len(shares)
    if n < 2:
        return None
    # Of shares in order each is the smaller one of as many pairs as there are larger ones after it.
    overlap = sum(
        part * (n - 1 - place)
        for issue in issues
        for place, part in enumerate(sorted(share.get(issue, 0.0) for share in shares))
    )
    return overlap / (n * (n - 1) / 2)
