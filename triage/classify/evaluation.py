"""This module measures the text classifier on any labelled file, with the features and the learner that triage uses."""

import csv
import gzip
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from sklearn.metrics import f1_score, roc_auc_score

from triage.classify.features import new_features, prepare
from triage.classify.learner import Floats, calibration_error, cross_validate, fit_head
from triage.classify.text_model import TextModel, save

FIELD = "label"


class UnreadableTable(Exception):
    """The file is no table with the wanted columns."""


@dataclass(frozen=True)
class Labelled:
    """Texts with what they should be called, and the group each belongs to."""

    texts: list[str]
    labels: list[str]
    groups: list[str]

    def of_group(self, group: str) -> "Labelled":
        """The rows of one group."""
        rows = [row for row, name in enumerate(self.groups) if name == group]
        return Labelled([self.texts[row] for row in rows], [self.labels[row] for row in rows], [group] * len(rows))


def read_table(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a CSV file, gzipped or not; raises UnreadableTable naming what is missing."""
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        with _opened(path) as file:
            reader = csv.DictReader(file)
            missing = [column for column in columns if column not in (reader.fieldnames or [])]
            if missing:
                known = ", ".join(reader.fieldnames or ["none"])
                raise UnreadableTable(f"{path.name} has no column {', '.join(missing)}; it has {known}.")
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise UnreadableTable(f"{path} cannot be read as CSV: {problem}") from problem
    if not rows:
        raise UnreadableTable(f"{path.name} has no rows.")
    return rows


def _opened(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def read_labelled(path: Path, *, text: Sequence[str], label: str, group: str | None) -> Labelled:
    """The texts of a file: several columns are read as title and body."""
    rows = read_table(path, [*text, label, *([group] if group else [])])
    return Labelled(
        ["\n".join(row[column] or "" for column in text) for row in rows],
        [(row[label] or "").strip() for row in rows],
        [row[group] if group else "" for row in rows],
    )


def evaluate(train: Labelled, test: Labelled, *, positive: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The figures of a model that learned from one file, on another; one run for each group, averaged."""
    runs = [_run(train.of_group(name), test.of_group(name), positive) for name in sorted(set(test.groups))]
    summed = {"bytes", "seconds_train"}
    averaged = {
        name: round(
            float(np.sum([run[name] for run in runs]) if name in summed else np.mean([run[name] for run in runs])), 4
        )
        for name in runs[0]
    }
    return averaged | {"bytes": int(averaged["bytes"]), "groups": len(runs)}


def _run(train: Labelled, test: Labelled, positive: frozenset[str]) -> dict[str, float]:
    if not train.texts:
        raise UnreadableTable(f"The group “{test.groups[0]}” has no texts to learn from.")
    began = time.perf_counter()
    model = learn(train.texts, train.labels)
    learned = time.perf_counter()
    chances = model.heads[FIELD].probabilities(model.read(test.texts))
    seconds = time.perf_counter() - learned
    return _figures(model, chances, test, positive) | {
        "seconds_train": learned - began,
        "texts_per_second": len(test.texts) / seconds,
        "bytes": _bytes_of(model),
    }


def learn(texts: Sequence[str], labels: Sequence[str]) -> TextModel:
    """A model of one field, with its temperature from texts it had not seen."""
    prepared = [prepare(text) for text in texts]
    temperature = (
        cross_validate(prepared, {FIELD: labels}, spread_by=FIELD)[FIELD].temperature() if len(set(labels)) > 1 else 1.0
    )
    features = new_features()
    head = fit_head(features.fit_transform(prepared), labels, temperature=temperature)
    return TextModel(0, features, {FIELD: head})


def _figures(model: TextModel, chances: Floats, test: Labelled, positive: frozenset[str]) -> dict[str, float]:
    labels = model.heads[FIELD].labels
    best = chances.argmax(axis=1)
    said = [labels[at] for at in best]
    right = np.array([one == other for one, other in zip(said, test.labels, strict=True)])
    figures = {
        "macro_f1": float(f1_score(test.labels, said, average="macro", zero_division=0)),
        "micro_f1": float(f1_score(test.labels, said, average="micro", zero_division=0)),
        "accuracy": float(right.mean()),
        "expected_calibration_error": calibration_error(chances.max(axis=1), right),
    }
    if positive:
        truth = [label in positive for label in test.labels]
        chance = chances[:, [label in positive for label in labels]].sum(axis=1)
        figures["auc"] = float(roc_auc_score(truth, chance)) if len(set(truth)) == 2 else 0.5
    return figures


def _bytes_of(model: TextModel) -> int:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.skops"
        save(model, path)
        return path.stat().st_size
