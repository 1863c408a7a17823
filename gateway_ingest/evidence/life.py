"""This module tells the life of one request: every call of its trace in order, and what was said and done around it."""

import uuid
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from feedback.models import Feedback
from gateway_ingest.calls import STORE, FoundCall, Wanted
from gateway_ingest.evidence.near import traces_of
from gateway_ingest.models import Alert
from hypercare.core.models import Deployment, Launch

MOST_CALLS = 500
_REPORTS_WITHIN = timedelta(hours=1)
_ALERTS_WITHIN = timedelta(minutes=5)
_DEPLOYED_WITHIN = timedelta(days=7)
_MOST_AROUND = 20
_MOST_REPORTS = 500


@dataclass(frozen=True)
class Step:
    """One call of the trace: how long after the first one it began, and how long it took."""

    call: FoundCall
    offset_ms: float
    duration_ms: float | None

    @property
    def is_error(self) -> bool:
        """Whether it was answered 400 or above."""
        return self.call.status >= 400


@dataclass(frozen=True)
class Life:
    """All of one request."""

    trace_id: str
    begins: datetime
    length_ms: float
    steps: list[Step]
    is_whole: bool
    reports: list[Feedback]
    alerts: list[Alert]
    deployments: list[Deployment]

    @property
    def ends(self) -> datetime:
        """When its last call was answered."""
        return self.begins + timedelta(milliseconds=self.length_ms)

    @property
    def errors(self) -> int:
        """How many of its calls failed."""
        return sum(step.is_error for step in self.steps)


def life_of(launch: Launch, trace_id: str, *, now: datetime) -> Life | None:
    """The calls of a trace across components, with the reports, alerts and deployments around; None without a call."""
    found = STORE.find([launch], Wanted(trace_id=trace_id), limit=MOST_CALLS + 1, skip=0, now=now)
    if not found:
        return None
    calls = sorted(found[:MOST_CALLS], key=lambda call: (call.at, -call.duration))
    begins = calls[0].at
    steps = [_step(call, begins) for call in calls]
    length = max(step.offset_ms + (step.duration_ms or 0) for step in steps)
    ends = begins + timedelta(milliseconds=length)
    components = {call.component for call in calls if call.component}
    return Life(
        trace_id=calls[0].trace_id,
        begins=begins,
        length_ms=length,
        steps=steps,
        is_whole=len(found) <= MOST_CALLS,
        reports=_reports(launch, calls[0].trace_id, begins, ends),
        alerts=_alerts(launch, components, begins, ends),
        deployments=_deployments(launch, components, begins, ends),
    )


def _step(call: FoundCall, begins: datetime) -> Step:
    offset = (call.at - begins) / timedelta(milliseconds=1)
    return Step(call, offset, call.duration_ms)


def _reports(launch: Launch, trace_id: str, begins: datetime, ends: datetime) -> list[Feedback]:
    """Reports that carry the trace, in their own field or among the failed requests of their page."""
    rows = Feedback.objects.filter(launch=launch).select_related("launch", "reporter", "component")
    carrying = list(rows.filter(trace_id__in=_spellings(trace_id)).order_by("-pk")[:_MOST_AROUND])
    around = rows.filter(received_at__gte=begins, received_at__lt=ends + _REPORTS_WITHIN, context__has_key="requests")
    known = {row.pk for row in carrying}
    noted = [row for row in around[:_MOST_REPORTS] if row.pk not in known and trace_id in traces_of(row)]
    return [*carrying, *noted]


def _spellings(trace_id: str) -> list[str]:
    """A report keeps its trace as its sender wrote it."""
    return [trace_id, trace_id.upper(), *([str(uuid.UUID(trace_id))] if len(trace_id) == 32 else [])]


def _alerts(launch: Launch, components: AbstractSet[str], begins: datetime, ends: datetime) -> list[Alert]:
    """What fired about these components, or about none in particular, while the request ran or within minutes."""
    about = Q(component__slug__in=components) | Q(component=None)
    open_then = Q(resolved_at=None, ends_at=None) | Q(resolved_at__gte=begins) | Q(ends_at__gte=begins)
    rows = Alert.objects.filter(about, open_then, launch=launch, starts_at__lte=ends + _ALERTS_WITHIN)
    return list(rows.select_related("component", "source", "feedback").order_by("starts_at", "pk")[:_MOST_AROUND])


def _deployments(launch: Launch, components: AbstractSet[str], begins: datetime, ends: datetime) -> list[Deployment]:
    """For each component what went live last before the request, and what went live within the hour after."""
    about = Q(release__component__slug__in=components) | Q(release__component=None)
    rows = Deployment.objects.filter(
        about, launch=launch, deployed_at__gte=begins - _DEPLOYED_WITHIN, deployed_at__lte=ends + _REPORTS_WITHIN
    )
    found: list[Deployment] = []
    seen: set[int | None] = set()
    for row in rows.select_related("release__component", "environment").order_by("-deployed_at", "-pk"):
        if row.deployed_at > begins:
            found.append(row)
        elif row.release.component_id not in seen:
            seen.add(row.release.component_id)
            found.append(row)
    return sorted(found, key=lambda row: row.deployed_at)[-_MOST_AROUND:]
