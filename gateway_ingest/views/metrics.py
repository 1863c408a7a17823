"""This module shows the course of a launch's own metrics, as OpenTelemetry brought them."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from gateway_ingest import charts
from gateway_ingest.evidence import Span
from gateway_ingest.evidence.signature import MINUTE
from gateway_ingest.views.traffic import around, launch_of, span_of
from hypercare.core import clock
from hypercare.core.models import Launch, MetricDefinition

_POINTS = 288
_COURSE = """
SELECT metric, date_bin(%s, measured_at, %s) AS step, avg(value), (array_agg(value ORDER BY measured_at DESC))[1],
    max(measured_at)
FROM core_measurement WHERE launch_id = %s AND metric = ANY(%s) AND measured_at >= %s AND measured_at < %s
GROUP BY 1, 2 ORDER BY 2
"""

Step = tuple[datetime, float, float, datetime]


@login_required
@require_GET
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Each metric with its newest value and its course over a span."""
    launch = launch_of(request, slug)
    chosen, span = span_of(request, now=clock.now(), usual="24h")
    definitions = list(MetricDefinition.objects.filter(launch=launch).order_by("name"))
    courses = _courses(launch, definitions, span)
    context = {
        "rows": [_row(one, courses[one.measured_as], span) for one in definitions],
        "step_minutes": round(_step_of(span) / MINUTE),
    }
    return render(request, "gateway_ingest/traffic_metrics.html", around(request, chosen, tab="metrics") | context)


def _courses(launch: Launch, definitions: list[MetricDefinition], span: Span) -> dict[str, list[Step]]:
    """The means of as many steps as a chart shows; one query."""
    found: dict[str, list[Step]] = defaultdict(list)
    names = [one.measured_as for one in definitions]
    with connection.cursor() as cursor:
        given: list[Any] = [_step_of(span), span.begins, launch.pk, names, span.begins, span.ends]
        cursor.execute(_COURSE, given)
        for metric, at, mean, newest, newest_at in cursor.fetchall():
            found[metric].append((at, mean, newest, newest_at))
    return found


def _step_of(span: Span) -> timedelta:
    """Whole minutes, as figures are."""
    return max(round(span.length / _POINTS / MINUTE), 1) * MINUTE


def _row(definition: MetricDefinition, course: list[Step], span: Span) -> dict[str, Any]:
    newest = course[-1][2:] if course else (None, None)
    points: list[tuple[datetime, float | None]] = [(at, mean) for at, mean, _newest, _newest_at in course]
    unit = f" {definition.unit}" if definition.unit else ""
    chart = charts.chart(points, span)
    return {"definition": definition, "value": newest[0], "at": newest[1], "unit": unit, "chart": chart}
