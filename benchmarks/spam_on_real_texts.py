"""This module measures the rules for spam and noise: what they find in our own examples, and false alarms on real texts."""

import argparse
import csv
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.figures import show
from benchmarks.texts import add_data_option, files_of, texts_in
from triage.classify.features import MAX_CHARACTERS
from triage.classify.spam import GENUINE, SURE, suggest_spam
from triage.classify.suggestion import Suggestion

MEASURES = "how many of our own examples are held for spam or noise, and how many real texts, none of which should be"
REFERENCE = "holding nothing"
EXAMPLES = Path(__file__).resolve().parents[1] / "tests" / "spam_examples.csv"
_SHOWN = 12


def main(options: Sequence[str]) -> None:
    """Prints precision and recall on the examples, and false alarms file by file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks spam_on_real_texts")
    add_data_option(parser)
    parser.add_argument("--texts", type=int, default=20_000, help="at most so many of each file")
    parser.add_argument("--show", action="store_true", help="also print the real texts that are held")
    chosen = parser.parse_args(options)
    figures: dict[str, Any] = {"own_examples": judged(read_examples())}
    all_texts = Counter[str]()
    for path in files_of(chosen.data):
        figures[path.name] = counted = _alarms(texts_in(path, at_most=chosen.texts), show_them=chosen.show)
        all_texts.update({name: counted[name] for name in ("texts", "set_aside", "marked")})
    figures["all_real_texts"] = dict(all_texts)
    show("spam_on_real_texts", MEASURES, reference=REFERENCE, ratio=None, goal=None, **figures)


def read_examples() -> list[tuple[str, str]]:
    """Our own texts and what they are: spam, noise or genuine."""
    with EXAMPLES.open(encoding="utf-8", newline="") as file:
        return [(row["what"], row["text"]) for row in csv.DictReader(file, strict=True)]


def said_of(text: str) -> Suggestion | None:
    """What the rules say of one text, as triage asks them."""
    return suggest_spam(text[:MAX_CHARACTERS])


def judged(examples: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Precision and recall of what is sure enough to be set aside, and of what is marked at all."""
    said = [(what, said_of(text)) for what, text in examples]
    unwanted = sum(what != GENUINE for what, _found in said)
    figures: dict[str, Any] = {"examples": len(said), "spam_or_noise": unwanted}
    for name, least in (("set_aside", SURE), ("marked", 0.0)):
        held = [what for what, found in said if found is not None and found.confidence >= least]
        right = sum(what != GENUINE for what in held)
        figures[name] = {
            "held": len(held),
            "precision": round(right / len(held), 4),
            "recall": round(right / unwanted, 4),
        }
    return figures


def _alarms(texts: Iterable[str], *, show_them: bool) -> dict[str, Any]:
    said: list[tuple[str, Suggestion]] = []
    count, began = 0, time.perf_counter()
    for text in texts:
        count += 1
        if (found := said_of(text)) is not None:
            said.append((text, found))
    seconds = time.perf_counter() - began
    sure = [one for one in said if one[1].confidence >= SURE]
    if show_them:
        for text, found in (sure + said)[:_SHOWN]:
            print(f"{found.confidence} {found.value} {found.decider}: {text[:160]!r}")
    rules = Counter(found.decider for _text, found in said)
    return {
        "texts": count, "set_aside": len(sure), "marked": len(said), "by_rule": dict(rules),
        "words_and_rules_texts_per_second": round(count / seconds),
    }  # fmt: skip
