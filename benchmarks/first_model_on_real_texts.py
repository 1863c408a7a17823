"""This module measures the first model, trained on the seed corpus alone, on real texts that it was not made from."""

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

from benchmarks.figures import show
from benchmarks.texts import add_data_option
from feedback.models import Channel, Feedback
from triage.classify.classify import classify
from triage.classify.corpus import read_corpus
from triage.classify.evaluation import read_table
from triage.classify.suggestion import Suggestion
from triage.classify.text_model import TextModel
from triage.classify.train import train

MEASURES = "what triage.classify says of real texts as they are, by a model that saw only the seed corpus"
REFERENCE = "always saying the commonest answer"
_PROBLEMS = (
    "bug performance usability security data_integrity integration ai_quality ai_cost access availability compliance"
)
_KINDS = dict.fromkeys(_PROBLEMS.split(), "problem") | {
    "enhancement": "wish",
    "question": "question",
    "training_gap": "question",
    "documentation": "question",
    "praise": "opinion",
}
_BATCH = 200


@dataclass(frozen=True)
class RealTexts:
    """A labelled file, how its labels are called in our words, and which suggestion answers."""

    file: str
    text: tuple[str, ...]
    label: str
    ours: Mapping[str, str]
    field: str
    said: Callable[[str], str] = str


FILES = (
    RealTexts(
        "nlbse24_issue_train.csv.gz",
        ("title", "body"),
        "label",
        {"bug": "problem", "feature": "wish", "question": "question"},
        "category",
        lambda category: _KINDS[category],
    ),
    RealTexts(
        "appreviews_train.csv.gz",
        ("review",),
        "label",
        {"bug report": "problem", "feature request": "wish", "user experience": "opinion", "rating": "opinion"},
        "category",
        lambda category: _KINDS[category],
    ),
    RealTexts(
        "senti4sd_train.csv.gz",
        ("text",),
        "polarity",
        {"negative": "negative", "neutral": "neutral", "positive": "positive"},
        "sentiment",
    ),
)
SEVERE = (
    ("severity_mozilla_train.csv.gz", ("summary", "description"), "severity", ("blocker", "critical", "major")),
    ("severity_nasapits_train.csv.gz", ("Subject", "Description"), "Severity", ("2",)),
)


def main(options: Sequence[str]) -> None:
    """Trains the first model and prints its figures file by file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks first_model_on_real_texts")
    add_data_option(parser)
    folder = parser.parse_args(options).data / "texts"
    model, trained = train(read_corpus(), number=1)
    figures: dict[str, Any] = {"cross_validated_on_the_seed_corpus": trained}
    for texts in FILES:
        figures[texts.file] = _answers(folder, texts, model)
    for file, columns, label, severe in SEVERE:
        figures[file] = _severe_or_not(folder / file, columns, label, severe, model)
    show("first_model_on_real_texts", MEASURES, reference=REFERENCE, ratio=None, goal=None, **figures)


def _answers(folder: Path, texts: RealTexts, model: TextModel) -> dict[str, float]:
    rows = read_table(folder / texts.file, [*texts.text, texts.label])
    truth = [texts.ours[row[texts.label]] for row in rows]
    began = time.perf_counter()
    found = [suggestions[texts.field] for suggestions in _suggestions(rows, texts.text, model)]
    seconds = time.perf_counter() - began
    said = [texts.said(suggestion.likeliest) for suggestion in found]
    right = np.array([one == other for one, other in zip(said, truth, strict=True)])
    sure = np.array([suggestion.applied for suggestion in found])
    return {
        "texts": len(rows),
        "macro_f1": round(float(f1_score(truth, said, labels=sorted(set(truth)), average="macro")), 4),
        "accuracy": round(float(accuracy_score(truth, said)), 4),
        "commonest_answer_accuracy": round(max(truth.count(label) for label in set(truth)) / len(truth), 4),
        "applied_share": round(float(sure.mean()), 4),
        "applied_accuracy": round(float(right[sure].mean()), 4),
        "texts_per_second": round(len(rows) / seconds),
    }


def _severe_or_not(
    path: Path, columns: Sequence[str], label: str, severe: Sequence[str], model: TextModel
) -> dict[str, float]:
    rows = read_table(path, [*columns, label])
    head = model.heads["severity"]
    chances = head.probabilities(model.read(["\n".join(row[column] for column in columns) for row in rows]))
    expected = chances @ np.array([int(level) for level in head.labels])
    truth = [row[label] in severe for row in rows]
    return {"texts": len(rows), "severe_or_not_auc": round(float(roc_auc_score(truth, -expected)), 4)}


def _suggestions(
    rows: Sequence[Mapping[str, str]], columns: Sequence[str], model: TextModel
) -> list[dict[str, Suggestion]]:
    reports = [_report([row[column] for column in columns]) for row in rows]
    batches = [reports[begin : begin + _BATCH] for begin in range(0, len(reports), _BATCH)]
    return [{each.field: each for each in found} for batch in batches for found in classify(batch, [], model=model)]


def _report(parts: Sequence[str]) -> Feedback:
    title, *rest = parts
    return Feedback(title=title, body="\n".join(rest), channel=Channel.IMPORT)
