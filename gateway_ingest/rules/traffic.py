"""This module holds what a rule may know of a key's traffic in some minutes, and measures it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import lru_cache

from gateway_ingest.rules.rule import Against, Measure, Rule


@dataclass(frozen=True)
class Traffic:
    """What was counted in some minutes of one key. `p95_ms` is None where nothing was timed; `p95_at_least_ms` is what it
    is for sure, however few the calls are.

    `errors` are answers of 500 and above, `unavailable` 503 and 504, `malformed` 400 and 422, `refused` 401 and 403,
    `limited` 429. `spent` and `budget` are of the day so far, in the same currency. `figure` is what some rules look at
    instead of counts; `calls` is then how many cases it rests on.
    """

    minutes: int
    calls: int = 0
    errors: int = 0
    unavailable: int = 0
    malformed: int = 0
    refused: int = 0
    limited: int = 0
    provider_errors: int = 0
    flagged: int = 0
    forgot: int = 0
    tokens: int = 0
    p95_ms: float | None = None
    p95_at_least_ms: float | None = None
    spent: float = 0.0
    budget: float = 0.0
    figure: float | None = None

    def __post_init__(self) -> None:
        if self.minutes < 1 or any((getattr(self, one.name) or 0) < 0 for one in fields(self)):
            raise ValueError("Traffic covers a minute or more and counts nothing below zero.")


def _share(part: Callable[[Traffic], int]) -> Callable[[Traffic], float | None]:
    return lambda traffic: part(traffic) / traffic.calls if traffic.calls else None


_MEASURES: dict[Measure, Callable[[Traffic], float | None]] = {
    Measure.ERROR_SHARE: _share(lambda traffic: traffic.errors),
    Measure.UNAVAILABLE_SHARE: _share(lambda traffic: traffic.unavailable),
    Measure.LIMITED_SHARE: _share(lambda traffic: traffic.limited),
    Measure.PROVIDER_ERROR_SHARE: _share(lambda traffic: traffic.provider_errors),
    Measure.P95_MS: lambda traffic: traffic.p95_ms,
    Measure.MALFORMED: lambda traffic: traffic.malformed / traffic.minutes,
    Measure.REFUSED: lambda traffic: traffic.refused / traffic.minutes,
    Measure.CALLS: lambda traffic: traffic.calls / traffic.minutes,
    Measure.TOKENS_A_CALL: lambda traffic: traffic.tokens / traffic.calls if traffic.calls else None,
    Measure.SPENT_SHARE: lambda traffic: traffic.spent / traffic.budget if traffic.budget else None,
    Measure.FLAGGED: lambda traffic: float(traffic.flagged),
    Measure.FORGOT: lambda traffic: float(traffic.forgot),
    Measure.RATING_CHANCE: lambda traffic: traffic.figure,
    Measure.SILENCE: lambda traffic: traffic.figure,
    Measure.SURPRISE: lambda traffic: traffic.figure,
    Measure.DAYS_LEFT: lambda traffic: traffic.figure,
}
# Where none is usual, so many a minute are taken as usual: the first wrong call of a month is no surge. Gateways tell
# times in whole milliseconds, so what is faster than some of them is rather rounding than regression.
LEAST_USUAL = {Measure.MALFORMED: 1.0, Measure.REFUSED: 1.0, Measure.P95_MS: 5.0}


def measured(rule: Rule, traffic: Traffic, *, usual: float | None) -> float | None:
    """The figure the rule's limits are held against; None where there is nothing to say.

    `usual` is the same measure in the same hour of other weeks, or the target that was set.
    """
    value = plain(rule.measure, traffic)
    if value is None or rule.against is Against.ITSELF:
        return value
    return value / usual if usual else None


def plain(measure: Measure, traffic: Traffic) -> float | None:
    """The figure in its own unit."""
    return _MEASURES[measure](traffic)


def cases(rule: Rule, traffic: Traffic, *, usual: float | None) -> float:
    """How many cases the figure rests on: the calls there were, or those there should have been."""
    if rule.measure is Measure.CALLS:
        return (usual or 0.0) * traffic.minutes
    return traffic.calls


_ACCIDENT = 0.001  # a launch looks at hundreds of routes and components every minute
_FEW = 200.0  # of more, half as many are no accident


def is_no_accident(rule: Rule, traffic: Traffic, *, usual: float | None) -> bool:
    """Whether chance alone hardly makes so few calls differ so much from what is usual.

    The slowest of a few calls are slow and a few calls often come unevenly: a figure read from them is held against what
    it is for sure. What is counted is told as it is.
    """
    if rule.measure is Measure.P95_MS and traffic.p95_at_least_ms is not None:
        sure = measured(rule, replace(traffic, p95_ms=traffic.p95_at_least_ms), usual=usual)
        return sure is not None and rule.step_at(sure) is not None
    if rule.measure is Measure.CALLS and rule.below:
        expected = (usual or 0.0) * traffic.minutes
        return expected > _FEW or _chance_of_so_few(traffic.calls, expected) <= _ACCIDENT / 10
    return True


def _chance_of_so_few(seen: int, expected: float) -> float:
    """How likely as few calls or fewer come, each for itself, where so many are expected."""
    term = total = math.exp(-expected)
    for number in range(1, min(seen, int(expected)) + 1):
        term *= expected / number
        total += term
    return total


@lru_cache(4096)
def slowest_calls(number: int) -> int:
    """So many of some calls are hardly ever slower than what is truly their 95th percentile, by chance alone."""
    expected = 0.05 * number
    if expected > _FEW:
        return math.ceil(expected + 3.1 * math.sqrt(expected) + 1)
    term = math.exp(-expected)
    rest, found = 1.0 - term, 1
    while rest > _ACCIDENT:
        term *= expected / found
        rest -= term
        found += 1
    return found
