"""This module learns a field from texts: a linear model whose margins become honest probabilities."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from triage.classify.features import new_features

Floats = npt.NDArray[np.float64]

FOLDS = 5
BINS = 10
MARGIN_WEIGHT = 0.5
SEED = 20260520


@dataclass(frozen=True)
class Head:
    """What was learned of one field: a row of weights for each label."""

    labels: tuple[str, ...]
    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    temperature: float

    @cached_property
    def deciding(self) -> npt.NDArray[np.float32]:
        """What each feature says for a label, compared with what it says for all of them."""
        return np.asarray(self.weights - self.weights.mean(axis=0), dtype=np.float32)

    def margins(self, features: csr_matrix) -> Floats:
        """How far each text lies on each label's side."""
        return np.asarray(features @ self.weights.T + self.bias, dtype=np.float64)

    def probabilities(self, features: csr_matrix) -> Floats:
        """For each text the probability of each label."""
        return softmax(self.margins(features), temperature=self.temperature)


def softmax(margins: Floats, *, temperature: float) -> Floats:
    """Margins as probabilities; a higher temperature is less sure."""
    scaled = margins / temperature
    grown = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=1, keepdims=True))


def fit_head(features: csr_matrix, labels: Sequence[str], *, temperature: float = 1.0) -> Head:
    """Weights for each label; two labels get mirrored rows, one label alone is always said."""
    known = tuple(sorted(set(labels)))
    if len(known) == 1:
        return Head(known, np.zeros((1, features.shape[1]), np.float32), np.zeros(1, np.float32), temperature)
    learned = LinearSVC(C=MARGIN_WEIGHT, class_weight="balanced", random_state=SEED).fit(features, labels)
    weights, bias = learned.coef_, learned.intercept_
    if len(known) == 2:
        weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
    return Head(known, weights.astype(np.float32), bias.astype(np.float32), temperature)


def fit_temperature(margins: Floats, truth: npt.NDArray[np.intp]) -> float:
    """The temperature at which texts that were not learned from get the likeliest probabilities."""

    def surprise(log_temperature: float) -> float:
        chances = softmax(margins, temperature=float(np.exp(log_temperature)))
        return float(-np.mean(np.log(chances[np.arange(len(truth)), truth] + 1e-12)))

    return float(np.exp(minimize_scalar(surprise, bounds=(-5, 3), method="bounded").x))


@dataclass(frozen=True)
class Unseen:
    """What the model says of texts it did not learn from, and which fold each text was held out in."""

    labels: tuple[str, ...]
    margins: Floats
    truth: npt.NDArray[np.intp]
    fold: npt.NDArray[np.intp]

    def temperature(self) -> float:
        """The temperature over all folds, for the model that ships."""
        return fit_temperature(self.margins, self.truth)

    def probabilities(self) -> Floats:
        """Probabilities of each fold at the temperature of the other folds, so that no text judges itself."""
        chances = np.empty_like(self.margins)
        for number in np.unique(self.fold):
            inside = self.fold == number
            warmth = fit_temperature(self.margins[~inside], self.truth[~inside])
            chances[inside] = softmax(self.margins[inside], temperature=warmth)
        return chances


def folds_of(
    labels: Sequence[str], *, count: int = FOLDS
) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Row numbers to learn from and to test on, each label spread evenly."""
    rare = min(np.unique(np.asarray(labels), return_counts=True)[1])
    splitter = StratifiedKFold(max(2, min(count, int(rare))), shuffle=True, random_state=SEED)
    yield from splitter.split(np.zeros(len(labels)), labels)


def cross_validate(texts: Sequence[str], fields: Mapping[str, Sequence[str]], *, spread_by: str) -> dict[str, Unseen]:
    """For each field what a model says that never saw the text; features are learned inside each fold too."""
    known = {name: tuple(sorted(set(labels))) for name, labels in fields.items()}
    margins = {name: np.full((len(texts), len(labels)), -1.0) for name, labels in known.items()}
    fold = np.zeros(len(texts), dtype=np.intp)
    for number, (learn, held) in enumerate(folds_of(fields[spread_by])):
        fold[held] = number
        features = new_features()
        seen = features.fit_transform([texts[row] for row in learn])
        unseen = features.transform([texts[row] for row in held])
        for name, labels in fields.items():
            head = fit_head(seen, [labels[row] for row in learn])
            columns = [known[name].index(label) for label in head.labels]
            margins[name][held[:, None], columns] = head.margins(unseen)
    truth = {name: np.array([known[name].index(label) for label in labels]) for name, labels in fields.items()}
    return {name: Unseen(known[name], margins[name], truth[name], fold) for name in fields}


def figures_of(chances: Floats, truth: npt.NDArray[np.intp]) -> dict[str, float]:
    """Macro F1, accuracy, calibration error, and what is left and how right it is where the model is sure."""
    said, sure = chances.argmax(axis=1), chances.max(axis=1)
    applied = sure >= 0.60
    return {
        "macro_f1": round(float(f1_score(truth, said, average="macro")), 4),
        "accuracy": round(float(accuracy_score(truth, said)), 4),
        "expected_calibration_error": round(calibration_error(sure, said == truth), 4),
        "applied_share": round(float(applied.mean()), 4),
        "applied_accuracy": round(float((said == truth)[applied].mean()), 4) if applied.any() else 0.0,
    }


def calibration_error(confidence: Floats, correct: npt.NDArray[np.bool_]) -> float:
    """How far confidence and truth lie apart, over ten equal bins of confidence, weighted by their texts."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [
        abs(confidence[bins == number].mean() - correct[bins == number].mean()) * np.mean(bins == number)
        for number in np.unique(bins)
    ]
    return float(sum(gaps))
