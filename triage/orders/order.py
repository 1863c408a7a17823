"""This module says what every kind of order can be asked: what it refuses, does, remembers and takes back."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from hypercare.core.models import Launch
from hypercare.core.problem import Problem
from hypercare.core.timeline import Actor
from triage import overrides, tree
from triage.models import ChangedIssue, Issue

Row = ChangedIssue
Given = Mapping[str, Any]


class Order:
    """One kind of order. Everything but `check` is called under the launch's lock with the issues locked."""

    can_undo: ClassVar[bool] = True
    entries: ClassVar[tuple[str, ...]] = ()
    number: int = 0

    def __init__(self, launch: Launch, given: Given) -> None:
        self.launch = launch
        self.given = given
        self._roots: dict[int, int] = {}

    @classmethod
    def check(cls, launch: Launch, given: Given, *, now: datetime) -> dict[str, Any]:
        """The order as it is kept; Problem 400 for one that no issue could follow."""
        raise NotImplementedError

    def begin(self, issues: Sequence[Issue], *, now: datetime) -> None:  # noqa: ARG002 - some kinds count by it
        """Reads what a batch needs to know beside its issues."""
        self._roots = tree.roots_of(issue.pk for issue in issues if issue.merged_into_id)

    def refusal(self, issue: Issue) -> Problem | None:
        """Why an issue cannot follow, or None."""
        return overrides.merged_away(issue, root=self._roots.get(issue.pk))

    def memory(self, issues: Sequence[Issue]) -> dict[int, dict[str, Any]]:
        """What taking it back will need, by issue."""
        return {issue.pk: {} for issue in issues}

    def apply(self, issues: Sequence[Issue], *, actor: Actor, now: datetime) -> dict[int, Problem]:
        """Does it, and says which issues could not follow after all."""
        raise NotImplementedError

    def stands(self, issues: Sequence[Issue], rows: Mapping[int, Row]) -> set[int]:
        """Which issues are still as the order left them."""
        raise NotImplementedError

    def take_back(self, issues: Sequence[Issue], rows: Mapping[int, Row], *, actor: Actor, now: datetime) -> int:
        """Takes it back where it stands; says how many people had been told of it already."""
        raise NotImplementedError


def text_of(given: Given, name: str) -> str:
    """The text of that name, or an empty one."""
    value = given.get(name)
    return value if isinstance(value, str) else ""


def by_moment(issues: Sequence[Issue], rows: Mapping[int, Row]) -> dict[datetime, list[Issue]]:
    """The issues by the moment at which the order was done to them."""
    found: dict[datetime, list[Issue]] = defaultdict(list)
    for issue in issues:
        if moment := rows[issue.pk].done_at:
            found[moment].append(issue)
    return found
