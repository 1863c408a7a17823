"""This module says which words of a text decided, from what each feature added to the chosen value."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from triage.classify.features import CONCEPT, CUES
from triage.vocabulary import STOP_WORDS, concepts_in, words_of

STRONGEST_FEATURES = 24
WORDS_SHOWN = 3
_SHARE_OF_BEST = 0.25


class Reasons:
    """Names the deciding words for batches of texts; knows the features' names once."""

    def __init__(self, names: npt.NDArray[np.object_]) -> None:
        self.names = names

    def of(self, text: str, features: csr_matrix, row: int, weights: npt.NDArray[np.float32]) -> str:
        """For one row of features and the weights of the chosen value, "because of: ...", or nothing when no word did."""
        begin, end = features.indptr[row], features.indptr[row + 1]
        columns = features.indices[begin:end]
        added = features.data[begin:end] * weights[columns]
        strongest = np.argsort(-added)[:STRONGEST_FEATURES]
        found = [(str(self.names[columns[at]]), float(added[at])) for at in strongest if added[at] > 0]
        return _told(words_of(text), found)


def _told(words: Sequence[str], found: Sequence[tuple[str, float]]) -> str:
    score: dict[tuple[int, int], float] = {}
    cues: dict[str, float] = {}
    spans = {concept: (at, length) for at, length, concept in concepts_in(words)}
    for name, added in found:
        kind, _, piece = name.partition("__")
        piece = piece.strip()
        if piece in CUES:
            cues[CUES[piece]] = cues.get(CUES[piece], 0) + added
        elif piece.removeprefix(CONCEPT) in spans and piece.startswith(CONCEPT):
            span = spans[piece.removeprefix(CONCEPT)]
            score[span] = score.get(span, 0) + added
        elif at := _place(words, piece, whole=kind == "words"):
            score[at] = score.get(at, 0) + added
    ranked = sorted(
        [(added, f"“{' '.join(words[at : at + length])}”") for (at, length), added in score.items()]
        + [(added, cue) for cue, added in cues.items()],
        reverse=True,
    )
    if not ranked:
        return ""
    shown = list(dict.fromkeys(name for added, name in ranked if added >= _SHARE_OF_BEST * ranked[0][0]))
    return "because of: " + ", ".join(shown[:WORDS_SHOWN])


def _place(words: Sequence[str], piece: str, *, whole: bool) -> tuple[int, int] | None:
    """Where a feature stands in the text: a word, a pair of words, or the first telling word that contains the piece."""
    parts = piece.split()
    for at, word in enumerate(words):
        if whole and list(words[at : at + len(parts)]) == parts:
            return None if len(parts) == 1 and word in STOP_WORDS else (at, len(parts))
        if not whole and len(piece) > 2 and piece in word and word not in STOP_WORDS:
            return at, 1
    return None
