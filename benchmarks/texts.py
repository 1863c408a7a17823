"""This module reads real texts from the shared data folder, or makes do with the product's own corpus and says so."""

import argparse
import csv
import gzip
import os
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from triage.classify.corpus import read_corpus

SEED = 20260520
_DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "data"
_TITLES = ("title", "summary", "Subject")
_BODIES = ("body", "text", "description", "Description", "review")
_TITLE_FROM_BODY = 100
_MOST_CHARACTERS = 100_000


@dataclass(frozen=True)
class Text:
    """What somebody reported."""

    title: str
    body: str


@dataclass(frozen=True)
class Texts:
    """Texts and where they came from."""

    texts: list[Text]
    origin: str


def shared_data(folder: str | None = None) -> Path:
    """The folder of real texts and series: the named one, else HYPERCARE_SHARED_DATA, else beside the project."""
    return Path(folder or os.environ.get("HYPERCARE_SHARED_DATA") or _DEFAULT)


def add_data_option(parser: argparse.ArgumentParser) -> None:
    """Lets the caller name the shared data folder."""
    parser.add_argument("--data", type=Path, default=shared_data(), help="the folder that holds texts/*.csv.gz")


def read_texts(count: int, *, folder: str | None = None, named: str = "") -> Texts:
    """So many texts, evenly mixed from the files of the shared data whose name begins so; else the product's own corpus."""
    where = shared_data(folder)
    files = [path for path in files_of(where) if path.name.startswith(named)]
    readers = [iterator for iterator in map(_read_file, files) if iterator is not None]
    if not readers:
        print(f"No texts in {where / 'texts'}: measuring on the product's own corpus with variations.", file=sys.stderr)
        return Texts(_from_corpus(count), "own corpus, repeated with variations")
    kinds, texts = len(readers), _mixed(readers, count)
    random.Random(SEED).shuffle(texts)
    return Texts(texts, f"{len(texts)} real texts from {kinds} files")


def files_of(folder: Path) -> list[Path]:
    """The files with texts of the shared data folder."""
    return sorted((folder / "texts").glob("*.csv.gz"))


def texts_in(path: Path, *, at_most: int) -> Iterator[str]:
    """The first texts of a file, title and body together; none where it has no column of texts."""
    rows = _read_file(path)
    return (f"{one.title}\n{one.body}".strip() for one in islice(rows, at_most)) if rows else iter(())


def _mixed(readers: list[Iterator[Text]], count: int) -> list[Text]:
    """Takes turns among the files until there are enough or all are read."""
    texts: list[Text] = []
    while readers and len(texts) < count:
        for reader in list(readers):
            text = next(reader, None)
            if text is None:
                readers.remove(reader)
            elif len(texts) < count:
                texts.append(text)
    return texts


def _read_file(path: Path) -> Iterator[Text] | None:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        columns = next(csv.reader(file))
    title = next((name for name in _TITLES if name in columns), None)
    body = next((name for name in _BODIES if name in columns), None)
    return _rows(path, title, body) if body else None


def _rows(path: Path, title: str | None, body: str) -> Iterator[Text]:
    csv.field_size_limit(2**24)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            text = row[body][:_MOST_CHARACTERS]
            said = row[title] if title else text[:_TITLE_FROM_BODY]
            if said.strip():
                yield Text(" ".join(said.split())[:300], text)


def _from_corpus(count: int) -> list[Text]:
    examples = [example.text for example in read_corpus()]
    chance = random.Random(SEED)
    return [_varied(examples[at % len(examples)], at // len(examples), chance) for at in range(count)]


def _varied(text: str, turn: int, chance: random.Random) -> Text:
    words = text.split()
    if turn:
        chance.shuffle(words)
        words.insert(0, f"case {turn}:")
    told = " ".join(words)
    return Text(told[:_TITLE_FROM_BODY], told)
