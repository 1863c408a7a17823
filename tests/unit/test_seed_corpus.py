"""The seed corpus is what it promises: broad, in two languages, and nowhere stamped from one mould."""

import re
from collections import Counter

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer

from triage.categories import CATEGORIES, SENTIMENTS
from triage.classify.corpus import read_corpus
from triage.vocabulary import STOP_WORDS

CORPUS = read_corpus()
TEXTS = [example.text for example in CORPUS]
FUNCTION_WORDS = STOP_WORDS | {
    "not",
    "inte",
    "against",
    "between",
    "through",
    "during",
    "without",
    "utan",
    "under",
    "mellan",
    "genom",
    "since",
}
NAMED = re.compile(r"(?<=[a-zåäö,] )[A-ZÅÄÖ][\w.'’-]*")


def masked(text: str) -> str:
    """The text with what changes from case to case taken out: numbers, quoted words and names."""
    quoted = re.sub(r"[\"“'‘`][^\"”'’`]{1,60}[\"”'’`]", " quote ", text)
    return re.sub(r"\d+", "0", NAMED.sub("name", quoted)).lower()


def opening(text: str) -> str:
    words = re.findall(r"\w+", masked(text))
    return " ".join(words[:5]) if len(words) >= 5 else ""


def skeleton(text: str) -> str:
    kept = [word if word in FUNCTION_WORDS else "_" for word in re.findall(r"\w+|[.!?;]", masked(text))]
    joined = [word for at, word in enumerate(kept) if word != "_" or at == 0 or kept[at - 1] != "_"]
    return " ".join(joined) if sum(word != "_" for word in joined) >= 4 else ""


def most_served(frames: list[str]) -> list[tuple[str, int]]:
    return [(frame, times) for frame, times in Counter(filter(None, frames)).items() if times > 3]


def test_corpus_has_fifteen_hundred_texts_or_more() -> None:
    assert len(TEXTS) >= 1500
    assert all(text.strip() for text in TEXTS)


def test_every_category_has_sixty_texts_or_more() -> None:
    counts = Counter(example.category for example in CORPUS)
    assert set(counts) == set(CATEGORIES)
    assert min(counts.values()) >= 60


def test_severities_tones_and_languages_are_known_ones_and_all_occur() -> None:
    assert {example.severity for example in CORPUS} == {"1", "2", "3", "4", "5"}
    assert {example.sentiment for example in CORPUS} == set(SENTIMENTS)
    assert {example.language for example in CORPUS} == {"en", "sv"}


@pytest.mark.parametrize("language", ["en", "sv"])
def test_every_category_is_told_in_both_languages(language: str) -> None:
    counts = Counter(example.category for example in CORPUS if example.language == language)
    assert min(counts[category] for category in CATEGORIES) >= 10


def test_no_opening_serves_more_than_three_texts() -> None:
    assert most_served([opening(text) for text in TEXTS]) == []


def test_no_sentence_frame_serves_more_than_three_texts() -> None:
    assert most_served([skeleton(text) for text in TEXTS]) == []


def test_near_copies_are_under_two_percent() -> None:
    pieces = CountVectorizer(analyzer="char", ngram_range=(5, 5), binary=True, dtype=np.int32).fit_transform(TEXTS)
    shared = (pieces @ pieces.T).tocoo()
    sizes = np.asarray(pieces.sum(axis=1)).ravel()
    apart = shared.row != shared.col
    union = sizes[shared.row] + sizes[shared.col] - shared.data
    alike = apart & (shared.data > 0.6 * union)
    assert len(set(shared.row[alike])) < 0.02 * len(TEXTS)
