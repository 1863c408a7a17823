"""This module holds the inbox's parts; each is rendered once for all that it shows, whoever looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import FilteredRelation, Q, QuerySet
from django.db.models.functions import Left
from django.http import QueryDict
from django.utils import timezone
from django.utils.safestring import SafeString

from feedback.models import Channel, Feedback
from hypercare.core.fragments import fragment
from hypercare.core.models import Launch
from triage.categories import AI_FAILURE_NAMES, CATEGORY_NAMES, GOVERNANCE_NAMES
from triage.filters import SEVERITIES, single_choice
from triage.models import Origin

EXCERPT = 160
# What the list reads of a report; plain values, since making model instances took longer than the query.
_COLUMNS = (
    "id", "channel", "title", "excerpt", "category", "issue_key", "received_at", "triaged_at",
    "spam", "set_aside",
    "reporter__name", "reporter__email", "reporter__external_id",
    "decided__value", "decided__origin", "decided__applied", "decided__confidence",
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
    spam: str
    set_aside: bool


@dataclass(frozen=True)
class Choosers:
    """The filters with a list to choose from, and what is chosen."""

    channel: str
    category: str
    severity: str
    ai_failure: str
    governance: str

    channels = tuple(Channel.choices)
    categories = tuple(CATEGORY_NAMES)
    severities = tuple(SEVERITIES)
    ai_failures = tuple(AI_FAILURE_NAMES)
    flags = tuple(GOVERNANCE_NAMES)


def as_listed(rows: QuerySet[Feedback]) -> QuerySet[Feedback, Any]:
    """What the list shows of each report, with the decision in force about its severity, as named values."""
    severity = FilteredRelation("decisions", condition=Q(decisions__field="severity", decisions__ended_at=None))
    return rows.annotate(excerpt=Left("body", EXCERPT), decided=severity).values_list(*_COLUMNS, named=True)


def rows_html(page: Sequence[Any], *, launch: Launch, with_person: bool) -> list[SafeString]:
    """The markup of each row that `as_listed` gave, with times in the launch's zone."""
    with timezone.override(launch.zone):
        return [fragment("triage/_inbox_row.html", _row(row, launch.slug, with_person=with_person)) for row in page]


def choosers_html(query: QueryDict) -> SafeString:
    """The markup of the filters with a list to choose from."""
    known = {
        "channel": Choosers.channels,
        "category": Choosers.categories,
        "severity": Choosers.severities,
        "ai_failure": Choosers.ai_failures,
        "governance": Choosers.flags,
    }
    asked = {name: single_choice(query, name) for name in known}
    return fragment(
        "triage/_inbox_choosers.html",
        Choosers(**{name: value if value in dict(known[name]) else "" for name, value in asked.items()}),
    )


def _row(row: Any, launch: str, *, with_person: bool) -> Row:
    by_person = row.decided__origin == Origin.PERSON
    person = row.reporter__name or row.reporter__email or row.reporter__external_id
    return Row(
        key=f"HC-{row.id}",
        launch=launch,
        channel=row.channel,
        title=row.title,
        excerpt=row.excerpt if row.excerpt != row.title else "",
        reporter=person or "" if with_person else "",
        is_triaged=row.triaged_at is not None,
        severity=row.decided__value or "",
        is_suggested=not by_person,
        is_sure=bool(row.decided__applied),
        confidence=None if by_person else row.decided__confidence,
        category=row.category,
        issue_key=row.issue_key,
        received_at=row.received_at,
        spam=row.spam,
        set_aside=row.set_aside,
    )
