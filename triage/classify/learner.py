"""This module learns a field from texts: a linear model whose margins become honest probabilities."""

from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from triage.classify.calibration import (
    PLAIN,
    Calibration,
    Floats,
    calibration_error,
    error_of_perfect_confidence,
    fit_calibration,
    fit_lone_words,
)
from triage.classify.reading import Counted, Rows

Labels = Sequence[str | None]  # None where nobody said anything

FOLDS = 5
EVEN_MARGIN, TELLING_MARGIN = 0.5, 0.25
TOLERANCE = 1e-3
SMOOTHING = 0.5
STEPS = 127
MOST_TOLD_APART = 24  # more labels than these: the second recipe costs twice the time and was never better
SEED = 20260520


@dataclass(frozen=True)
class Head:
    """What was learned of one field: a row of weights for each label."""

    labels: tuple[str, ...]
    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    calibration: Calibration = PLAIN

    @cached_property
    def deciding(self) -> npt.NDArray[np.float32]:
        """What each feature says for a label, compared with what it says for all of them."""
        return np.asarray(self.weights - self.weights.mean(axis=0), dtype=np.float32)

    def margins(self, features: csr_matrix) -> Floats:
        """How far each text lies on each label's side."""
        return np.asarray(features @ self.weights.T + self.bias, dtype=np.float64)

    def probabilities(self, features: csr_matrix, *, words: Floats | None = None) -> Floats:
        """For each text the probability of each label; fewer words make it less sure."""
        return self.calibration.probabilities(self.margins(features), words=words)

    def rounded(self) -> "Head":
        """The same with weights in whole steps of the largest of each row, as a file keeps them."""
        steps = self.step
        return replace(self, weights=np.rint(self.weights / steps).astype(np.float32) * steps)

    @property
    def step(self) -> npt.NDArray[np.float32]:
        """What one step of each row is worth."""
        largest = np.abs(self.weights).max(axis=1, initial=0, keepdims=True)
        return np.asarray(np.maximum(largest, 1e-9) / STEPS, dtype=np.float32)


class Recipe(StrEnum):
    """How weights are learned: all terms alike, those first that stand oftener with one label, or the mean of both."""

    EVEN = "even"
    TELLING = "telling"
    BOTH = "both"


def fit_head(
    features: csr_matrix,
    labels: Labels,
    *,
    recipe: Recipe = Recipe.EVEN,
    calibration: Calibration = PLAIN,
    heed: Floats | None = None,
) -> Head:
    """Weights for each label by one recipe."""
    return replace(fit_heads(features, labels, recipes=(recipe,), heed=heed)[recipe], calibration=calibration)


def fit_heads(
    features: csr_matrix, labels: Labels, *, recipes: Collection[Recipe], heed: Floats | None = None
) -> dict[Recipe, Head]:
    """Weights for each label by each recipe; two labels get mirrored rows, one label alone is always said.

    A text without a label teaches nothing; `heed` says how much each of the others counts, all alike without it.
    """
    told = told_of(labels)
    if len(told) < len(labels):
        features, labels = features[told], [labels[row] for row in told]
        heed = None if heed is None else heed[told]
    truth = np.asarray([str(label) for label in labels])
    known = tuple(str(label) for label in np.unique(truth))
    if len(known) == 1:
        alone = Head(known, np.zeros((1, features.shape[1]), np.float32), np.zeros(1, np.float32))
        return dict.fromkeys(recipes, alone)
    learned = {
        recipe: fit(features, truth, known, heed)
        for recipe, fit in ((Recipe.EVEN, _even), (Recipe.TELLING, _telling))
        if recipe in recipes or Recipe.BOTH in recipes
    }
    if Recipe.BOTH in recipes:
        learned[Recipe.BOTH] = np.mean(list(learned.values()), axis=0)
    return {recipe: _head(known, learned[recipe]) for recipe in recipes}


def _head(known: tuple[str, ...], learned: Floats) -> Head:
    rows = np.vstack([-learned, learned]) if len(learned) == 1 else learned
    return Head(known, rows[:, :-1].astype(np.float32), rows[:, -1].astype(np.float32))


def told_of(labels: Labels) -> Rows:
    """The numbers of the texts that have a label."""
    return np.flatnonzero([label is not None for label in labels])


def _even(
    features: csr_matrix,
    truth: npt.NDArray[np.str_],
    known: Sequence[str],  # noqa: ARG001
    heed: Floats | None,
) -> Floats:
    """One machine for each label; the last column is the bias."""
    machine = _machine(EVEN_MARGIN).fit(features, truth, sample_weight=heed)
    return np.column_stack([machine.coef_, machine.intercept_])


def _telling(features: csr_matrix, truth: npt.NDArray[np.str_], known: Sequence[str], heed: Floats | None) -> Floats:
    """The same over features stretched by how far they tell the label from the others, as naive Bayes counts it."""
    rows = []
    heard = features if heed is None else features.multiply(heed[:, None]).tocsr()
    for label in known if len(known) > 2 else known[1:]:
        inside = truth == label
        stretch = np.sqrt(np.abs(np.log(_share(heard[inside]) / _share(heard[~inside]))))
        stretched = features.copy()
        stretched.data = features.data * stretch[features.indices].astype(np.float32)
        machine = _machine(TELLING_MARGIN).fit(stretched, inside, sample_weight=heed)
        rows.append(np.append(machine.coef_[0] * stretch, machine.intercept_[0]))
    return np.array(rows)


def _machine(margin: float) -> LinearSVC:
    return LinearSVC(C=margin, class_weight="balanced", tol=TOLERANCE, random_state=SEED)


def _share(features: csr_matrix) -> Floats:
    said = np.asarray(features.maximum(0).sum(axis=0), dtype=np.float64).ravel() + SMOOTHING
    return np.asarray(said / said.sum())


@dataclass(frozen=True)
class Unseen:
    """What the better recipe says of texts it did not learn from, and which fold each text was held out in.

    `lone` is what it says of one word of each; `rows` are the numbers of these texts among all that were given: those
    with a label.
    """

    labels: tuple[str, ...]
    recipe: Recipe
    margins: Floats
    lone: Floats
    truth: npt.NDArray[np.intp]
    fold: npt.NDArray[np.intp]
    rows: Rows

    def part(self, wanted: npt.NDArray[np.bool_]) -> "Unseen":
        """What was said of some of the texts that were given."""
        kept = wanted[self.rows]
        parts = {name: getattr(self, name)[kept] for name in ("margins", "lone", "truth", "fold", "rows")}
        return replace(self, **parts)

    def calibration(self) -> Calibration:
        """Fitted over all folds, for the model that ships."""
        return fit_lone_words(fit_calibration(self.margins, self.truth), self.lone, self.truth)

    def probabilities(self) -> Floats:
        """Probabilities of each fold as the other folds calibrate them, so that no text judges itself."""
        chances = np.empty_like(self.margins)
        for number in np.unique(self.fold):
            inside = self.fold == number
            others = fit_calibration(self.margins[~inside], self.truth[~inside])
            chances[inside] = others.probabilities(self.margins[inside])
        return chances


def folds_of(
    labels: Sequence[str], *, count: int = FOLDS
) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Row numbers to learn from and to test on, each label spread evenly."""
    rare = min(np.unique(np.asarray(labels), return_counts=True)[1])
    splitter = StratifiedKFold(max(2, min(count, int(rare))), shuffle=True, random_state=SEED)
    yield from splitter.split(np.zeros(len(labels)), labels)


def cross_validate(
    counted: Counted,
    fields: Mapping[str, Labels],
    *,
    spread_by: str,
    blind_to_opening: Set[str] = frozenset(),
    heed: Mapping[str, Floats] | None = None,
) -> dict[str, Unseen]:
    """For each field what a model says that never saw the text, by the recipe that did best on such texts.

    Behind the texts `counted` holds one word of each.
    """
    tried = {name: _Tried(labels, heed[name] if heed else None) for name, labels in fields.items()}
    fold = np.zeros(len(fields[spread_by]), dtype=np.intp)
    for number, (learned, held) in enumerate(folds_of(_spread(fields[spread_by]))):
        fold[held] = number
        features, whole = counted.learn(learned, then=np.concatenate([learned, held, held + len(fold)]))
        blind = features.without_opening(whole) if blind_to_opening else whole
        ends = len(learned), len(learned) + len(held)
        for name, each in tried.items():
            told = blind if name in blind_to_opening else whole
            each.try_fold(told[: ends[0]], told[ends[0] : ends[1]], told[ends[1] :], learned, held)
    return {name: each.best(fold) for name, each in tried.items()}


def _spread(labels: Labels) -> list[str]:
    """Texts without a label spread with the commonest one."""
    told = [label for label in labels if label is not None]
    commonest = max(sorted(set(told)), key=told.count)
    return [commonest if label is None else label for label in labels]


class _Tried:
    """One field learned by each recipe, fold after fold."""

    def __init__(self, labels: Labels, heed: Floats | None) -> None:
        self.labels = np.asarray(labels, dtype=object)
        self.heed = heed
        self.rows = told_of(labels)
        self.known = tuple(sorted(set(self.labels[self.rows])))
        self.truth = np.searchsorted(self.known, self.labels[self.rows].astype(str))
        recipes = tuple(Recipe) if len(self.known) <= MOST_TOLD_APART else (Recipe.EVEN,)
        self.margins = {recipe: np.full((len(labels), len(self.known)), -1.0) for recipe in recipes}
        self.lone = {recipe: margins.copy() for recipe, margins in self.margins.items()}

    def try_fold(self, seen: csr_matrix, unseen: csr_matrix, lone: csr_matrix, learned: Rows, held: Rows) -> None:
        """Learns from some texts and keeps what it says of the others, and of one word of each."""
        labels = list(self.labels[learned])
        if not len(told_of(labels)):
            return
        heed = None if self.heed is None else self.heed[learned]
        heads = fit_heads(seen, labels, recipes=self.margins, heed=heed)
        for recipe, head in heads.items():
            columns = np.searchsorted(self.known, head.labels)
            self.margins[recipe][held[:, None], columns] = head.margins(unseen)
            self.lone[recipe][held[:, None], columns] = head.margins(lone)

    def best(self, fold: Rows) -> Unseen:
        """What the best recipe said."""
        margins = {recipe: said[self.rows] for recipe, said in self.margins.items()}
        recipe = max(margins, key=lambda each: f1_score(self.truth, margins[each].argmax(1), average="macro"))
        lone = self.lone[recipe][self.rows]
        return Unseen(self.known, recipe, margins[recipe], lone, self.truth, fold[self.rows], self.rows)


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
