"""This module teaches the product's learner public sets and a plain scikit-learn pipeline the same folds, set by set."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.svm import LinearSVC

from benchmarks.figures import show
from benchmarks.texts import add_data_option
from triage.classify.evaluation import YES, Labelled, evaluate_held_out, read_labelled
from triage.classify.learner import folds_of

MEASURES = "what the learner says of public texts that it had not seen, by five-fold cross-validation over each file"
REFERENCE = (
    "words, pairs of words and pieces of three to five letters by TF-IDF and a balanced linear SVM of scikit-learn, in "
    "the same folds; the ratio is the mean over the sets of our wrong part to its wrong part, so less is better"
)
_FOLDS = 5
_LONGEST = 2000


@dataclass(frozen=True)
class Set:
    """A labelled file and the figure that is usual for it."""

    file: str
    text: tuple[str, ...]
    label: str
    figure: str
    group: str | None = None
    positive: frozenset[str] = frozenset()


SETS = {
    "nlbse24": Set("nlbse24_issue_train.csv.gz", ("title", "body"), "label", "macro_f1", group="repo"),
    "banking77": Set("banking77_train.csv.gz", ("text",), "category", "accuracy"),
    "senti4sd": Set("senti4sd_train.csv.gz", ("text",), "polarity", "macro_f1"),
    "app_reviews": Set("appreviews_train.csv.gz", ("review",), "label", "macro_f1"),
    "firefox_routing": Set("routing_firefox_train.csv.gz", ("title", "text"), "component", "accuracy"),
    "mozilla_severe": Set(
        "severity_mozilla_train.csv.gz",
        ("summary", "description"),
        "severity",
        "auc",
        positive=frozenset({"blocker", "critical", "major"}),
    ),
    "nasa_pits": Set("severity_nasapits_train.csv.gz", ("Subject", "Description"), "Severity", "macro_f1"),
}


def main(options: Sequence[str]) -> None:
    """Measures the chosen sets and prints both figures of each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks classifier_on_real_sets", description=MEASURES)
    add_data_option(parser)
    parser.add_argument("--only", nargs="*", choices=list(SETS), default=list(SETS))
    parser.add_argument("--semantic", action="store_true", help="ours by meaning too, with the semantic extra")
    chosen = parser.parse_args(options)
    figures = {name: _both(chosen.data / "texts", SETS[name], semantic=chosen.semantic) for name in chosen.only}
    wrong = [(1 - float(each["ours"])) / (1 - float(each["plain"])) for each in figures.values()]
    show("classifier_on_real_sets", MEASURES, reference=REFERENCE, ratio=float(np.mean(wrong)), goal=None, **figures)


def _both(folder: Path, one: Set, *, semantic: bool) -> dict[str, float | str]:
    texts = read_labelled(folder / one.file, text=one.text, label=one.label, group=one.group)
    ours = evaluate_held_out(texts, folds=_FOLDS, positive=one.positive, semantic=semantic)
    asked = texts.asked(one.positive) if one.positive else texts
    plain = [_plain(asked.of_group(name), _SCORE[one.figure]) for name in sorted(set(texts.groups))]
    return {
        "figure": one.figure,
        "ours": float(ours[one.figure]),
        "plain": round(float(np.mean(plain)), 4),
        "calibration_error": float(ours["expected_calibration_error"]),
        "calibration_error_by_chance": float(ours["error_of_perfect_confidence"]),
    }


def _plain(texts: Labelled, score: Callable[[Pipeline, list[str], list[str]], float]) -> float:
    """The mean over the folds."""
    said = [f"{row.title}\n{row.body}".strip()[:_LONGEST] for row in texts.rows]
    scores = []
    for learned, held in folds_of(texts.labels, count=_FOLDS):
        pipeline = _pipeline().fit([said[row] for row in learned], [texts.labels[row] for row in learned])
        scores.append(score(pipeline, [said[row] for row in held], [texts.labels[row] for row in held]))
    return float(np.mean(scores))


def _pipeline() -> Pipeline:
    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2)
    pieces = TfidfVectorizer(sublinear_tf=True, analyzer="char_wb", ngram_range=(3, 5), min_df=2)
    return make_pipeline(make_union(words, pieces), LinearSVC(class_weight="balanced"))


def _auc(pipeline: Pipeline, texts: list[str], truth: list[str]) -> float:
    towards_yes = pipeline.decision_function(texts) * (1 if pipeline.classes_[1] == YES else -1)
    return float(roc_auc_score([label == YES for label in truth], towards_yes))


_SCORE: dict[str, Callable[[Pipeline, list[str], list[str]], float]] = {
    "macro_f1": lambda pipeline, texts, truth: float(f1_score(truth, pipeline.predict(texts), average="macro")),
    "accuracy": lambda pipeline, texts, truth: float(accuracy_score(truth, pipeline.predict(texts))),
    "auc": _auc,
}
