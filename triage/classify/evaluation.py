"""This module measures the text classifier on any labelled file, by the code that triage learns and classifies with."""

import csv
import gzip
import tempfile
import time
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import f1_score, roc_auc_score

from feedback.models import Channel, Feedback
from triage.classify import text_model
from triage.classify.calibration import Floats, calibration_error, error_of_perfect_confidence, reliability, sure_from
from triage.classify.classify import classify
from triage.classify.learner import Unseen, folds_of
from triage.classify.lesson import learn
from triage.classify.suggestion import Suggestion
from triage.classify.text_model import TextModel

FIELD = "category"
YES, NO = "yes", "no"
PRECISION_WANTED = 0.95
LONGEST_CELL = 16 * 2**20
_BATCH = 200


class UnreadableTable(Exception):
    """The file is no table with the wanted columns."""


@dataclass(frozen=True)
class Labelled:
    """Texts as reports, what they should be called, and the group each belongs to."""

    rows: list[Feedback]
    labels: list[str]
    groups: list[str]

    def of_group(self, group: str) -> "Labelled":
        """The rows of one group."""
        return self.part([row for row, name in enumerate(self.groups) if name == group])

    def asked(self, positive: frozenset[str]) -> "Labelled":
        """The same texts, asked only whether their label is one of these."""
        answers = [YES if label in positive else NO for label in self.labels]
        if len(set(answers)) < 2:
            raise UnreadableTable(f"The texts must be partly {', '.join(sorted(positive))} and partly not.")
        return Labelled(self.rows, answers, self.groups)

    def part(self, rows: Iterable[int]) -> "Labelled":
        """Some of the rows."""
        kept = [(self.rows[row], self.labels[row], self.groups[row]) for row in rows]
        return Labelled([row for row, _, _ in kept], [label for _, label, _ in kept], [group for _, _, group in kept])


def read_table(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a CSV file, gzipped or not; raises UnreadableTable naming what is missing."""
    csv.field_size_limit(LONGEST_CELL)
    try:
        with _opened(path) as file:
            reader = csv.DictReader(file)
            missing = [column for column in columns if column not in (reader.fieldnames or [])]
            if missing:
                known = ", ".join(reader.fieldnames or ["none"])
                raise UnreadableTable(f"{path.name} has no column {', '.join(missing)}; it has {known}.")
            rows = list(reader)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as problem:
        raise UnreadableTable(f"{path} cannot be read as CSV: {problem}") from problem
    if not rows:
        raise UnreadableTable(f"{path.name} has no rows.")
    return rows


def _opened(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def read_labelled(path: Path, *, text: Sequence[str], label: str, group: str | None) -> Labelled:
    """The texts of a file: several columns are read as title and body, one alone as a report without a title."""
    rows = read_table(path, [*text, label, *([group] if group else [])])
    return Labelled(
        [_report([row[column] or "" for column in text]) for row in rows],
        [(row[label] or "").strip() for row in rows],
        [row[group] if group else "" for row in rows],
    )


def _report(parts: Sequence[str]) -> Feedback:
    title, body = (parts[0], "\n".join(parts[1:])) if len(parts) > 1 else ("", parts[0])
    return Feedback(title=title, body=body, channel=Channel.IMPORT)


@dataclass(frozen=True)
class _Run:
    """What was said of the tested texts of one group, and what learning it took."""

    truth: list[str]
    said: list[Suggestion]
    seconds_train: float
    seconds_test: float
    bytes: int
    sure_from: float

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        return np.array([one.likeliest == truth for one, truth in zip(self.said, self.truth, strict=True)])

    @property
    def confidence(self) -> Floats:
        return np.array([one.confidence for one in self.said])


def evaluate(
    train: Labelled, test: Labelled, *, positive: frozenset[str] = frozenset(), semantic: bool = False
) -> dict[str, Any]:
    """The figures of a model that learned from one file, on another; one run for each group, averaged."""

    def runs(train: Labelled, test: Labelled) -> list[_Run]:
        names = sorted(set(test.groups))
        return [_run(train.of_group(name), test.of_group(name), semantic=semantic) for name in names]

    figures = _figures(runs(train, test), tries=1)
    return figures | _auc(runs(train.asked(positive), test.asked(positive))) if positive else figures


def evaluate_held_out(
    labelled: Labelled,
    *,
    folds: int,
    positive: frozenset[str] = frozenset(),
    semantic: bool = False,
) -> dict[str, Any]:
    """The same by cross-validation over one file: each text is said by a model that did not see it."""

    def runs(labelled: Labelled) -> list[_Run]:
        return [
            _run(group.part(learned), group.part(held), semantic=semantic)
            for group in map(labelled.of_group, sorted(set(labelled.groups)))
            for learned, held in folds_of(_two_or_more(group).labels, count=folds)
        ]

    figures = _figures(runs(labelled), tries=folds)
    return figures | _auc(runs(labelled.asked(positive))) if positive else figures


def _figures(runs: Sequence[_Run], *, tries: int) -> dict[str, Any]:
    """Confidence is judged over all runs together; time and size are summed over groups, and averaged over tries."""
    each = [_scores(run) for run in runs]
    texts = sum(len(run.truth) for run in runs)
    return {
        **{name: round(float(np.mean([scores[name] for scores in each])), 4) for name in each[0]},
        **_confidence_figures(runs),
        "seconds_train": round(sum(run.seconds_train for run in runs) / tries, 2),
        "texts_per_second": round(texts / sum(run.seconds_test for run in runs)),
        "bytes": round(sum(run.bytes for run in runs) / tries),
        "texts": texts,
        "runs": len(runs),
    }


def _two_or_more(train: Labelled) -> Labelled:
    known = sorted(set(train.labels))
    if len(known) < 2:
        group = f" of the group “{train.groups[0]}”" if train.groups and train.groups[0] else ""
        raise UnreadableTable(
            f"The texts to learn from{group} need two labels or more; they have {', '.join(known) or 'none'}."
        )
    return train


def _run(train: Labelled, test: Labelled, *, semantic: bool) -> _Run:
    began = time.perf_counter()
    learned, unseen = learn_reports(_two_or_more(train).rows, train.labels, semantic=semantic)
    seconds_train = time.perf_counter() - began
    model, size = _as_kept(learned)
    began = time.perf_counter()
    said = [
        suggestions[0]
        for begin in range(0, len(test.rows), _BATCH)
        for suggestions in classify(test.rows[begin : begin + _BATCH], [], model=model)
    ]
    seconds_test = time.perf_counter() - began
    return _Run(test.labels, said, seconds_train, seconds_test, size, _sure_from(unseen))


def learn_reports(
    rows: Sequence[Feedback], labels: Sequence[str], *, semantic: bool = False
) -> tuple[TextModel, Unseen | None]:
    """A model of one field, and what models like it say of texts that they had not seen."""
    texts = [f"{row.title}\n{row.body}".strip() for row in rows]
    model, unseen = learn(texts, {FIELD: labels}, spread_by=FIELD, number=0, semantic=semantic)
    return model, unseen.get(FIELD)


def _sure_from(unseen: Unseen | None) -> float:
    if unseen is None:
        return 1.0
    chances = unseen.probabilities()
    return sure_from(chances.max(axis=1), chances.argmax(axis=1) == unseen.truth, precision=PRECISION_WANTED)


def _as_kept(model: TextModel) -> tuple[TextModel, int]:
    """The model as a worker would load it from its file, and the size of that file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.skops"
        digest = text_model.save(model, path)
        return text_model.load(path, digest=digest), path.stat().st_size


def _scores(run: _Run) -> dict[str, float]:
    said = [one.likeliest for one in run.said]
    return {
        "macro_f1": float(f1_score(run.truth, said, average="macro", zero_division=0)),
        "micro_f1": float(f1_score(run.truth, said, average="micro", zero_division=0)),
        "accuracy": float(run.right.mean()),
    }


def _auc(runs: Sequence[_Run]) -> dict[str, float]:
    """How well yes is told from no by models that were asked nothing else."""
    return {"auc": round(float(np.mean([_auc_of(run) for run in runs])), 4)}


def _auc_of(run: _Run) -> float:
    if len(set(run.truth)) < 2:
        raise UnreadableTable("The tested texts of each group must be partly what --positive names and partly not.")
    return float(roc_auc_score([label == YES for label in run.truth], [one.chances.get(YES, 0.0) for one in run.said]))


def _confidence_figures(runs: Sequence[_Run]) -> dict[str, Any]:
    confidence = np.concatenate([run.confidence for run in runs])
    right = np.concatenate([run.right for run in runs])
    decided = np.concatenate([run.confidence >= run.sure_from for run in runs])
    return {
        "expected_calibration_error": round(calibration_error(confidence, right), 4),
        "error_of_perfect_confidence": round(error_of_perfect_confidence(confidence), 4),
        "decided_alone": {
            "precision_wanted": PRECISION_WANTED,
            "share": round(float(decided.mean()), 4),
            "precision": round(float(right[decided].mean()), 4) if decided.any() else None,
        },
        "abstained_share": round(float(np.mean([not one.value for run in runs for one in run.said])), 4),
        "reliability": reliability(confidence, right),
    }
