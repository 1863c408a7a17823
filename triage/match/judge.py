"""This module says how probable it is that a report and an issue are one problem: by the shipped weights or a launch's own.

A launch's own weights are a version of the model `matching`, learned from what its people answered.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from operator import mul
from typing import Any

from triage.match.nearest import Near
from triage.models import ModelVersion, Standing

NAME = "matching"
# What is known of a candidate, in the order of the weights.
FEATURES = ("there", "back", "apart", "same_component", "other_component", "trace", "release", "soon", "days_between")
Features = tuple[float, ...]
LIKELY = 0.5
SOON_HOURS = 72


@dataclass(frozen=True)
class Judge:
    """Logistic weights of the features; from `merge_at` on, an issue may be merged without asking."""

    bias: float
    weights: tuple[float, ...]
    merge_at: float | None = None
    number: int = 0

    def probability(self, features: Features) -> float:
        """That they are one problem, 0 to 1."""
        return 1 / (1 + math.exp(-max(min(self._total(features), 50.0), -50.0)))

    def score(self, features: Features) -> float:
        """What is ranked by and shown: the probability where it was learned, else what the texts share and what adds to it."""
        shown = self.probability(features) if self.number else self._total(features) / _STEEP + _EVEN
        return round(min(max(shown, 0.0), 1.0), 4)

    def _total(self, features: Features) -> float:
        return float(self.bias + sum(map(mul, self.weights, features)))

    def merges(self, features: Features, *, beyond_doubt: bool) -> bool:
        """Whether that is enough to merge without asking; by the shipped rule until the launch's own answers say better."""
        return beyond_doubt if self.merge_at is None else self.probability(features) >= self.merge_at

    def as_json(self) -> dict[str, Any]:
        """As it is stored with its version."""
        named = dict(zip(FEATURES, self.weights, strict=True))
        return {"bias": self.bias, "weights": named, "merge_at": self.merge_at}


# What the texts share, from both sides, and what component, request, release and time add; at .4 it is even.
_STEEP, _EVEN = 10.0, 0.4
SHIPPED = Judge(-_STEEP * _EVEN, tuple(_STEEP * share for share in (0.5, 0.5, 0, 0.06, -0.06, 0.2, 0.04, 0.04, 0)))


def judge_of(launch_id: int) -> Judge:
    """The champion of a launch, else the shipped one."""
    own = ModelVersion.objects.filter(name=NAME, launch=launch_id, standing=Standing.CHAMPION).first()
    return of_version(own) if own else SHIPPED


def of_version(version: ModelVersion) -> Judge:
    """The weights that a version holds; a feature that it does not know counts nothing."""
    told: Mapping[str, Any] = version.figures["judge"]
    weights = tuple(float(told["weights"].get(name, 0.0)) for name in FEATURES)
    return Judge(float(told["bias"]), weights, told["merge_at"], version.number)


def features_of(near: Near, evidence: Mapping[str, Any]) -> Features:
    """What is weighed of a candidate."""
    return (
        near.there,
        near.back,
        near.apart,
        float(evidence["component"] is True),
        float(evidence["component"] is False),
        float(evidence["trace"]),
        float(evidence["release"]),
        float(evidence["hours"] <= SOON_HOURS),
        math.log1p(evidence["hours"] / 24),
    )
