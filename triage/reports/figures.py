"""This module computes every number of a daily report from rows, in a form that is kept with it and never changes.

What is kept is free of language: codes, keys, numbers and times. `reading` turns it into words.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet

from feedback.models import MACHINE_CHANNELS, Feedback
from gateway_ingest.models import Alert
from hypercare.core.models import Deployment, Launch, Message
from triage.exit.assess import Standing, standings
from triage.exit.metrics import ERROR_SEVERITIES, STILL_FIRING
from triage.models import OPEN_STATUSES, CriterionState, Issue, IssueStatus
from triage.reports.period import Period
from triage.reports.quotes import quote
from triage.reports.verdict import verdict
from triage.times.lately import WEEK, lately, triage_waited

TOP_ISSUES = 5
CLOSED_SHOWN = 8
THEMES = 3
CHANGES_SHOWN = 8

Figures = dict[str, Any]


def figures_of(launch: Launch, period: Period) -> Figures:
    """All figures of the report of a period; the number of queries does not depend on the number of rows."""
    now = period.end
    found = standings(launch, now)
    numbers = _numbers(launch, period)
    return {
        "form": 1,
        "launch": launch.name,
        "zone": launch.zone,
        "day": period.day.isoformat(),
        "number": (period.day - launch.go_live_on).days + 1,
        "planned": launch.days_planned,
        "begin": period.begin.isoformat(),
        "end": now.isoformat(),
        "verdict": verdict(launch, now, found=found).as_json(),
        "numbers": numbers,
        "times": _times(launch, period),
        "change": _change(numbers, period),
        "before": _before(period),
        "exit": [_criterion(standing) for standing in found],
        "oldest": _oldest(launch, now),
        "top": [
            _issue(issue)
            for issue in _open(launch).select_related("owner").order_by("severity", "-priority", "id")[:TOP_ISSUES]
        ],
        "closed": [
            {"key": issue.key, "title": issue.title, "severity": issue.severity} for issue in _closed(launch, period)
        ],
        **_said(launch, period),
        "changes": _deployments(launch, period),
    }


def _open(launch: Launch) -> QuerySet[Issue]:
    return Issue.objects.filter(launch=launch, status__in=OPEN_STATUSES)


def _closed(launch: Launch, period: Period) -> QuerySet[Issue]:
    return Issue.objects.filter(
        launch=launch, status=IssueStatus.CLOSED, closed_at__gt=period.begin, closed_at__lte=period.end
    ).order_by("severity", "-closed_at")[:CLOSED_SHOWN]


def _numbers(launch: Launch, period: Period) -> dict[str, Any]:
    return _issue_numbers(launch, period) | _feedback_numbers(launch, period) | _machine_numbers(launch, period)


def _issue_numbers(launch: Launch, period: Period) -> dict[str, Any]:
    still = Q(status__in=OPEN_STATUSES)
    counts = Issue.objects.filter(launch=launch).aggregate(
        open=Count("pk", filter=still),
        new=Count("pk", filter=_within("opened_at", period) & ~Q(status=IssueStatus.DUPLICATE)),
        closed=Count("pk", filter=_within("closed_at", period) & Q(status=IssueStatus.CLOSED)),
        snoozed=Count("pk", filter=still & Q(snoozed_until__gt=period.end)),
        **{f"sev{severity}": Count("pk", filter=still & Q(severity=severity)) for severity in range(1, 6)},
    )
    return dict(counts)


def _feedback_numbers(launch: Launch, period: Period) -> dict[str, Any]:
    came = Feedback.objects.filter(_within("received_at", period), launch=launch, set_aside=False)
    counts = {"reports": came.exclude(channel__in=MACHINE_CHANNELS).count()}
    _n, waited = triage_waited(launch, begins=period.begin, ends=period.end)
    counts["set_aside"] = Feedback.objects.filter(launch=launch, set_aside=True, returns_at__isnull=False).count()
    return counts | {"triage_seconds": None if waited is None else waited.total_seconds()}


def _machine_numbers(launch: Launch, period: Period) -> dict[str, Any]:
    alerts = Alert.objects.filter(launch=launch, status__in=STILL_FIRING).aggregate(
        alerts=Count("pk"), error_alerts=Count("pk", filter=Q(severity__in=ERROR_SEVERITIES))
    )
    refused = Message.objects.filter(_within("given_up_at", period), launch=launch).count()
    return alerts | {"refused_messages": refused}


def _times(launch: Launch, period: Period) -> dict[str, Any]:
    """How long things took in the last week, and in the report's own time what came back and what was answered in time."""
    week = lately(launch, begins=period.end - WEEK, now=period.end)
    own = lately(launch, begins=period.begin, now=period.end)
    return {
        "week": {
            name: {"n": spread.n, "median": _seconds(spread.median), "p90": _seconds(spread.p90)}
            for name, spread in week.spreads.items()
        },
        "returned": own.returned,
        "in_time": own.responses.part,
        "responses": own.responses.of,
        "late": own.late,
        "at_risk": own.at_risk,
    }


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()


def _within(field: str, period: Period) -> Q:
    return Q(**{f"{field}__gt": period.begin, f"{field}__lte": period.end})


def _change(numbers: dict[str, Any], period: Period) -> dict[str, float]:
    """How each number differs from the report before, where there is one and it had the number."""
    before = period.previous.figures.get("numbers", {}) if period.previous else {}
    return {
        name: value - before[name]
        for name, value in numbers.items()
        if isinstance(value, int | float) and isinstance(before.get(name), int | float)
    }


def _before(period: Period) -> dict[str, Any] | None:
    """What the report before said of the whole, for telling what is different now."""
    if period.previous is None:
        return None
    figures = period.previous.figures
    met = [one["code"] for one in figures["exit"] if one["state"] == CriterionState.MET]
    return {"number": figures["number"], "colour": figures["verdict"]["colour"], "met": met}


def _criterion(standing: Standing) -> dict[str, Any]:
    criterion = standing.criterion
    return {
        "code": criterion.code,
        "name": criterion.name,
        "must": criterion.must,
        "state": str(standing.state),
        "held": min(standing.days_held, criterion.hold_days),
        "days": criterion.hold_days,
    }


def _oldest(launch: Launch, now: datetime) -> dict[str, Any] | None:
    issue = _open(launch).order_by("opened_at", "id").first()
    if issue is None:
        return None
    return {"key": issue.key, "title": issue.title, "days": max((now - issue.opened_at).days, 0)}


def _issue(issue: Issue) -> dict[str, Any]:
    return {
        "key": issue.key,
        "title": issue.title,
        "severity": issue.severity,
        "status": issue.status,
        "reach": issue.reach_value,
        "reach_of": issue.reach_of,
        "at_least": issue.reach_guests > 0,
        "owner": str(issue.owner) if issue.owner else "",
    }


def _said(launch: Launch, period: Period) -> dict[str, Any]:
    """How many people wrote about what, and of what most wrote about: the change and one quote."""
    said = (
        Feedback.objects.filter(_within("received_at", period), launch=launch)
        .exclude(channel__in=MACHINE_CHANNELS)
        .exclude(category="")
    )
    counts = dict(said.values_list("category").annotate(n=Count("pk")).order_by("-n", "category"))
    top = list(counts)[:THEMES]
    newest = (
        said.filter(category__in=top).order_by("category", "-id").distinct("category").only("category", "title", "body")
    )
    quotes = {row.category: quote(row.title, row.body) for row in newest}
    before = period.previous.figures.get("categories", {}) if period.previous else None
    themes = [
        {
            "category": category,
            "count": counts[category],
            "change": None if before is None else counts[category] - before.get(category, 0),
            "quote": quotes.get(category, ""),
        }
        for category in top
    ]
    return {"categories": counts, "themes": themes}


def _deployments(launch: Launch, period: Period) -> list[dict[str, Any]]:
    rows = (
        Deployment.objects.filter(_within("deployed_at", period), launch=launch)
        .select_related("release__component", "environment")
        .order_by("-deployed_at", "-id")[:CHANGES_SHOWN]
    )
    return [
        {
            "at": row.deployed_at.isoformat(),
            "what": row.release.component.name if row.release.component else "",
            "version": row.release.version,
            "where": row.environment.name,
            "summary": row.summary,
        }
        for row in rows
    ]
