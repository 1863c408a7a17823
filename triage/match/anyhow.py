"""This module finds the rows of a launch nearest to a text by its words, and by its meaning too where that is read."""

from collections.abc import Sequence
from dataclasses import replace

from triage.match import deep, meanings
from triage.match.deep import Asked, Found

# How much meaning counts beside words; chosen by `manage.py evaluate matcher --semantic`.
MEANING = 0.7


def nearest_rows(
    launch_id: int,
    asked: Asked,
    *,
    meaning: Sequence[float] | None = None,
    besides: frozenset[int] = frozenset(),
    at_most: int = deep.RERANKED,
) -> list[Found]:
    """The rows most alike to the text, best first."""
    found = deep.search(launch_id, asked, besides=besides)
    if meaning is None:
        return found[:at_most]
    near = meanings.nearest(launch_id, meaning)
    known = {row.feedback_id for row in found}
    found += deep.weigh(launch_id, asked, [number for number in near if number not in known | besides])
    unknown = [row.feedback_id for row in found if row.feedback_id not in near]
    cosines = near | meanings.cosines_of(launch_id, meaning, unknown)
    both = [_with_meaning(row, cosines.get(row.feedback_id, 0.0)) for row in found]
    return sorted(both, key=lambda row: -row.share)[:at_most]


def _with_meaning(row: Found, cosine: float) -> Found:
    return replace(row, share=with_meaning(row.share, cosine), cosine=cosine)


def with_meaning(share: float, cosine: float | None) -> float:
    """The share of the words and the likeness of the meanings, as one share."""
    return share if cosine is None else (share + MEANING * max(cosine, 0.0)) / (1 + MEANING)
