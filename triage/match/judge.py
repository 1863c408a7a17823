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
        total = self.bias + sum(map(mul, self.weights, features))
        return 1 / (1 + math.exp(-max(min(total, 50.0), -50.0)))

    def merges(self, features: Features, *, beyond_doubt: bool) -> bool:
        """Whether that is enough to merge without asking; by the shipped rule until the launch's own answers say better."""
        return beyond_doubt if self.merge_at is None else self.probability(features) >= self.merge_at

    def as_json(self) -> dict[str, Any]:
        """As it is stored with its version."""
        named = dict(zip(FEATURES, self.weights, strict=True))
        return {"bias": self.bias, "weights": named, "merge_at": self.merge_at}


SHIPPED = Judge(-4.0, (5.0, 5.0, 0.0, 0.6, -0.6, 2.0, 0.4, 0.4, 0.0))


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
