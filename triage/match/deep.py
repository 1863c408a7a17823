"""This module finds the reports nearest to a text among all rows of a launch, in PostgreSQL.

Candidates are the rows that share one of the text's weightiest words, taken from the rarest until a budget of rows is
spent, so that a search costs the same among a million rows as among thousands. They are weighed as BM25 weighs a text
of two fields (Robertson and Zaragoza), by all words they share with the text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hypercare.core import prepared
from triage.match.words import Amounts, Numbers, Words, times_in_body, times_in_title
from triage.models import WordsInAll

# Chosen by `manage.py evaluate matcher`; docs/text-model.md shows what others reach.
MOST_WORDS = 24
MOST_ROWS = 2000
COMMON_TOGETHER = 3
RERANKED = 200

Row = tuple[int, bytes, bytes, int, int]


@dataclass(frozen=True)
class Weighing:
    """How much each part counts: the title beside the body, a repeated word, a long text, a rare word."""

    title: float = 5.0
    title_length: float = 0.3
    body_length: float = 0.9
    fills_up: float = 3.0
    asked_fills_up: float = 4.0
    rarity: float = 1.1
    thought: float = 0.5


CHOSEN = Weighing()


@dataclass(frozen=True)
class Found:
    """A row near a text: which part of all the text says it says too, and how near the meanings are where they are known."""

    feedback_id: int
    share: float
    words: Words
    cosine: float | None = None


@dataclass(frozen=True)
class Asked:
    """A text with what each of its words weighs in its launch."""

    words: Words
    weights: Amounts
    reports_with: npt.NDArray[np.int64]
    mean_title: float
    mean_body: float
    weighing: Weighing

    def share_of(self, other: Words) -> float:
        """Which part of what this text says another says too."""
        return float(self.scores([other])[0] / max(self.scores([self.words])[0], 1e-9))

    def scores(self, rows: Sequence[Words]) -> Amounts:
        """How alike each row is to the text."""
        lengths = np.array([len(row.terms) for row in rows])
        said = np.frombuffer(b"".join(row.said for row in rows), dtype=np.uint8)
        terms = np.concatenate([row.terms for row in rows])
        titles = np.array([row.title_words for row in rows], dtype=np.float32)
        bodies = np.array([row.body_words for row in rows], dtype=np.float32)
        return self.scores_of(terms, said, lengths, titles, bodies)

    def scores_of(
        self,
        terms: Numbers,
        said: npt.NDArray[np.uint8],
        lengths: npt.NDArray[np.int64],
        titles: Amounts,
        bodies: Amounts,
    ) -> Amounts:
        """The same for rows that lie one behind the other in flat columns."""
        if not len(self.words.terms):
            return np.zeros(len(lengths), dtype=np.float32)
        place = np.minimum(np.searchsorted(self.words.terms, terms), len(self.words.terms) - 1)
        shared = self.words.terms[place] == terms
        row = np.repeat(np.arange(len(lengths)), lengths)[shared]
        often = self._often(said[shared], titles[row], bodies[row])
        worth = self.weights[place[shared]] * often / (self.weighing.fills_up + often)
        return np.bincount(row, weights=worth, minlength=len(lengths)).astype(np.float32)

    def _often(self, said: npt.NDArray[np.uint8], titles: Amounts, bodies: Amounts) -> Amounts:
        by = self.weighing
        title = 1 - by.title_length + by.title_length * titles / max(self.mean_title, 1.0)
        body = 1 - by.body_length + by.body_length * bodies / max(self.mean_body, 1.0)
        often: Amounts = by.title * times_in_title(said) / title + times_in_body(said) / body
        return often


def ask(launch_id: int, words: Words, *, weighing: Weighing = CHOSEN) -> Asked:
    """Weighs the words of a text by how rare each is in the launch."""
    in_all = WordsInAll.objects.filter(launch_id=launch_id).values_list("reports", "title_words", "body_words").first()
    reports, title_words, body_words = in_all or (0, 0, 0)
    reports_with = _reports_with(words.terms)
    rarity = np.log((reports + 1) / (np.minimum(reports_with, reports) + 0.5)) ** weighing.rarity
    often = weighing.title * words.in_title + words.in_body
    often = (weighing.asked_fills_up + 1) * often / (weighing.asked_fills_up + often)
    thought = np.where(words.terms & 1, weighing.thought, 1.0)
    return Asked(
        words=words,
        weights=(rarity * often * thought).astype(np.float32),
        reports_with=reports_with,
        mean_title=title_words / max(reports, 1),
        mean_body=body_words / max(reports, 1),
        weighing=weighing,
    )


def _reports_with(terms: Numbers) -> npt.NDArray[np.int64]:
    with prepared.cursor() as cursor:
        cursor.execute("SELECT term, reports FROM triage_wordcount WHERE term = ANY(%s::int[])", [terms.tolist()])
        known = dict(cursor.fetchall())
    return np.array([known.get(term, 0) for term in terms.tolist()], dtype=np.int64)


def search(
    launch_id: int, asked: Asked, *, besides: frozenset[int] = frozenset(), at_most: int = RERANKED
) -> list[Found]:
    """The rows of the launch that are most alike to the text, best first."""
    known = np.flatnonzero(asked.reports_with > 0)
    if not len(known):
        return []
    rare = _within_budget(asked, known)
    wanted = (_SAY_ONE, rare) if rare else (_SAY_ALL, _rarest(asked, known))
    rows = _rows(wanted[0], [wanted[1], launch_id, MOST_ROWS])
    return _weighed(asked, rows, besides=besides, at_most=at_most)


def weigh(launch_id: int, asked: Asked, feedback_ids: Sequence[int]) -> list[Found]:
    """The same for rows that were found another way."""
    rows = _rows(_THESE, [list(feedback_ids), launch_id])
    return _weighed(asked, rows, besides=frozenset(), at_most=len(feedback_ids))


def _within_budget(asked: Asked, known: npt.NDArray[np.intp]) -> list[int]:
    """The weightiest words that together name no more rows than the budget."""
    chosen: list[int] = []
    spent = 0
    for place in known[np.argsort(-asked.weights[known], kind="stable")]:
        reports = int(asked.reports_with[place])
        if len(chosen) < MOST_WORDS and spent + reports <= MOST_ROWS:
            chosen.append(int(asked.words.terms[place]))
            spent += reports
    return chosen


def _rarest(asked: Asked, known: npt.NDArray[np.intp]) -> list[int]:
    """The rarest words of a text of common words alone; only rows that say them all are looked at."""
    places = known[np.argsort(asked.reports_with[known], kind="stable")][:COMMON_TOGETHER]
    return [int(term) for term in asked.words.terms[places]]


# The terms as bytes: 20 of a head, then 4 of a length and 4 of a number, each the greater byte first.
_HEAD, _EACH = 20, 8
# The limit stands outside, or it would tempt the planner to read the table until enough are found.
_SAY = """
WITH found AS MATERIALIZED (SELECT feedback_id, terms, said, title_words, body_words FROM triage_wording
WHERE terms {operator} %s::int[] AND launch_id = %s)
SELECT feedback_id, array_send(terms), said, title_words, body_words FROM found LIMIT %s
"""
_SAY_ONE, _SAY_ALL = (_SAY.format(operator=operator) for operator in ("&&", "@>"))
_THESE = """
SELECT feedback_id, array_send(terms), said, title_words, body_words FROM triage_wording
WHERE feedback_id = ANY(%s) AND launch_id = %s
"""


def _rows(statement: str, parameters: Sequence[Any]) -> list[Row]:
    with prepared.cursor(binary=True) as cursor:
        cursor.execute(statement, parameters)
        found: list[Row] = cursor.fetchall()
        return found


def _weighed(asked: Asked, rows: Sequence[Row], *, besides: frozenset[int], at_most: int) -> list[Found]:
    rows = [row for row in rows if row[0] not in besides]
    if not rows:
        return []
    terms, ends = numbers_sent([row[1] for row in rows])
    lengths = np.diff(ends, prepend=0)
    titles = np.array([row[3] for row in rows], dtype=np.float32)
    bodies = np.array([row[4] for row in rows], dtype=np.float32)
    said = np.frombuffer(b"".join(row[2] for row in rows), dtype=np.uint8)
    scores = asked.scores_of(terms, said, lengths, titles, bodies)
    best = np.argsort(-scores, kind="stable")[:at_most]
    whole = max(float(asked.scores([asked.words])[0]), 1e-9)
    return [
        Found(
            rows[place][0],
            min(float(scores[place]) / whole, 1.0),
            Words(terms[ends[place] - lengths[place] : ends[place]], *rows[place][2:]),
        )
        for place in best.tolist()
    ]


def numbers_sent(arrays: Sequence[bytes]) -> tuple[Numbers, npt.NDArray[np.int64]]:
    """The numbers of arrays as PostgreSQL's array_send writes them, one behind the other, and where each array's end."""
    bodies = [sent[_HEAD:] for sent in arrays]
    numbers: Numbers = np.frombuffer(b"".join(bodies), dtype=">i4")[1::2].astype(np.int32)
    return numbers, np.cumsum([len(body) // _EACH for body in bodies], dtype=np.int64)
