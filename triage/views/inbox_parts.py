"""This module holds the inbox's parts; each is rendered once for all that it shows, whoever looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, FilteredRelation, Q, QuerySet
from django.db.models.functions import Left
from django.http import QueryDict
from django.utils import timezone
from django.utils.safestring import SafeString

from feedback.models import Channel, Feedback
from hypercare.core.fragments import fragment
from hypercare.core.models import Launch
from triage.categories import CATEGORY_NAMES
from triage.filters import SEVERITIES
from triage.models import Origin

EXCERPT = 160
_FIELDS = (
    "id", "title", "channel", "category", "severity", "issue_key", "received_at", "triaged_at", "launch_id",
    "reporter__name", "reporter__email", "reporter__external_id",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """All that a row shows."""

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


@dataclass(frozen=True)
class Choosers:
    """The filters with a list to choose from, and what is chosen."""

    channel: str
    category: str
    severity: str

    channels = tuple(Channel.choices)
    categories = tuple(CATEGORY_NAMES)
    severities = tuple(SEVERITIES)


def as_listed(rows: QuerySet[Feedback]) -> QuerySet[Feedback]:
    """The rows with what the list shows of them, and the decision in force about each one's severity."""
    severity = FilteredRelation("decisions", condition=Q(decisions__field="severity", decisions__ended_at=None))
    return (
        rows.select_related("reporter")
        .only(*_FIELDS)
        .annotate(excerpt=Left("body", EXCERPT), severity_decision=severity)
        .annotate(
            said=F("severity_decision__value"),
            said_by=F("severity_decision__origin"),
            said_surely=F("severity_decision__applied"),
            sure=F("severity_decision__confidence"),
        )
    )


def rows_html(page: Sequence[Any], *, launch: Launch, with_person: bool) -> list[SafeString]:
    """The markup of each row that `as_listed` gave, with times in the launch's zone."""
    with timezone.override(launch.zone):
        return [fragment("triage/_inbox_row.html", _row(row, launch.slug, with_person=with_person)) for row in page]


def choosers_html(query: QueryDict) -> SafeString:
    """The markup of the filters with a list to choose from."""
    known = {"channel": Choosers.channels, "category": Choosers.categories, "severity": Choosers.severities}
    asked = {name: query.get(name, "") for name in known}
    return fragment(
        "triage/_inbox_choosers.html",
        Choosers(**{name: value if value in dict(known[name]) else "" for name, value in asked.items()}),
    )


def _row(row: Any, launch: str, *, with_person: bool) -> Row:
    by_person = row.said_by == Origin.PERSON
    return Row(
        key=row.key,
        launch=launch,
        channel=row.channel,
        title=row.title,
        excerpt=row.excerpt if row.excerpt != row.title else "",
        reporter=str(row.reporter) if row.reporter and with_person else "",
        is_triaged=row.triaged_at is not None,
        severity=row.said or "",
        is_suggested=not by_person,
        is_sure=bool(row.said_surely),
        confidence=None if by_person else row.sure,
        category=row.category,
        issue_key=row.issue_key,
        received_at=row.received_at,
    )
