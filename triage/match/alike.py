"""This module says how probable it is that a report tells the same problem as an issue, from how alike their words are."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

MEAN_OF = 3

# Logistic weights, fitted by `manage.py evaluate matcher --problems tests/data/forty_problems.json --fit`.
BIAS, NEAREST, MEAN, SAME_COMPONENT, OTHER_COMPONENT, SAME_CATEGORY, OTHER_CATEGORY = -4.5, 12.0, 6.0, 0.8, -1.2, 0.4, -0.3
JOIN_THRESHOLD = 0.5
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
        few = self.cosines[:MEAN_OF]
        return sum(few) / len(few)

    def features(self) -> tuple[float, ...]:
        """The numbers that the weights belong to."""
        return (
            self.nearest,
            self.mean,
            float(self.same_component is True),
            float(self.same_component is False),
            float(self.same_category is True),
            float(self.same_category is False),
        )


def probability(likeness: Likeness) -> float:
    """The calibrated probability of one and the same problem."""
    weights = (NEAREST, MEAN, SAME_COMPONENT, OTHER_COMPONENT, SAME_CATEGORY, OTHER_CATEGORY)
    total = BIAS + sum(weight * value for weight, value in zip(weights, likeness.features(), strict=True))
    return 1 / (1 + math.exp(-total))


def same(one: object, other: object) -> bool | None:
    """Whether two known values are the same; None where one of them is unknown."""
    return None if not one or not other else one == other


def nearest_first(cosines: Sequence[float]) -> tuple[float, ...]:
    """Only what a likeness needs of many cosines."""
    return tuple(sorted(cosines, reverse=True)[:MEAN_OF])
