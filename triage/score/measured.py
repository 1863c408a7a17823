"""This module measures in traffic how many consumers an issue reached, and lets the score follow.

What an issue's reporters saw fail says which calls it is about; where none of them did, the errors of its component do.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Min, Q, QuerySet

from feedback.models import Feedback
from gateway_ingest import evidence
from gateway_ingest.evidence import Reach, Signature, Span
from gateway_ingest.models import CallKind
from triage import tree
from triage.board import changes
from triage.locks import lock_ids, lock_launch
from triage.models import OPEN_STATUSES, Issue, MeasuredReach
from triage.one_by_one import one_by_one
from triage.score.scoring import rescore

ISSUES_AT_ONCE = 100
_AGAIN_AFTER = timedelta(minutes=1)
# Calls come late, so an issue is measured until so long after its last signal.
_LATE = timedelta(hours=1)
_BEFORE, _AFTER, _LONGEST = timedelta(minutes=5), timedelta(minutes=10), timedelta(days=7)
_REPORTS_READ = 200
_MOST_ROUTES = 5
# A page that asks who is there is refused to every visitor, so only a server's own errors say whom trouble reached.
_ERROR = 5
# Types of issues whose trouble shows as errors of the component; others are measured by what reporters saw fail only.
_SHOWN_AS_ERRORS = frozenset({"bug", "availability", "integration", "data_integrity"})


@dataclass(frozen=True)
class _Question:
    """What is to be measured of an issue."""

    signatures: list[Signature]
    span: Span


def measure(*, clock: Callable[[], datetime]) -> int:
    """Measures the issues whose traffic may have changed, those that waited longest first; says how many."""
    due = list(_due(clock()).select_related("launch", "component")[:ISSUES_AT_ONCE])
    one_by_one(due, lambda issue: measure_issue(issue, now=clock()))
    return len(due)


def measure_issue(issue: Issue, *, now: datetime) -> None:
    """Measures one root issue, and rescores it where that changes its reach."""
    question = _question(issue, now=now)
    found = None
    if question.signatures:
        found = evidence.reach(issue.launch, question.signatures, question.span, now=now)
    _write(issue, question, found, now=now)


def _due(now: datetime) -> QuerySet[Issue]:
    unmeasured = Q(measured_reach=None)
    stale = Q(measured_reach__measured_at__lt=now - _AGAIN_AFTER) & Q(
        measured_reach__measured_at__lt=F("last_seen_at") + _LATE
    )
    rows = Issue.objects.filter(unmeasured | stale, merged_into=None, launch__closed_at=None, status__in=OPEN_STATUSES)
    rows = rows.filter(launch__in=CallKind.objects.values("launch_id"))
    return rows.order_by(F("measured_reach__measured_at").asc(nulls_first=True), "-pk")


def _question(issue: Issue, *, now: datetime) -> _Question:
    keys = tree.keys_of(issue.pk)
    reports = Feedback.objects.filter(launch=issue.launch, issue_key__in=keys)
    first = reports.aggregate(first=Min("occurred_at"))["first"] or issue.opened_at
    ends = min(issue.last_seen_at + _AFTER, now)
    begins = max(min(first, ends) - _BEFORE, ends - _LONGEST)
    return _Question(signatures_of(issue, failed_as=(_ERROR,)), Span.of(begins, ends))


def signatures_of(issue: Issue, *, failed_as: tuple[int, ...]) -> list[Signature]:
    """What its reporters saw fail with these classes of status; where none did, the errors of its component."""
    reports = Feedback.objects.filter(launch=issue.launch, issue_key__in=tree.keys_of(issue.pk))
    seen = reports.filter(context__has_key="requests").select_related("reporter").order_by("-pk")[:_REPORTS_READ]
    failed = Counter(
        one for report in seen for one in evidence.failed_requests(report) if one.status_class in failed_as
    )
    found = evidence.resolved(issue.launch, [one for one, _times in failed.most_common(_MOST_ROUTES)])
    if not found and issue.component and issue.category in _SHOWN_AS_ERRORS:
        found = [Signature(component=issue.component.slug, status_class=_ERROR)]
    return found


@transaction.atomic
def _write(issue: Issue, question: _Question, found: Reach | None, *, now: datetime) -> None:
    lock_launch(issue.launch_id)
    if not lock_ids([issue.pk]):
        return
    is_measured = found is not None and found.is_measured
    facts = {
        "value": found.value if found and is_measured else 0,
        "of": found.of if found and is_measured else 0,
        "method": found.method if found else "",
        "error": found.error if found else 0.0,
        "calls": found.calls if found else 0,
        "signatures": [one.as_query() for one in question.signatures],
        "begins": question.span.begins,
        "ends": question.span.ends,
        "measured_at": now,
    }
    before = MeasuredReach.objects.filter(issue=issue).first()
    MeasuredReach.objects.update_or_create(issue=issue, defaults=facts)
    if ((before.value, before.of) if before else (0, 0)) != (facts["value"], facts["of"]):
        rescore([issue.pk], now=now)
        changes.publish(issue.launch_id, [issue.pk])
