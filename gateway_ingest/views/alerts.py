"""This module shows a launch's alerts: what fires, how bad, how often."""

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from gateway_ingest.models import Alert, AlertSeverity, AlertStatus
from hypercare.core.access import Principal, access_launch
from hypercare.core.roles import Right

PAGE_SIZE = 50
_LAST_PAGE = 10_000


@login_required
@require_GET
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Open alerts first, the loudest and newest above; filters are in the address."""
    launch = access_launch(Principal.of(request), slug, right=Right.READ)
    request.launch = launch  # type: ignore[attr-defined]  # the shell's context reads it
    chosen = {name: request.GET.get(name, "") for name in ("status", "severity")}
    everything = Alert.objects.filter(launch=launch)
    number = _page_number(request)
    rows = list(_ordered(_filtered(everything, chosen))[(number - 1) * PAGE_SIZE : number * PAGE_SIZE + 1])
    context = {
        "alerts": rows[:PAGE_SIZE],
        "total": everything.count(),
        "firing": everything.exclude(status=AlertStatus.RESOLVED).count(),
        "chosen": chosen,
        "statuses": AlertStatus.choices,
        "severities": AlertSeverity.choices,
        "may_manage": Right.MANAGE in Principal.of(request).rights_in(launch),
        "previous_url": _url(chosen, number - 1) if number > 1 else "",
        "next_url": _url(chosen, number + 1) if len(rows) > PAGE_SIZE else "",
    }
    return render(request, "gateway_ingest/alerts.html", context)


def _filtered(alerts: QuerySet[Alert], chosen: dict[str, str]) -> QuerySet[Alert]:
    """An unknown value filters nothing: somebody edited the address."""
    if chosen["status"] in AlertStatus.values:
        alerts = alerts.filter(status=chosen["status"])
    if chosen["severity"] in AlertSeverity.values:
        alerts = alerts.filter(severity=chosen["severity"])
    return alerts


def _ordered(alerts: QuerySet[Alert]) -> QuerySet[Alert]:
    loudness = Case(
        *[When(severity=severity, then=Value(rank)) for rank, severity in enumerate(AlertSeverity.values)],
        output_field=IntegerField(),
    )
    is_over = Case(When(status=AlertStatus.RESOLVED, then=Value(1)), default=Value(0), output_field=IntegerField())
    return alerts.select_related("source", "component", "feedback").order_by(
        is_over, loudness, "-latest_seen_at", "-pk"
    )


def _page_number(request: HttpRequest) -> int:
    given = request.GET.get("page", "")
    return (
        min(int(given), _LAST_PAGE) if given.isascii() and given.isdigit() and len(given) < 6 and int(given) > 0 else 1
    )


def _url(chosen: dict[str, str], number: int) -> str:
    return "?" + urlencode({name: value for name, value in chosen.items() if value} | {"page": str(number)})
