"""This module says whether a theme is rising: whether more of its reports are recent than chance would make them.

Each theme is held against all other reports of the same days: were it like them, each of its reports would fall among
the recent days as often as theirs do. The chance of so many, or so few, is the binomial's; looking at many themes makes
some look special by chance alone, so the chances are corrected (Benjamini and Hochberg).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import binom, false_discovery_control

from triage.models.theme import Course

RECENT_DAYS = 3
FEWEST_DAYS = 7
FEWEST_RECENT = 5
LIKELY_CHANCE = 0.05


@dataclass(frozen=True)
class Trend:
    """How many reports are recent, how many were to be expected, and how likely chance alone does that."""

    recent: int
    expected: float
    chance: float
    course: Course


def trends(themes: Sequence[Sequence[int]], of_all: Sequence[int]) -> list[Trend]:
    """The trend of each theme, told by its reports of each day beside all reports of each day, the newest last."""
    told = [_recent_of(days, of_all) for days in themes]
    chances = [chance for recent, count, share in told for chance in _tails(recent, count, share)]
    corrected = list(false_discovery_control(chances)) if chances else []
    return [
        _trend(recent, count * share, more=float(corrected[2 * at]), fewer=float(corrected[2 * at + 1]))
        for at, (recent, count, share) in enumerate(told)
    ]


def _recent_of(days: Sequence[int], of_all: Sequence[int]) -> tuple[int, int, float]:
    """Recent reports, all reports, and the share of the recent days among the reports of no theme or another."""
    recent, count = sum(days[-RECENT_DAYS:]), sum(days)
    others_recent, others = sum(of_all[-RECENT_DAYS:]) - recent, sum(of_all) - count
    # One more for each day, as if every day had one report of its own: few reports say little.
    return recent, count, (others_recent + RECENT_DAYS) / (others + len(of_all))


def _tails(recent: int, count: int, share: float) -> tuple[float, float]:
    return float(binom.sf(recent - 1, count, share)), float(binom.cdf(recent, count, share))


def _trend(recent: int, expected: float, *, more: float, fewer: float) -> Trend:
    if more < LIKELY_CHANCE and recent >= FEWEST_RECENT:
        return Trend(recent, expected, more, Course.RISING)
    if fewer < LIKELY_CHANCE and expected >= FEWEST_RECENT:
        return Trend(recent, expected, fewer, Course.FALLING)
    return Trend(recent, expected, min(more, fewer), Course.STEADY)
