"""This module finds phrases in the words of a text with one look at each word, however many phrases it knows."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

_BEGINNING = 4
_WORDS_REMEMBERED = 50_000
# The second word where there is one in full, all words, and what they tell.
_Phrase = tuple[str | None, tuple[str, ...], str]


class Phrases:
    """Phrases by what they tell, written as in the vocabulary: `_` joins words, `*` at the end stands for all endings."""

    def __init__(self, told: Mapping[str, str]) -> None:
        self._by_word: dict[str, list[_Phrase]] = {}
        self._by_beginning: dict[str, list[_Phrase]] = {}
        for value, phrases in told.items():
            for phrase in phrases.split():
                first, *rest = phrase.split("_")
                begins = not rest and first.endswith("*")
                place = self._by_beginning if begins else self._by_word
                second = rest[0] if rest and not rest[0].endswith("*") else None
                place.setdefault(first[:_BEGINNING] if begins else first, []).append((second, (first, *rest), value))
        self._beginning_with = lru_cache(maxsize=_WORDS_REMEMBERED)(self._look_up)

    def find(self, words: Sequence[str]) -> dict[str, list[str]]:
        """For each value the phrases that stand there, each once, as they stand."""
        found: dict[str, list[str]] = {}
        beginning_with, last = self._beginning_with, len(words) - 1
        for at, word in enumerate(words):
            for second, phrase, value in beginning_with(word):
                if second is not None and (at == last or words[at + 1] != second):
                    continue
                if not _stands(phrase, words, at):
                    continue
                said = " ".join(words[at : at + len(phrase)])
                if said not in found.setdefault(value, []):
                    found[value].append(said)
        return found

    def _look_up(self, word: str) -> tuple[_Phrase, ...]:
        return (*self._by_word.get(word, ()), *self._by_beginning.get(word[:_BEGINNING], ()))


def _stands(phrase: tuple[str, ...], words: Sequence[str], at: int) -> bool:
    *whole, last = phrase
    end = at + len(whole)
    if end >= len(words) or tuple(words[at:end]) != tuple(whole):
        return False
    return words[end].startswith(last[:-1]) if last.endswith("*") else words[end] == last


def quoted(words: Sequence[str], *, most: int = 3) -> str:
    """The first few in quotes."""
    return ", ".join(f"“{word}”" for word in words[:most])
