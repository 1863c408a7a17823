"""This module knows forests: what hangs below what, in which order, and where a tree may not be hung.

A forest is told by the parent of each number, None for a root.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from triage.models import Bone, Why

Parents = Mapping[int, int | None]


Row = TypeVar("Row", Why, Bone)


@dataclass(frozen=True)
class Branch(Generic[Row]):
    """A row with what hangs below it; `depth` is 1 for a root."""

    row: Row
    depth: int
    below: tuple["Branch[Row]", ...]

    def walk(self) -> Iterator["Branch[Row]"]:
        """Itself and all below it, in the order they are read."""
        yield self
        for branch in self.below:
            yield from branch.walk()


def parents_of(rows: Iterable[Why | Bone]) -> dict[int, int | None]:
    """What hangs below what."""
    return {row.pk: row.parent_id for row in rows}


def grown(rows: Iterable[Row]) -> tuple[Branch[Row], ...]:
    """The rows as trees, each level by place."""
    below: dict[int | None, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda one: (one.place, one.pk)):
        below[row.parent_id].append(row)

    def branches(parent: int | None, depth: int) -> tuple[Branch[Row], ...]:
        return tuple(Branch(row, depth, branches(row.pk, depth + 1)) for row in below[parent])

    return branches(None, 1)


def with_below(parents: Parents, number: int) -> set[int]:
    """A number and all that hangs below it."""
    children: dict[int | None, list[int]] = defaultdict(list)
    for child, parent in parents.items():
        children[parent].append(child)
    found, waiting = set(), [number]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += children[one]
    return found


def depth_of(parents: Parents, number: int | None) -> int:
    """On which level it hangs: 1 for a root, 0 for the ground below all roots."""
    depth = 0
    while number is not None:
        depth, number = depth + 1, parents[number]
    return depth


def height_of(parents: Parents, number: int) -> int:
    """How many levels the tree has that begins with it."""
    base = depth_of(parents, number)
    return max(depth_of(parents, one) for one in with_below(parents, number)) - base + 1


def would_ring(parents: Parents, number: int, under: int | None) -> bool:
    """Whether it would hang below itself there."""
    return under in with_below(parents, number)


def reaches(parents: Parents, number: int, under: int | None) -> int:
    """The deepest level of its tree, were it hung there."""
    return depth_of(parents, under) + height_of(parents, number)


def arranged(siblings: Sequence[int], number: int, *, steps: int) -> list[int]:
    """The order after a sibling went so many steps down, or up below nought; it stops at either end."""
    others = [one for one in siblings if one != number]
    place = max(0, min(len(others), list(siblings).index(number) + steps))
    return [*others[:place], number, *others[place:]]
