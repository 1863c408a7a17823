"""This module keeps how issues were told, as vectors in blocks that are added or replaced but never changed.

A reader takes a snapshot, a tuple of blocks, and searches it without a lock while a writer adds the next block.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_matrix, csr_matrix, vstack

from triage.match.similarity import WIDTH

MOST_TELLINGS = 20
NEAR = 0.08
NEAREST_ROWS = 60
_BLOCKS_BEFORE_JOINING = 12
_DEAD_SHARE = 0.3


@dataclass(frozen=True)
class Telling:
    """One report in an issue, with the words that a reason may quote and what is known of it."""

    feedback_id: int
    issue_id: int
    text: str
    component_id: int | None = None
    category: str = ""


@dataclass(frozen=True)
class Near:
    """A telling near a new text."""

    telling: Telling
    cosine: float


def near_of(cosines: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    """Where the cosines are near enough to be looked at, the nearest alone where they are many; in no order."""
    close = np.flatnonzero(cosines >= NEAR)
    if len(close) > NEAREST_ROWS:
        close = close[np.argpartition(-cosines[close], NEAREST_ROWS)[:NEAREST_ROWS]]
    return close


@dataclass(frozen=True)
class Block:
    """Tellings and their vectors, numbered from the index's beginning."""

    number: int
    tellings: tuple[Telling, ...]
    vectors: csc_matrix

    def compared(self, texts: csr_matrix) -> csr_matrix | None:
        """The cosines of texts and tellings that share a word."""
        # Kept by column, so that turned it visits only the features of the new text.
        return texts @ self.vectors.T if self.tellings else None


@dataclass(frozen=True)
class Snapshot:
    """The blocks at a moment and the number of the newest."""

    blocks: tuple[Block, ...]
    newest: int

    def search(self, texts: csr_matrix) -> list[list[Near]]:
        """For each text the near tellings of all blocks, nearest first."""
        compared = [(block, found) for block in self.blocks if (found := block.compared(texts)) is not None]
        return [_nearest(compared, row) for row in range(texts.shape[0])]


def _nearest(compared: Sequence[tuple[Block, csr_matrix]], row: int) -> list[Near]:
    """Numbers are compared first: of thousands that share a word with a text, few are near."""
    found: list[tuple[float, Telling]] = []
    for block, products in compared:
        begin, end = products.indptr[row], products.indptr[row + 1]
        cosines = products.data[begin:end]
        close = near_of(cosines)
        columns = products.indices[begin:end][close].tolist()
        found += zip(cosines[close].tolist(), map(block.tellings.__getitem__, columns), strict=True)
    found.sort(key=itemgetter(0), reverse=True)
    return [Near(telling, cosine) for cosine, telling in found[:NEAREST_ROWS]]


class Tellings:
    """The blocks of one launch; the caller holds a lock while it adds or removes."""

    def __init__(self) -> None:
        self._blocks: tuple[Block, ...] = ()
        self._newest = 0
        self._of_issue: dict[int, set[int]] = {}
        self._issue_of: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._issue_of)

    def of_issue(self, issue_id: int) -> frozenset[int]:
        """The feedback rows that are held for an issue."""
        return frozenset(self._of_issue.get(issue_id, ()))

    def issues(self) -> list[int]:
        """The issues that tellings are held for."""
        return list(self._of_issue)

    def holds(self, telling: Telling) -> bool:
        """Whether a telling found in a snapshot still stands."""
        return self._issue_of.get(telling.feedback_id) == telling.issue_id

    def snapshot(self) -> Snapshot:
        """What a reader may search without a lock."""
        return Snapshot(self._blocks, self._newest)

    def since(self, number: int) -> Snapshot:
        """The blocks that were added after a snapshot's newest."""
        return Snapshot(tuple(block for block in self._blocks if block.number > number), self._newest)

    def add(self, tellings: Sequence[Telling], vectors: csr_matrix) -> None:
        """Adds tellings as one block."""
        if not tellings:
            return
        self._newest += 1
        for telling in tellings:
            self._forget(telling.feedback_id)
            self._issue_of[telling.feedback_id] = telling.issue_id
            self._of_issue.setdefault(telling.issue_id, set()).add(telling.feedback_id)
        self._blocks = (*self._blocks, Block(self._newest, tuple(tellings), vectors.tocsc()))

    def remove(self, feedback_ids: Iterable[int]) -> None:
        """Forgets tellings; their rows go when blocks are joined."""
        for feedback_id in feedback_ids:
            self._forget(feedback_id)

    def _forget(self, feedback_id: int) -> None:
        issue_id = self._issue_of.pop(feedback_id, None)
        if issue_id is not None:
            left = self._of_issue[issue_id]
            left.discard(feedback_id)
            if not left:
                del self._of_issue[issue_id]

    def join_blocks(self) -> None:
        """Joins small blocks and drops forgotten rows when there are many; a joined block keeps its newest number."""
        rows = sum(len(block.tellings) for block in self._blocks)
        if len(self._blocks) <= _BLOCKS_BEFORE_JOINING and rows <= (1 + _DEAD_SHARE) * len(self) + MOST_TELLINGS:
            return
        large, small = self._large_and_small(rows)
        self._blocks = (*large, *([self._joined(small)] if small else []))

    def _large_and_small(self, rows: int) -> tuple[list[Block], list[Block]]:
        """One large block stays while the rest is less than a quarter of it and few of its rows are forgotten."""
        first, *rest = self._blocks
        alive = sum(self.holds(telling) for telling in first.tellings)
        if alive >= (1 - _DEAD_SHARE) * len(first.tellings) and rows - len(first.tellings) < len(first.tellings) / 4:
            return [first], rest
        return [], [first, *rest]

    def _joined(self, blocks: Sequence[Block]) -> Block:
        kept: dict[int, tuple[int, int]] = {}
        for number, block in enumerate(blocks):
            for row, telling in enumerate(block.tellings):
                if self.holds(telling):
                    kept[telling.feedback_id] = (number, row)
        rows: Mapping[int, list[int]] = {number: [] for number in range(len(blocks))}
        for number, row in kept.values():
            rows[number].append(row)
        tellings = [blocks[number].tellings[row] for number, wanted in rows.items() for row in sorted(wanted)]
        parts = [blocks[number].vectors.tocsr()[sorted(wanted)] for number, wanted in rows.items() if wanted]
        matrix = vstack(parts, format="csr") if parts else csr_matrix((0, WIDTH), dtype=np.float32)
        return Block(blocks[-1].number, tuple(tellings), matrix.tocsc())


def similarities_within(texts: csr_matrix) -> npt.NDArray[np.float32]:
    """How alike the texts of one batch are to each other."""
    return np.asarray((texts @ texts.T).toarray(), dtype=np.float32)
