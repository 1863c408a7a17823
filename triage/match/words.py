"""This module turns a report into the numbers of its words within its launch, the title's and the body's told apart.

A word's number depends on the launch: the same word has another number in another launch, so that no search over
numbers can find a report of a launch it was not made for. Stems have even numbers and thoughts told in other words
have odd ones, which weigh less.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

import numpy as np
import numpy.typing as npt

from triage.vocabulary import STOP_WORDS, concepts_in, stem, words_of

MAX_CHARACTERS = 2000
LONGEST_WORD = 40
LONGEST_NUMBER = 5
_TITLE_SHIFT, _TITLE_MOST, _BODY_MOST = 5, 7, 31

Numbers = npt.NDArray[np.int32]
Amounts = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Words:
    """The different words of a report in ascending order, how often each is said, and how many there are in all."""

    terms: Numbers
    said: bytes
    title_words: int
    body_words: int

    @property
    def in_title(self) -> Amounts:
        """How often each word is in the title."""
        return times_in_title(np.frombuffer(self.said, dtype=np.uint8))

    @property
    def in_body(self) -> Amounts:
        """How often each word is in the body."""
        return times_in_body(np.frombuffer(self.said, dtype=np.uint8))


def times_in_title(said: npt.NDArray[np.uint8]) -> Amounts:
    """The upper three bits: 7 stands for more too."""
    return (said >> _TITLE_SHIFT).astype(np.float32)


def times_in_body(said: npt.NDArray[np.uint8]) -> Amounts:
    """The lower five bits: 31 stands for more too."""
    return (said & _BODY_MOST).astype(np.float32)


def words_in(launch_id: int, title: str, body: str) -> Words:
    """The words of a report as it is searched for in its launch."""
    titled, told = Counter(_numbers(launch_id, title)), Counter(_numbers(launch_id, body[:MAX_CHARACTERS]))
    terms = sorted({*titled, *told})
    said = bytes(min(titled[t], _TITLE_MOST) << _TITLE_SHIFT | min(told[t], _BODY_MOST) for t in terms)
    return Words(np.array(terms, dtype=np.int32), said, _stems_in(titled), _stems_in(told))


def _stems_in(counted: Counter[int]) -> int:
    return sum(times for term, times in counted.items() if not is_thought(term))


def is_thought(term: int) -> bool:
    """Whether a number stands for a thought told in any words."""
    return bool(term & 1)


def _numbers(launch_id: int, text: str) -> Iterator[int]:
    words = words_of(text)
    for word in words:
        if _tells(word):
            yield number_of(launch_id, stem(word))
    for _at, _length, thought in concepts_in(words):
        yield number_of(launch_id, thought) | 1


def _tells(word: str) -> bool:
    """Long numbers are somebody's order or account, and what is longer still is no word at all."""
    return word not in STOP_WORDS and len(word) <= (LONGEST_NUMBER if word.isdigit() else LONGEST_WORD)


@lru_cache(maxsize=200_000)
def number_of(launch_id: int, form: str) -> int:
    """An even number between -2^31 and 2^31 - 1; equal ones for two words are one in thousands of millions."""
    return (crc32(form.encode(), launch_id & 0xFFFFFFFF) - 2**31) & ~1
