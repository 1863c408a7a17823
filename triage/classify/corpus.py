"""This module reads the seed corpus: texts written for this product, one file a category, for the first model."""

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class Example:
    """A text and what a person would say of it."""

    category: str
    severity: str
    sentiment: str
    language: str
    text: str


def read_corpus(folder: Path = FOLDER) -> list[Example]:
    """Every example, in the order of files and lines."""
    return [example for path in sorted(folder.glob("*.csv")) for example in _read_file(path)]


def _read_file(path: Path) -> list[Example]:
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Example(path.stem, row["severity"], row["sentiment"], row["language"], row["text"])
            for row in csv.DictReader(file)
        ]


def corpus_digest(folder: Path = FOLDER) -> str:
    """A checksum over the corpus, so that a model knows what it was trained on."""
    checksum = hashlib.sha256()
    for path in sorted(folder.glob("*.csv")):
        checksum.update(path.name.encode())
        checksum.update(path.read_bytes())
    return checksum.hexdigest()
