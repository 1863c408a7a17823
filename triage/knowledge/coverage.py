"""This module says for how many of a launch's largest problems there is a runbook."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from hypercare.core.models import Launch
from triage.knowledge.suggesting import MOST_READ, fits
from triage.models import OPEN_STATUSES, Article, ArticleKind, ArticleState, Issue, IssueStatus

LARGEST = 10
RECENT = timedelta(days=14)
# Nobody acts by a runbook on these.
NOT_ACTED_ON = ("praise", "question", "enhancement")


@dataclass(frozen=True)
class Coverage:
    """The largest problems, each with the runbook that fits it, or None."""

    rows: list[tuple[Issue, Article | None]]

    @property
    def covered(self) -> int:
        """How many of them have one."""
        return sum(runbook is not None for _issue, runbook in self.rows)

    @property
    def share(self) -> float | None:
        """The share that has one; None where there is no problem."""
        return self.covered / len(self.rows) if self.rows else None


def coverage_of(launch: Launch, *, now: datetime) -> Coverage:
    """The ten issues with most reports that are open or were heard of in the last two weeks; three queries."""
    recent = Q(status=IssueStatus.CLOSED, last_seen_at__gte=now - RECENT)
    rows = Issue.objects.filter(Q(status__in=OPEN_STATUSES) | recent, launch=launch, merged_into=None)
    largest = (
        rows.exclude(category__in=NOT_ACTED_ON)
        .select_related("component")
        .order_by("-feedback_count", "severity", "pk")
    )
    published = Article.objects.filter(launch=launch, kind=ArticleKind.RUNBOOK, state=ArticleState.PUBLISHED)
    runbooks = list(published.order_by("-pk").prefetch_related("components")[:MOST_READ])
    return Coverage([(one, next((book for book in runbooks if fits(book, one)), None)) for one in largest[:LARGEST]])
