"""This module places issues in the plot of impact against effort: what is quick to win, and what is better left."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from triage.models import Issue

WIDTH, HEIGHT, EDGE = 640.0, 360.0, 28.0
# Impact from 0.25 to 3 and effort from a tenth of a week to a year, both on logarithmic scales.
_IMPACTS, _EFFORTS = (0.25, 3.0), (0.1, 52.0)
SPLIT_IMPACT, SPLIT_EFFORT = 1.0, 1.0
_SMALLEST, _LARGEST = 7.0, 22.0

NAMES: dict[tuple[bool, bool], str | Promise] = {
    (True, True): _("Quick wins"),
    (True, False): _("Big bets"),
    (False, True): _("Fill in"),
    (False, False): _("Leave for later"),
}


@dataclass(frozen=True)
class Dot:
    """Issues of one impact and effort: where they stand in the plot, and how large they are drawn."""

    x: float
    y: float
    radius: float
    impact: float
    effort: float
    issues: tuple[Issue, ...]

    @property
    def name(self) -> str | Promise:
        """The quadrant it stands in."""
        return NAMES[self.impact >= SPLIT_IMPACT, self.effort <= SPLIT_EFFORT]

    @property
    def key_y(self) -> float:
        """Where its name stands, clear of it."""
        return round(self.y - self.radius - 4, 1)

    @property
    def first(self) -> Issue:
        """The one that comes first."""
        return self.issues[0]

    @property
    def version(self) -> int:
        """Its version, for whoever moves it."""
        return self.issues[0].version

    @property
    def more(self) -> int:
        """How many stand there beside it."""
        return len(self.issues) - 1


def scale() -> dict[str, Any]:
    """What a script needs to place a dot by the same scales."""
    return {"width": WIDTH, "height": HEIGHT, "edge": EDGE, "impacts": _IMPACTS, "efforts": _EFFORTS}


def dots_of(issues: Iterable[Issue]) -> list[Dot]:
    """The plot of issues that come in the order of their rank."""
    places: dict[tuple[float, float], list[Issue]] = {}
    for issue in issues:
        places.setdefault((issue.rice_impact, issue.rice_effort), []).append(issue)
    return [_dot(impact, effort, tuple(there)) for (impact, effort), there in places.items()]


def x_of(effort: float) -> float:
    """Little effort stands left."""
    return round(EDGE + (WIDTH - 2 * EDGE) * _share(effort, *_EFFORTS), 1)


def y_of(impact: float) -> float:
    """Much impact stands above."""
    return round(HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * _share(impact, *_IMPACTS), 1)


def _dot(impact: float, effort: float, issues: tuple[Issue, ...]) -> Dot:
    radius = min(_SMALLEST + 3 * math.log2(len(issues)), _LARGEST)
    return Dot(x_of(effort), y_of(impact), round(radius, 1), impact, effort, issues)


def _share(value: float, low: float, high: float) -> float:
    held = min(max(value, low), high)
    return math.log(held / low) / math.log(high / low)
