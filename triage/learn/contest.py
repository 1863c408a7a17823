"""This module lets two models meet on texts that neither has seen, and says which is better and whether that is chance.

What counts is the answer, sure or not. The test is McNemar's, exact and two-sided, over the answers on which exactly one
of the two is right; a challenger wins with p below .05 overall unless it is as clearly worse in any one field.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import f1_score

from hypercare.core.models import Component
from triage.classify.calibration import calibration_error, error_of_perfect_confidence, reliability
from triage.classify.classify import classify
from triage.classify.figures import by_class
from triage.classify.suggestion import Suggestion
from triage.classify.text_model import TextModel
from triage.learn.examples import Example

SIGNIFICANT = 0.05
_BATCH = 200
Said = list[dict[str, Suggestion]]


@dataclass(frozen=True)
class Meeting:
    """On how many answers only the one or only the other was right, and how likely chance alone gives such a gap."""

    gained: int
    lost: int

    @property
    def chance(self) -> float:
        """The p value of McNemar's exact test."""
        differing = self.gained + self.lost
        return float(binomtest(self.gained, differing).pvalue) if differing else 1.0

    @property
    def is_better(self) -> bool:
        """Whether the challenger is better, and not by chance."""
        return self.gained > self.lost and self.chance < SIGNIFICANT

    @property
    def is_worse(self) -> bool:
        """Whether it is worse, and not by chance."""
        return self.lost > self.gained and self.chance < SIGNIFICANT


@dataclass(frozen=True)
class Contest:
    """How two models did on the same texts, in all and field by field."""

    whole: Meeting
    fields: dict[str, Meeting]
    champion: dict[str, Any]
    challenger: dict[str, Any]

    @property
    def is_won(self) -> bool:
        """Whether the challenger may decide from now on."""
        return self.whole.is_better and not any(field.is_worse for field in self.fields.values())


def answers(model: TextModel, held: Sequence[Example], *, components: Sequence[Component] = ()) -> Said:
    """What triage would say by this model, text by text and field by field."""
    reports = [one.report for one in held]
    batches = [reports[begin : begin + _BATCH] for begin in range(0, len(reports), _BATCH)]
    found = [said for batch in batches for said in classify(batch, components, model=model)]
    return [{each.field: each for each in said} for said in found]


def meet(
    champion: TextModel,
    challenger: TextModel,
    held: Sequence[Example],
    *,
    fields: Sequence[str],
    components: Sequence[Component] = (),
) -> Contest:
    """Both models answer for every word that people said; who says nothing is not right."""
    asked = [field for field in fields if any(field in one.words for one in held)]
    one, other = (answers(model, held, components=components) for model in (champion, challenger))
    by_field = {field: _meeting(one, other, held, field) for field in asked}
    whole = Meeting(sum(each.gained for each in by_field.values()), sum(each.lost for each in by_field.values()))
    told = [{field: figures(said, held, field) for field in asked} for said in (one, other)]
    return Contest(whole, by_field, *told)


def _meeting(champion: Said, challenger: Said, held: Sequence[Example], field: str) -> Meeting:
    right = [
        (_value(mine, field) == example.words[field].value, _value(theirs, field) == example.words[field].value)
        for mine, theirs, example in zip(champion, challenger, held, strict=True)
        if field in example.words
    ]
    return Meeting(sum(not old and new for old, new in right), sum(old and not new for old, new in right))


def _value(said: Mapping[str, Suggestion], field: str) -> str:
    return said[field].likeliest if field in said else ""


def figures(said: Said, held: Sequence[Example], field: str) -> dict[str, Any]:
    """How a model did in one field: in all, class by class, and how honest its confidence was."""
    asked = [
        (one, example.words[field].value) for one, example in zip(said, held, strict=True) if field in example.words
    ]
    truth = [value for _said, value in asked]
    values = [_value(one, field) for one, _truth in asked]
    confidence = np.array([one[field].confidence if field in one else 0.0 for one, _truth in asked])
    right = np.array([value == wanted for value, wanted in zip(values, truth, strict=True)])
    sure = np.array([field in one and one[field].applied for one, _truth in asked])
    return {
        "texts": len(asked),
        "accuracy": round(float(right.mean()), 4),
        "macro_f1": round(
            float(f1_score(truth, values, labels=sorted(set(truth)), average="macro", zero_division=0)), 4
        ),
        "applied_share": round(float(sure.mean()), 4),
        "applied_accuracy": round(float(right[sure].mean()), 4) if sure.any() else None,
        "expected_calibration_error": round(calibration_error(confidence, right), 4),
        "error_of_perfect_confidence": round(error_of_perfect_confidence(confidence), 4),
        "reliability": reliability(confidence, right),
        "classes": by_class(truth, values),
    }
