"""This module says how near the nearest groups of a text are, seen from both sides, and how far the next ones stand off.

A group is what counts as one thing: an issue with all merged into it, or, for measuring, reports known to be duplicates.
That a text and its nearest share most of what they say is not enough to call them one: reports made from one template
all do. The nearest of one problem also stands out from the next.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from triage.match import deep
from triage.match.anyhow import with_meaning
from triage.match.words import Words

COMPARED_ROWS = 60
COMPARED_GROUPS = 8
NEXT_BEST = 5

# Measured by `manage.py evaluate matcher`; docs/text-model.md says how.
MERGE_ALIKE = 0.5
MERGE_APART = 0.6


@dataclass(frozen=True)
class Near:
    """The nearest row of a group: how much of each text the other shares, and how much more than the next best groups."""

    group: int
    feedback_id: int
    there: float
    back: float
    apart: float

    @property
    def alike(self) -> float:
        """What they share of what both say, 0 to 1."""
        return (self.there + self.back) / 2

    @property
    def is_beyond_doubt(self) -> bool:
        """Whether they may be merged without asking, as far as the words tell."""
        return self.alike >= MERGE_ALIKE and self.apart >= MERGE_APART


def nearest(
    launch_id: int,
    words: Words,
    found: Sequence[deep.Found],
    *,
    group_of: Mapping[int, int],
    besides: Collection[int] = (),
) -> list[Near]:
    """The groups nearest to a text, best first; rows of no group and of those in `besides` are passed over."""
    best: dict[int, deep.Found] = {}
    shares: list[tuple[float, int]] = []
    for row in found:
        group = group_of.get(row.feedback_id)
        if group is None or group in besides:
            continue
        best.setdefault(group, row)
        shares.append((row.share, group))
    near = [_near(launch_id, words, row, group, shares) for group, row in list(best.items())[:COMPARED_GROUPS]]
    return sorted(near, key=lambda each: -each.alike)


def _near(launch_id: int, words: Words, row: deep.Found, group: int, shares: Sequence[tuple[float, int]]) -> Near:
    next_best = [share for share, other in shares if other != group][:NEXT_BEST]
    back = deep.ask(launch_id, row.words).share_of(words)
    back = with_meaning(min(back, 1.0), row.cosine)
    return Near(group, row.feedback_id, row.share, back, row.share - sum(next_best) / NEXT_BEST)
