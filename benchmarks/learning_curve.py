"""This module measures what corrections teach: the shipped model on real texts, and a launch's own after 100, 500, 2,000."""

import argparse
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score, f1_score

from benchmarks.figures import show
from benchmarks.first_model_on_real_texts import FILES, RealTexts
from benchmarks.texts import add_data_option
from feedback.models import Channel, Feedback
from triage.classify.classify import classify
from triage.classify.corpus import read_corpus
from triage.classify.evaluation import read_table
from triage.classify.text_model import TextModel
from triage.classify.train import train
from triage.learn.contest import meet
from triage.learn.examples import SAID, Example, Word
from triage.learn.recent import TooFew, split
from triage.learn.teach import teach

MEASURES = (
    "what a launch's own model says of real texts after so many corrections, trained as the nightly training does"
)
REFERENCE = "the shipped model, which saw only the seed corpus"
SIZES = (100, 500, 2_000)
PEOPLE = 4
MOST_TESTED = 1_000
SEED = 20260520
_TOLD_AS = {"problem": "bug", "wish": "enhancement", "question": "question", "opinion": "praise"}
_BATCH = 200


def main(options: Sequence[str]) -> None:
    """Teaches by some texts of each set, tests on the others, and prints figures for each step."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks learning_curve")
    add_data_option(parser)
    folder = parser.parse_args(options).data / "texts"
    shipped, _figures = train(read_corpus(), number=1)
    figures = {texts.file.removesuffix("_train.csv.gz"): _curve(folder, texts, shipped) for texts in FILES}
    gains = [steps[-1]["macro_f1"] / steps[0]["macro_f1"] for steps in figures.values()]
    show("learning_curve", MEASURES, reference=REFERENCE, ratio=round(float(np.mean(gains)), 3), goal=None, **figures)


def _curve(folder: Path, texts: RealTexts, shipped: TextModel) -> list[dict[str, Any]]:
    examples = _examples(folder / texts.file, texts)
    random.Random(SEED).shuffle(examples)
    tests = max(len(examples) // 4, min(len(examples) - SIZES[-1], MOST_TESTED))
    taught, tested = examples[:-tests], examples[-tests:]
    steps: list[dict[str, Any]] = [{"corrections": 0, "tested": tests} | _figures_of(shipped, tested, texts)]
    for size in SIZES:
        some = [_at(one, number) for number, one in enumerate(taught[:size])]
        found = split(some, seen_until=None)
        if isinstance(found, TooFew):
            continue
        lesson = teach(found.learned, seed=read_corpus(), components=[])
        contest = meet(shipped, lesson.model, found.held, fields=(texts.field,))
        told = {"learned": len(found.learned), "held_out": len(found.held), "would_be_promoted": contest.is_won}
        cost = {name: lesson.figures[name] for name in ("processor_seconds", "memory_mb")}
        steps.append({"corrections": len(some)} | told | _figures_of(lesson.model, tested, texts) | cost)
    return steps


def _examples(path: Path, texts: RealTexts) -> list[Example]:
    return [
        Example(
            _report([row[column] for column in texts.text]),
            {texts.field: Word(_told_as(texts.ours[row[texts.label]]), f"user:{number % PEOPLE}", SAID)},
            datetime(2026, 5, 20, tzinfo=UTC),
        )
        for number, row in enumerate(read_table(path, [*texts.text, texts.label]))
    ]


def _told_as(kind: str) -> str:
    """The one of our values that stands for a kind of another set."""
    return _TOLD_AS.get(kind, kind)


def _report(parts: Sequence[str]) -> Feedback:
    title, *rest = parts
    return Feedback(title=title, body="\n".join(rest), channel=Channel.IMPORT)


def _at(one: Example, number: int) -> Example:
    """The example, decided so many minutes later."""
    return Example(one.report, one.words, one.at + timedelta(minutes=number))


def _figures_of(model: TextModel, tested: Sequence[Example], texts: RealTexts) -> dict[str, Any]:
    reports = [one.report for one in tested]
    batches = [reports[begin : begin + _BATCH] for begin in range(0, len(reports), _BATCH)]
    found = [
        next(each for each in said if each.field == texts.field)
        for batch in batches
        for said in classify(batch, [], model=model)
    ]
    truth = [texts.said(one.words[texts.field].value) for one in tested]
    said = [texts.said(each.likeliest) for each in found]
    right = np.array([one == other for one, other in zip(said, truth, strict=True)])
    sure = np.array([each.applied for each in found])
    return {
        "macro_f1": round(float(f1_score(truth, said, labels=sorted(set(truth)), average="macro")), 4),
        "accuracy": round(float(accuracy_score(truth, said)), 4),
        "applied_share": round(float(sure.mean()), 4),
        "applied_accuracy": round(float(right[sure].mean()), 4) if sure.any() else None,
    }
