"""This module says which reviews are due: a critical issue that was closed is reviewed within five business days."""

from dataclasses import dataclass
from datetime import date, datetime

from hypercare.core.business_days import business_days_after
from hypercare.core.clock import local_day
from hypercare.core.models import Launch
from triage.models import Issue, IssueStatus

REVIEWED_FROM = 2
WITHIN_BUSINESS_DAYS = 5
MOST = 100


@dataclass(frozen=True)
class Due:
    """A closed issue without a published review, and until which day that is due."""

    issue: Issue
    day: date
    is_overdue: bool
    is_begun: bool


def due_of(launch: Launch, *, now: datetime) -> list[Due]:
    """What is due, the first due first."""
    closed = Issue.objects.filter(
        launch=launch, status=IssueStatus.CLOSED, severity__lte=REVIEWED_FROM, closed_at__isnull=False
    )
    rows = closed.filter(review__published_at=None).select_related("review", "component").order_by("closed_at", "pk")
    return [_due(issue, launch, now=now) for issue in rows[:MOST]]


def _due(issue: Issue, launch: Launch, *, now: datetime) -> Due:
    day = business_days_after(local_day(issue.closed_at or now, launch.zone), WITHIN_BUSINESS_DAYS)
    return Due(issue, day, local_day(now, launch.zone) > day, hasattr(issue, "review"))
