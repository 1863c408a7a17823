"""This module says which words of a text decided, from what each feature added to the chosen value."""

from bisect import bisect_right
from collections.abc import Sequence
from functools import cache, cached_property
from itertools import accumulate, pairwise

import numpy as np
import numpy.typing as npt
from django.utils.translation import gettext as _
from scipy.sparse import csr_matrix

from triage.classify.features import CONCEPT, CUES
from triage.classify.reading import PAIRED, Features
from triage.vocabulary import STOP_WORDS, read_once, stem

STRONGEST_FEATURES = 24
WORDS_SHOWN = 3
_SHARE_OF_BEST = 0.25

Span = tuple[int, int]


class Wording:
    """What a text says, read once for the reasons of all its fields."""

    def __init__(self, text: str) -> None:
        self.words, told = read_once(text)
        self.thoughts: dict[str, Span] = {concept: (at, length) for at, length, concept in told}
        self._first = _first_places(self.words)
        telling = [word for word in dict.fromkeys(self.words) if word not in STOP_WORDS]
        self._telling = " ".join(telling)
        self._ends = list(accumulate(len(word) + 1 for word in telling))
        self._places = [self._first[word] for word in telling]

    @cached_property
    def _pairs(self) -> dict[str, int]:
        return _first_places([f"{first} {second}" for first, second in pairwise(self.words)])

    @cached_property
    def _stems(self) -> dict[str, int]:
        return _first_places([stem(word) for word in self.words])

    def quote(self, span: Span) -> str:
        """The words of a span in quotes."""
        at, length = span
        return f"“{' '.join(self.words[at : at + length])}”"

    def is_of_numbers(self, span: Span) -> bool:
        """Whether numbers stand there and nothing else; they tell nobody why."""
        at, length = span
        return all(word.isdigit() for word in self.words[at : at + length])

    def place_of_words(self, piece: str) -> Span | None:
        """Where a word that is no stop word, or a pair of words, first stands."""
        if " " in piece:
            return (self._pairs[piece], 2) if piece in self._pairs else None
        return (self._first[piece], 1) if piece in self._first and piece not in STOP_WORDS else None

    def places_of_stems(self, told: str) -> list[Span]:
        """Where the stems of an opening's word or pair first stand, stop words left out."""
        places = [self._stems[each] for each in told.split(PAIRED) if each in self._stems]
        return [(at, 1) for at in places if self.words[at] not in STOP_WORDS]

    def place_of_letters(self, piece: str) -> Span | None:
        """The first telling word that holds a piece of three letters or more."""
        found = self._telling.find(piece) if len(piece) > 2 else -1
        return (self._places[bisect_right(self._ends, found)], 1) if found >= 0 else None


class Reasons:
    """Names the deciding words for a batch of texts, in one language."""

    def __init__(self, features: Features) -> None:
        self._told = cache(features.told)
        self._cues = {cue: str(said) for cue, said in CUES.items()}
        self._because = _("because of: %(words)s")

    def of(self, wording: Wording, features: csr_matrix, row: int, weights: npt.NDArray[np.float32]) -> str:
        """Why a row of features got the value with these weights; nothing when no word decided."""
        begin, end = features.indptr[row], features.indptr[row + 1]
        columns = features.indices[begin:end]
        added = features.data[begin:end] * weights[columns]
        strongest = np.argsort(-added)[:STRONGEST_FEATURES]
        found = zip(columns[strongest].tolist(), added[strongest].tolist(), strict=True)
        shown = _strongest(wording, self._scores(wording, [(column, weight) for column, weight in found if weight > 0]))
        return self._because % {"words": ", ".join(shown)} if shown else ""

    def _scores(self, wording: Wording, found: Sequence[tuple[int, float]]) -> list[tuple[float, int, int, str]]:
        """How much each place in the text, or cue, added: the amount, the place and the cue, the strongest first."""
        score: dict[Span, float] = {}
        cues: dict[str, float] = {}
        for column, added in found:
            kind, piece = self._told(column)
            if piece in self._cues:
                cue = self._cues[piece]
                cues[cue] = cues.get(cue, 0) + added
            else:
                places = [place for place in _places(wording, kind, piece) if not wording.is_of_numbers(place)]
                for place in places:
                    score[place] = score.get(place, 0) + added / len(places)
        told = [(added, at, length, "") for (at, length), added in score.items()]
        return sorted(told + [(added, -1, 0, cue) for cue, added in cues.items()], reverse=True)


def _first_places(words: Sequence[str]) -> dict[str, int]:
    return dict(zip(reversed(words), range(len(words) - 1, -1, -1), strict=True))


def _strongest(wording: Wording, ranked: Sequence[tuple[float, int, int, str]]) -> list[str]:
    """The strongest few that do not overlap and are not much weaker than the first."""
    shown: list[str] = []
    taken: set[int] = set()
    for added, at, length, cue in ranked:
        if added < _SHARE_OF_BEST * ranked[0][0] or len(shown) == WORDS_SHOWN:
            break
        span, said = range(at, at + length), cue or wording.quote((at, length))
        if taken.isdisjoint(span) and said not in shown:
            shown.append(said)
            taken.update(span)
    return shown


def _places(wording: Wording, kind: str, piece: str) -> list[Span]:
    """Where a feature stands in the text: a thought, a word, words side by side, or a word that contains the piece."""
    if piece.startswith(CONCEPT) and (thought := wording.thoughts.get(piece.removeprefix(CONCEPT))):
        return [thought]
    if kind == "opening":
        return wording.places_of_stems(piece)
    place = wording.place_of_words(piece) if kind == "words" else wording.place_of_letters(piece)
    return [place] if place else []
