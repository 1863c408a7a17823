"""This module gives the inbox its rows; a report that shows the same is rendered once for all who look."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.safestring import SafeString

from feedback.models import Feedback
from hypercare.core.fragments import fragment
from hypercare.core.models import Launch
from triage.models import Decision, Origin


@dataclass(frozen=True)
class Row:
    """All that a row of the inbox shows."""

    key: str
    launch: str
    channel: str
    title: str
    excerpt: str
    reporter: str
    is_triaged: bool
    severity: str
    is_suggested: bool
    is_sure: bool
    confidence: float | None
    category: str
    issue_key: str
    received_at: datetime


def rows_html(
    page: Iterable[Feedback], severities: Mapping[int, Decision], *, launch: Launch, with_person: bool
) -> list[SafeString]:
    """The markup of each report with the decision about its severity, in the launch's zone."""
    shown = [_row(row, severities.get(row.pk), launch=launch.slug, with_person=with_person) for row in page]
    with timezone.override(launch.zone):
        return [fragment("triage/_inbox_row.html", row) for row in shown]


def _row(row: Feedback, severity: Decision | None, *, launch: str, with_person: bool) -> Row:
    by_person = severity is not None and severity.origin == Origin.PERSON
    return Row(
        key=row.key,
        launch=launch,
        channel=row.channel,
        title=row.title,
        excerpt=row.excerpt if row.excerpt != row.title else "",  # type: ignore[attr-defined]  # annotated by the view
        reporter=str(row.reporter) if row.reporter and with_person else "",
        is_triaged=row.triaged_at is not None,
        severity=severity.value if severity else "",
        is_suggested=not by_person,
        is_sure=severity is not None and severity.applied,
        confidence=severity.confidence if severity and not by_person else None,
        category=row.category,
        issue_key=row.issue_key,
        received_at=row.received_at,
    )
