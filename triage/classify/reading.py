"""This module computes the features of texts as the fitted vectorizers would, several times quicker.

Words come again and again, so the pieces of a word are looked up once and kept. A test holds it to the vectorizers'
own answer.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion

Columns = npt.NDArray[np.int32]

_WORD = re.compile(r"\b\w+\b")
_WORDS_KEPT = 50_000
_LONGEST_KEPT = 40


class Reader:
    """Reads prepared texts by the words and pieces that the features learned."""

    def __init__(self, features: FeatureUnion) -> None:
        fitted = dict(features.transformer_list)
        self._words: TfidfVectorizer = fitted["words"]
        self._pieces: TfidfVectorizer = fitted["pieces"]
        self._kept: dict[str, Columns] = {}

    def read(self, texts: Sequence[str]) -> csr_matrix:
        """One row of features for each prepared text."""
        lowered = [text.lower() for text in texts]
        words = _weighed([self._word_columns(text) for text in lowered], self._words)
        pieces = _weighed([self._piece_columns(text) for text in lowered], self._pieces)
        return hstack([words, pieces], format="csr")

    def _word_columns(self, text: str) -> Columns:
        known = self._words.vocabulary_
        words = _WORD.findall(text)
        told = [*words, *(f"{one} {other}" for one, other in pairwise(words))]
        return np.array([known[each] for each in told if each in known], dtype=np.int32)

    def _piece_columns(self, text: str) -> Columns:
        found = [self._pieces_of(word) for word in text.split()]
        return np.concatenate(found) if found else np.empty(0, dtype=np.int32)

    def _pieces_of(self, word: str) -> Columns:
        kept = self._kept.get(word)
        if kept is not None:
            return kept
        known = self._pieces.vocabulary_
        columns = np.array(
            [known[piece] for piece in _pieces(word, *self._pieces.ngram_range) if piece in known], dtype=np.int32
        )
        if len(word) <= _LONGEST_KEPT and len(self._kept) < _WORDS_KEPT:
            self._kept[word] = columns
        return columns


def _pieces(word: str, shortest: int, longest: int) -> Iterator[str]:
    """All runs of letters of the word between blanks; a word shorter than a run gives itself once."""
    padded = f" {word} "
    for length in range(shortest, longest + 1):
        if length >= len(padded):
            yield padded
            return
        for start in range(len(padded) - length + 1):
            yield padded[start : start + length]


def _weighed(rows: Sequence[Columns], vectorizer: TfidfVectorizer) -> csr_matrix:
    """Counts as weights: logarithm of the count, times rarity, each row of unit length."""
    counted = [np.unique(columns, return_counts=True) for columns in rows]
    indptr = np.concatenate([[0], np.cumsum([len(columns) for columns, _counts in counted])]).astype(np.int32)
    indices = np.concatenate([columns for columns, _counts in counted])
    weights = 1 + np.log(np.concatenate([counts for _columns, counts in counted]), dtype=np.float32)
    weights *= vectorizer.idf_[indices].astype(np.float32)
    lengths = np.sqrt(np.add.reduceat(np.append(weights**2, 0), indptr[:-1])) if len(weights) else np.ones(len(rows))
    weights /= np.repeat(np.maximum(lengths, 1e-9), np.diff(indptr)).astype(np.float32)
    return csr_matrix((weights, indices, indptr), shape=(len(rows), len(vectorizer.vocabulary_)))
