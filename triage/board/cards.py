"""This module turns issues into what a card and a socket frame show of them, with a constant number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from feedback.models import MACHINE_CHANNELS
from triage.models import Decision, Issue, IssueStatus, Origin

# How long a fix may take, by severity (days of the calendar); trivial ones have no clock.
FIX_TARGET = {1: timedelta(hours=8), 2: timedelta(days=1), 3: timedelta(days=3), 4: timedelta(days=5)}


@dataclass(frozen=True)
class Card:
    """One issue as its card shows it; `sure` is the machine's confidence while no person confirmed the severity."""

    issue: Issue
    sure: float | None
    now: datetime

    @property
    def sources(self) -> list[tuple[str, int]]:
        """Channels with counts, the loudest first."""
        return sorted(self.issue.sources.items(), key=lambda pair: -pair[1])

    @property
    def reported(self) -> int:
        """How many reports came from people."""
        return sum(count for channel, count in self.issue.sources.items() if channel not in MACHINE_CHANNELS)

    @property
    def sure_percent(self) -> int | None:
        """The confidence in percent."""
        return None if self.sure is None else round(self.sure * 100)

    @property
    def is_fixed(self) -> bool:
        """Whether the clock of the fix has stopped."""
        return self.issue.closed_at is not None or self.issue.status == IssueStatus.VERIFIED

    @property
    def age(self) -> timedelta:
        """How long the fix took, or takes by now; never negative, whatever the clock did."""
        verified_at = self.issue.status_changed_at if self.is_fixed else self.now
        return max((self.issue.closed_at or verified_at) - self.issue.opened_at, timedelta(0))

    @property
    def age_share(self) -> int:
        """The age as percent of the fix target, 0 to 100."""
        target = FIX_TARGET.get(self.issue.severity)
        return min(round(100 * self.age / target), 100) if target else 0

    @property
    def age_tone(self) -> str:
        """Quiet, then a warning at four fifths of the target, then late; fixed in time is good."""
        target = FIX_TARGET.get(self.issue.severity)
        is_late = target is not None and self.age >= target
        if self.is_fixed:
            return "" if is_late else "is-good"
        return "is-bad" if is_late else "is-warn" if self.age_share >= 80 else ""

    @property
    def age_words(self) -> str:
        """For example `open 5 h of 3 days`, `8 h late` or `fixed in 2 days`."""
        target = FIX_TARGET.get(self.issue.severity)
        if self.is_fixed:
            return _("fixed in %(age)s") % {"age": span(self.age)}
        if target is None:
            return _("open %(age)s") % {"age": span(self.age)}
        if self.age >= target:
            return _("%(age)s late") % {"age": span(self.age - target)}
        return _("open %(age)s of %(target)s") % {"age": span(self.age), "target": span(target)}


def span(length: timedelta) -> str:
    """A length of time in its largest unit: `4 min`, `5 h`, `3 days`."""
    minutes = int(length.total_seconds() // 60)
    if minutes < 60:
        return _("%(n)s min") % {"n": minutes}
    if minutes < 60 * 24:
        return _("%(n)s h") % {"n": minutes // 60}
    days = minutes // (60 * 24)
    return _("1 day") if days == 1 else _("%(n)s days") % {"n": days}


def with_people(issues: QuerySet[Issue]) -> QuerySet[Issue]:
    """The rows a card needs beside the issue."""
    return issues.select_related("launch", "component", "team", "owner")


def cards_of(issues: Sequence[Issue], *, now: datetime) -> list[Card]:
    """Cards in the order of the issues; one query."""
    live = Decision.objects.filter(issue__in=[issue.pk for issue in issues], field="severity", ended_at=None)
    sure = dict(live.exclude(origin=Origin.PERSON).values_list("issue_id", "confidence"))
    return [Card(issue, (sure[issue.pk] or 0.0) if issue.pk in sure else None, now) for issue in issues]


def frame_row(issue: Issue) -> dict[str, Any]:
    """One issue as a socket frame and `GET board/?since=` show it."""
    return {
        "id": issue.key,
        "title": issue.title,
        "status": issue.status,
        "severity": issue.severity,
        "category": issue.category,
        "priority": issue.priority,
        "moscow": issue.moscow,
        "labels": issue.labels,
        "rice_score": issue.rice_score,
        "feedback_count": issue.feedback_count,
        "sources": issue.sources,
        "reach": {
            "value": issue.reach_value,
            "guests": issue.reach_guests,
            "of": issue.reach_of,
            "method": issue.reach_method,
        },
        "owner": str(issue.owner) if issue.owner else None,
        "component": issue.component.name if issue.component else None,
        "team": issue.team.name if issue.team else None,
        "opened_at": issue.opened_at.isoformat(),
        "snoozed_until": issue.snoozed_until.isoformat() if issue.snoozed_until else None,
        "merged_into": f"IS-{issue.merged_into_id}" if issue.merged_into_id else None,
        "version": issue.version,
    }
