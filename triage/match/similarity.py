"""This module turns texts into vectors in which two tellings of one problem lie near each other.

The space is lexical: stems, pairs of stems, thoughts told in other words, codes, routes and pieces of words, hashed to
a fixed width and weighted by how rare each is in the seed corpus. A telling keeps only its strongest features, so
that an index of many thousands stays small.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.feature_extraction import FeatureHasher
from sklearn.utils import murmurhash3_32

from triage.classify.corpus import read_corpus
from triage.vocabulary import STOP_WORDS, concept_of, concepts_in, stem, words_of

WIDTH = 2**18
MAX_CHARACTERS = 2000
STRONGEST = 96

# Chosen with `manage.py evaluate matcher --problems tests/data/forty_problems.json --fit`; see docs/text-model.md.
WORD, PAIR, THOUGHT, CODE, PIECE = 1.0, 0.3, 1.6, 1.6, 0.45

_CODE = re.compile(
    r"(?<![\w/])/[a-z][\w\-/]{2,}|\b[A-Z]{2,}[-_]?\d{2,}\b|\b[45]\d\d\b|\b\w+(?:Exception|Error)\b|\b\w+_\w+\b"
)
_ADDRESS = re.compile(r"https?://[^/\s]+")
_NUMBER = re.compile(r"\d+")
_PIECE_LENGTH = 4


def vectors(texts: Sequence[str]) -> csr_matrix:
    """One row of unit length for each text; a text without a telling word is an empty row."""
    if not texts:
        return csr_matrix((0, WIDTH), dtype=np.float32)
    counted = _counted(texts)
    counted.data = np.sqrt(counted.data)
    counted.data *= rarity()[counted.indices]
    return _unit(_strongest(counted))


def told_words(text: str, other: str) -> list[str]:
    """The rarest words that two texts share, for the reason of a match."""
    words = words_of(text[:MAX_CHARACTERS])
    others = {stem(word) for word in words_of(other[:MAX_CHARACTERS])}
    shared = {stem(word): word for word in reversed(words) if stem(word) in others and word not in STOP_WORDS}
    codes = [code for code in _CODE.findall(text[:MAX_CHARACTERS]) if code in other]
    weight = rarity()
    rarest = sorted(shared, key=lambda form: (-weight[_column(_feature_of(shared[form], form))], form))
    return list(dict.fromkeys([*codes, *(shared[form] for form in rarest)]))


def _feature_of(word: str, form: str) -> str:
    concept = concept_of(word)
    return f"t:{concept}" if concept else f"w:{form}"


def _counted(texts: Sequence[str]) -> csr_matrix:
    hasher = FeatureHasher(n_features=WIDTH, input_type="pair", alternate_sign=False, dtype=np.float32)
    counted: csr_matrix = hasher.transform(_features(text[:MAX_CHARACTERS]) for text in texts)
    counted.sum_duplicates()
    return counted


def _features(text: str) -> Iterator[tuple[str, float]]:
    for code in _CODE.findall(_ADDRESS.sub(" ", text)):
        yield f"c:{code.lower()}", CODE**2
    words = words_of(text)
    stems = [_NUMBER.sub("0", stem(word)) if word.isdigit() and len(word) != 3 else stem(word) for word in words]
    told = concepts_in(words)
    for _at, _length, concept in told:
        yield f"t:{concept}", THOUGHT**2
    inside = {at + step for at, length, _concept in told for step in range(length)}
    kept = []
    for at, (word, form) in enumerate(zip(words, stems, strict=True)):
        if word in STOP_WORDS:
            continue
        kept.append(form)
        if at not in inside:
            yield f"w:{form}", WORD**2
        for start in range(len(form) - _PIECE_LENGTH + 1):
            yield f"p:{form[start : start + _PIECE_LENGTH]}", PIECE**2
    for first, second in pairwise(kept):
        yield f"b:{first} {second}", PAIR**2


@lru_cache(maxsize=1)
def rarity() -> npt.NDArray[np.float32]:
    """How telling each feature is: rare in the seed corpus is telling, never seen is the most telling."""
    counted = _counted([example.text for example in read_corpus()])
    holders = np.bincount(counted.indices, minlength=WIDTH)
    return np.asarray(np.log((1 + counted.shape[0]) / (1 + holders)), dtype=np.float32)


@lru_cache(maxsize=50_000)
def _column(feature: str) -> int:
    return int(abs(murmurhash3_32(feature)) % WIDTH)  # as FeatureHasher does, without a matrix for each word


def _strongest(rows: csr_matrix) -> csr_matrix:
    lengths = np.diff(rows.indptr)
    if lengths.max(initial=0) <= STRONGEST:
        return rows
    keep = np.ones(rows.nnz, dtype=bool)
    for row in np.flatnonzero(lengths > STRONGEST):
        begin, end = rows.indptr[row], rows.indptr[row + 1]
        keep[begin:end] = False
        keep[begin + np.argpartition(-rows.data[begin:end], STRONGEST)[:STRONGEST]] = True
    indptr = np.concatenate([[0], np.cumsum(keep)])[rows.indptr]
    return csr_matrix((rows.data[keep], rows.indices[keep], indptr), shape=rows.shape)


def _unit(rows: csr_matrix) -> csr_matrix:
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    rows.data /= np.repeat(np.maximum(lengths, 1e-9), np.diff(rows.indptr)).astype(np.float32)
    return rows
