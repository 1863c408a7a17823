"""This module says what a judgement of an issue's nature is: a value with a confidence and a reason, never applied by itself."""

from typing import NamedTuple

GENUINE, DEFECT, CAUSE = "genuine", "defect", "cause"
NOISE, TRAINING_GAP = "noise", "training_gap"
UNCLEAR = "unclear"
# The three questions, each a field of a decision, and the answers that name no other issue.
ANSWERS = {
    GENUINE: (GENUINE, NOISE, UNCLEAR),
    DEFECT: (DEFECT, TRAINING_GAP, UNCLEAR),
    CAUSE: (CAUSE, UNCLEAR),
}
FIELDS = tuple(ANSWERS)
_OPPOSITE = {GENUINE: NOISE, NOISE: GENUINE, DEFECT: TRAINING_GAP, TRAINING_GAP: DEFECT, CAUSE: UNCLEAR}


def opposite(value: str) -> str:
    """What a person says who refuses the answer; of a symptom that it is the cause itself."""
    return _OPPOSITE.get(value, CAUSE)


class Judgement(NamedTuple):
    """The likelier answer to one of the questions."""

    field: str
    value: str
    confidence: float
    reason: str
