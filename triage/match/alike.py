"""This module says how probable it is that a report tells the same problem as an issue, from what they share."""

import math
from dataclasses import dataclass
from operator import mul

MEAN_OF = 3


@dataclass(frozen=True)
class Weights:
    """Logistic weights of a likeness's features, and from which probability a report joins."""

    bias: float
    nearest: float
    mean: float
    same_component: float
    other_component: float
    same_category: float
    other_category: float
    join_at: float

    @property
    def slopes(self) -> tuple[float, ...]:
        """The weights of a likeness's features, in their order."""
        return (
            self.nearest,
            self.mean,
            self.same_component,
            self.other_component,
            self.same_category,
            self.other_category,
        )


# Fitted by: manage.py evaluate matcher --problems tests/data/forty_problems.json --fit
FITTED = Weights(
    bias=-5.34,
    nearest=13.97,
    mean=9.23,
    same_component=2.79,
    other_component=-5.24,
    same_category=1.37,
    other_category=-1.16,
    join_at=0.25,
)
JOIN_THRESHOLD = FITTED.join_at
ALERT_THRESHOLD = 0.85


@dataclass(frozen=True)
class Likeness:
    """What is known of a report beside an issue. Components and categories are compared only where both are known."""

    cosines: tuple[float, ...]
    same_component: bool | None
    same_category: bool | None

    @property
    def nearest(self) -> float:
        """Cosine to the nearest telling."""
        return self.cosines[0]

    @property
    def mean(self) -> float:
        """Mean cosine to the nearest few."""
        return sum(self.cosines) / len(self.cosines)

    def features(self) -> tuple[float, ...]:
        """The numbers that the weights belong to, in their order."""
        return (
            self.nearest,
            self.mean,
            float(self.same_component is True),
            float(self.same_component is False),
            float(self.same_category is True),
            float(self.same_category is False),
        )


def probability(likeness: Likeness, weights: Weights = FITTED) -> float:
    """The calibrated probability of one and the same problem."""
    total = weights.bias + sum(map(mul, weights.slopes, likeness.features()))
    return float(1 / (1 + math.exp(-total)))


def same(one: object, other: object) -> bool | None:
    """Whether two known values are the same; None where one of them is unknown."""
    return None if not one or not other else one == other
