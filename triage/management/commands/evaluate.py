"""This module is the command that measures the product's own code on any file of the right shape and prints JSON."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from feedback.models import Channel, Feedback
from gateway_ingest.detect import evaluation as detector
from hypercare.core import clock
from triage.classify import evaluation as classifier
from triage.classify.classify import classify
from triage.classify.corpus import read_corpus
from triage.classify.meaning import EncoderMissing
from triage.classify.train import train
from triage.match import duplicates
from triage.match import evaluation as matcher


class Command(BaseCommand):
    """Measures the classifier, the matcher or the detector."""

    help = "Measures the classifier, the matcher or the detector on a file and prints the figures as JSON."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Adds one sub-command for each part that can be measured."""
        parts = parser.add_subparsers(dest="part", required=True)
        of_classifier = parts.add_parser("classifier", help="learn from one labelled CSV file, test on another")
        of_classifier.add_argument("--train", type=Path, required=True)
        of_classifier.add_argument("--test", type=Path, help="left out: cross-validation over --train")
        of_classifier.add_argument("--folds", type=int, default=5, help="of the cross-validation")
        of_classifier.add_argument(
            "--text", action="append", required=True, help="a column of text; may be given again"
        )
        of_classifier.add_argument("--label", required=True)
        of_classifier.add_argument("--group", help="one run for each value of this column, averaged")
        of_classifier.add_argument(
            "--positive", default="", help="labels that count as yes for auc, with commas between"
        )
        of_classifier.add_argument("--semantic", action="store_true", help="with the encoder of the semantic extra")
        of_matcher = parts.add_parser("matcher", help="find known duplicates, or group told problems")
        of_matcher.add_argument("--reports", type=Path)
        of_matcher.add_argument("--pairs", type=Path)
        of_matcher.add_argument("--problems", type=Path)
        of_matcher.add_argument(
            "--fit", action="store_true", help="with --problems: fit the weights and measure held-out halves"
        )
        of_detector = parts.add_parser("detector", help="find what is unusual in labelled series")
        of_detector.add_argument("--series", type=Path, required=True)
        of_detector.add_argument("--windows", type=Path, required=True)

    def handle(self, **options: Any) -> None:
        """Measures and prints."""
        try:
            figures = MEASURES[options["part"]](options)
        except (classifier.UnreadableTable, EncoderMissing, ValueError, KeyError, OSError) as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(json.dumps(figures))


def _classifier(options: dict[str, Any]) -> dict[str, Any]:
    def read(path: Path) -> classifier.Labelled:
        return classifier.read_labelled(path, text=options["text"], label=options["label"], group=options["group"])

    positive = frozenset(label.strip() for label in options["positive"].split(",") if label.strip())
    train = read(options["train"])
    if options["test"]:
        return classifier.evaluate(train, read(options["test"]), positive=positive, semantic=options["semantic"])
    return classifier.evaluate_held_out(train, folds=options["folds"], positive=positive, semantic=options["semantic"])


def _matcher(options: dict[str, Any]) -> dict[str, Any]:
    if options["problems"]:
        return _problems(options["problems"], fit=options["fit"])
    if not options["reports"] or not options["pairs"]:
        raise CommandError("Name --reports and --pairs, or --problems.")
    reports = classifier.read_table(options["reports"], ["project", "bug_id", "title", "text"])
    pairs = classifier.read_table(options["pairs"], ["project", "query", "master"])
    return duplicates.evaluate(reports, pairs, now=clock.now())


def _detector(options: dict[str, Any]) -> dict[str, Any]:
    return detector.evaluate(detector.read_series(options["series"], options["windows"]))


def _problems(path: Path, *, fit: bool) -> dict[str, Any]:
    problems = json.loads(path.read_text(encoding="utf-8"))
    told = matcher.tellings_of(problems, _categories(problems))
    figures: dict[str, Any] = {"problems": len(problems), "tellings": len(told), **matcher.measure(told)}
    if fit:
        figures |= {"fitted": vars(matcher.fit(told)), **matcher.held_out(told)}
    return figures


def _categories(problems: list[dict[str, Any]]) -> list[str]:
    rows = [
        Feedback(title=telling["title"], body=telling["body"], channel=Channel(telling["channel"]))
        for problem in problems
        for telling in problem["tellings"]
    ]
    model, _figures = train(read_corpus(), number=0)
    found = [suggestions[0] for suggestions in classify(rows, [], model=model)]
    return [category.value if category.applied else "" for category in found]


MEASURES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "classifier": _classifier,
    "matcher": _matcher,
    "detector": _detector,
}
