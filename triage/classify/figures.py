"""This module counts how right answers were, in all and class by class."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support

from triage.classify.calibration import Floats, calibration_error, error_of_perfect_confidence


def by_class(truth: Sequence[str], said: Sequence[str]) -> dict[str, dict[str, float]]:
    """Of each class how many texts it had, and precision, recall and F1; who says nothing says no class."""
    known = sorted((set(truth) | set(said)) - {""})
    precision, recall, score, texts = precision_recall_fscore_support(truth, said, labels=known, zero_division=0)
    return {
        label: {
            "texts": int(texts[at]),
            "precision": round(float(precision[at]), 4),
            "recall": round(float(recall[at]), 4),
            "f1": round(float(score[at]), 4),
        }
        for at, label in enumerate(known)
    }


def figures_of(chances: Floats, truth: npt.NDArray[np.intp]) -> dict[str, float]:
    """Macro F1, accuracy, calibration error, and what is left and how right it is where the model is sure."""
    said, sure = chances.argmax(axis=1), chances.max(axis=1)
    applied = sure >= 0.60
    return {
        "macro_f1": round(float(f1_score(truth, said, average="macro")), 4),
        "accuracy": round(float(accuracy_score(truth, said)), 4),
        "expected_calibration_error": round(calibration_error(sure, said == truth), 4),
        "error_of_perfect_confidence": round(error_of_perfect_confidence(sure), 4),
        "applied_share": round(float(applied.mean()), 4),
        "applied_accuracy": round(float((said == truth)[applied].mean()), 4) if applied.any() else 0.0,
    }
