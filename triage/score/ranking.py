"""This module ranks a launch's open issues in the board's order, and says what keeps each above the next one."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.db.models import Q, QuerySet

from hypercare.core.models import Launch
from triage.models import OPEN_STATUSES, Issue
from triage.score.standing import Between, between

SHOWN = 50


@dataclass(frozen=True)
class Line:
    """An issue in its place, with what keeps it above the next."""

    rank: int
    issue: Issue
    below: Between | None


@dataclass(frozen=True)
class Place:
    """Where one issue stands: its rank of how many, and what holds between it and its neighbours."""

    rank: int
    of: int
    above: Between | None
    below: Between | None


def open_roots(launch: Launch) -> QuerySet[Issue]:
    """What is ranked, first things first."""
    return Issue.objects.filter(launch=launch, merged_into=None, status__in=OPEN_STATUSES).order_by("-priority", "-pk")


def ranked(found: Sequence[Issue], *, first: int = 1) -> list[Line]:
    """A page of the ranking, `first` being the rank it begins with; one issue more says what the last stands above."""
    kept = [between(upper, lower) for upper, lower in pairwise(found)]
    return [Line(first + at, issue, kept[at] if at < len(kept) else None) for at, issue in enumerate(found[:SHOWN])]


def place_of(issue: Issue) -> Place | None:
    """Where an open root stands; None for one that is ended or merged."""
    if not issue.is_open or issue.merged_into_id:
        return None
    ahead = Q(priority__gt=issue.priority) | Q(priority=issue.priority, pk__gt=issue.pk)
    roots = open_roots(issue.launch)
    above = roots.filter(ahead).order_by("priority", "pk").first()
    below = roots.exclude(ahead).exclude(pk=issue.pk).first()
    return Place(
        rank=1 + roots.filter(ahead).count(),
        of=roots.count(),
        above=between(above, issue) if above else None,
        below=between(issue, below) if below else None,
    )
