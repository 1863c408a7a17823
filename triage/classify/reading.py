"""This module reads prepared texts as numbers: terms in three blocks, weighed by how rare each is.

The blocks are words with their neighbours, pieces of words, and the opening: its words, and pairs of them wherever they
stand near each other, since what a report is about is mostly said first. Words come again and again, so the pieces of a
word are looked up once and kept.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain, pairwise

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack

from triage.classify.likeness import likeness
from triage.classify.meaning import Vectors
from triage.vocabulary import stem

Numbers = npt.NDArray[np.int32]
Rows = npt.NDArray[np.intp]

BLOCKS = ("words", "pieces", "opening")
LEAST_TEXTS = {"words": 1, "pieces": 2, "opening": 2}
OPENING_WORDS = 60
NEAR = 6
PAIRED = "~"

_WORD = re.compile(r"\b\w+\b")
_SHORTEST_PIECE, _LONGEST_PIECE = 2, 5
_WORDS_KEPT = 50_000
_LONGEST_KEPT = 40


@dataclass(frozen=True)
class Terms:
    """The terms of one block and how rare each is."""

    names: tuple[str, ...]
    rarity: npt.NDArray[np.float32]


class Vocabulary:
    """Turns prepared texts into counts of numbered terms; one that is not closed numbers each new term."""

    def __init__(self, known: Mapping[str, Sequence[str]] | None = None) -> None:
        self._closed = known is not None
        self.numbers = {block: _numbered(known[block] if known else None) for block in BLOCKS}
        self._kept: dict[str, Numbers] = {}
        # Most words of a text stand in no pair that is known; only a closed vocabulary can tell.
        self._paired = (
            {word for name in known["opening"] if PAIRED in name for word in name.split(PAIRED)} if known else None
        )

    def count(self, texts: Sequence[str]) -> dict[str, csr_matrix]:
        """How often each text says each term, block by block."""
        split = [text.lower() for text in texts]
        worded = [_WORD.findall(text) for text in split]
        told: dict[str, list[Sequence[int] | Numbers]] = {
            "words": [self._numbers_of("words", _with_neighbours(words)) for words in worded],
            "pieces": [self._pieces_of(text) for text in split],
            "opening": [self._numbers_of("opening", _opening(words, paired=self._paired)) for words in worded],
        }
        return {block: _counted(told[block], len(self.numbers[block])) for block in BLOCKS}

    def _numbers_of(self, block: str, terms: Iterator[str]) -> Sequence[int]:
        numbers = self.numbers[block]
        if self._closed:
            return [number for term in terms if (number := numbers.get(term)) is not None]
        return [numbers[term] for term in terms]

    def _pieces_of(self, text: str) -> Sequence[int] | Numbers:
        found = [self._pieces_of_word(word) for word in text.split()]
        return np.concatenate(found) if found else []

    def _pieces_of_word(self, word: str) -> Numbers:
        kept = self._kept.get(word)
        if kept is None:
            kept = np.array(self._numbers_of("pieces", _pieces(word)), dtype=np.int32)
            if len(word) <= _LONGEST_KEPT and len(self._kept) < _WORDS_KEPT:
                self._kept[word] = kept
        return kept


def _numbered(names: Sequence[str] | None) -> dict[str, int]:
    if names is not None:
        return {name: number for number, name in enumerate(names)}
    growing: defaultdict[str, int] = defaultdict()
    growing.default_factory = growing.__len__
    return growing


def _with_neighbours(words: Sequence[str]) -> Iterator[str]:
    return chain(words, map(" ".join, pairwise(words)))


def _opening(words: Sequence[str], *, paired: Set[str] | None = None) -> Iterator[str]:
    """The first words, and each two of them that stand near each other, in either order; of `paired` ones where given."""
    stems = [stem(word) for word in words[:OPENING_WORDS]]
    yield from stems
    placed = [(at, one) for at, one in enumerate(stems) if paired is None or one in paired]
    for number, (at, one) in enumerate(placed, start=1):
        for there, other in placed[number : number + NEAR]:
            if there - at > NEAR:
                break
            yield one + PAIRED + other if one < other else other + PAIRED + one


def _pieces(word: str) -> Iterator[str]:
    """All runs of letters of the word between blanks; a word shorter than a run gives itself once."""
    padded = f" {word} "
    for length in range(_SHORTEST_PIECE, _LONGEST_PIECE + 1):
        if length >= len(padded):
            yield padded
            return
        for start in range(len(padded) - length + 1):
            yield padded[start : start + length]


def _counted(told: Sequence[Sequence[int] | Numbers], width: int) -> csr_matrix:
    ends = np.cumsum([0, *map(len, told)])
    numbers = np.concatenate([np.asarray(each, dtype=np.int32) for each in told]) if told else np.empty(0, np.int32)
    counts = csr_matrix((np.ones(len(numbers), np.float32), numbers, ends), shape=(len(told), width))
    counts.sum_duplicates()
    return counts


@dataclass(frozen=True)
class Features:
    """What was learned to be read: the terms of each block, and what the learned texts mean where that is read."""

    blocks: Mapping[str, Terms]
    meant: Vectors | None = None

    @cached_property
    def _ends(self) -> list[int]:
        """Behind which column each block ends."""
        return list(accumulate(len(terms.names) for terms in self.blocks.values()))

    @property
    def width(self) -> int:
        """How many features there are."""
        return self._ends[-1] + (0 if self.meant is None else len(self.meant))

    def told(self, column: int) -> tuple[str, str]:
        """The block of a feature and its term without blanks around it; likeness to a learned text has neither."""
        begin = 0
        for end, (block, terms) in zip(self._ends, self.blocks.items(), strict=True):
            if column < end:
                return block, terms.names[column - begin].strip()
            begin = end
        return "", ""

    def read(self, texts: Sequence[str], meant: Vectors | None = None) -> csr_matrix:
        """One row of features for each prepared text; with its meaning, how alike it is to each learned text too."""
        told = weighed(self._vocabulary.count(texts), self.blocks)
        if meant is None or self.meant is None:
            return told
        return hstack([told, csr_matrix(likeness(meant, self.meant))], format="csr")

    def without_opening(self, told: csr_matrix) -> csr_matrix:
        """The same rows, with nothing of the opening in them."""
        begin, end = self._ends[-2:]
        found = told.copy()
        found.data[(found.indices >= begin) & (found.indices < end)] = 0
        found.eliminate_zeros()
        return found

    def tell_of_words(self, wordless: Set[str]) -> npt.NDArray[np.bool_]:
        """Which features are words of a text: no letter by itself, and nothing that stands for a sign or a number in it."""
        words = self.blocks["words"].names
        told = np.zeros(self.width, dtype=bool)
        told[: len(words)] = [len(name) > 1 and " " not in name and name not in wordless for name in words]
        return told

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary({block: terms.names for block, terms in self.blocks.items()})


def weighed(counts: Mapping[str, csr_matrix], blocks: Mapping[str, Terms]) -> csr_matrix:
    """Counts as weights: logarithm of the count, times rarity, each row of a block of unit length."""
    return hstack([_unit(counts[block], terms.rarity) for block, terms in blocks.items()], format="csr")


def _unit(counts: csr_matrix, rarity: npt.NDArray[np.float32]) -> csr_matrix:
    weights = (1 + np.log(counts.data)) * rarity[counts.indices]
    row = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    lengths = np.sqrt(np.bincount(row, weights**2, minlength=counts.shape[0]))
    weights /= np.maximum(lengths, 1e-9)[row]
    return csr_matrix((weights.astype(np.float32), counts.indices, counts.indptr), shape=counts.shape)


class Counted:
    """Texts counted once, from which features are learned for any part of them."""

    def __init__(self, texts: Sequence[str]) -> None:
        vocabulary = Vocabulary()
        self._counts = vocabulary.count(texts)
        self._names = {block: np.array(list(vocabulary.numbers[block]), dtype=object) for block in BLOCKS}

    def learn(self, rows: Rows, *, then: Rows) -> tuple[Features, csr_matrix]:
        """What these texts teach to read, and other texts read so; the same as texts of their own would."""
        blocks, counts = {}, {}
        for block in BLOCKS:
            holders = np.bincount(self._counts[block][rows].indices, minlength=len(self._names[block]))
            kept = np.flatnonzero(holders >= min(LEAST_TEXTS[block], len(rows)))
            rarity = np.log((1 + len(rows)) / (1 + holders[kept])) + 1
            blocks[block] = Terms(tuple(self._names[block][kept]), rarity.astype(np.float32))
            counts[block] = self._counts[block][then][:, kept]
        return Features(blocks), weighed(counts, blocks)
