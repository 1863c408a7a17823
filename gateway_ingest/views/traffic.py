"""This module shows a launch's traffic: its routes, one request's life, models side by side, what a deployment changed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from gateway_ingest import charts, evidence
from gateway_ingest.calls import STORE, FoundCall, Wanted
from gateway_ingest.deployments import name_of
from gateway_ingest.evidence import Life, Routes, Span
from gateway_ingest.evidence.deployments import WORDS, Word
from gateway_ingest.evidence.life import Step
from gateway_ingest.evidence.routes import Order
from gateway_ingest.formats.calls.values import trace_of
from gateway_ingest.models import CallKind
from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.models import Deployment, Launch
from hypercare.core.problem import not_found
from hypercare.core.roles import Right
from hypercare.core.strict_json import UNSAFE_CHARACTER

SPANS = {"1h": (timedelta(hours=1), gettext_lazy("1 hour")), "6h": (timedelta(hours=6), gettext_lazy("6 hours")),
    "24h": (timedelta(hours=24), gettext_lazy("24 hours")), "7d": (timedelta(days=7), gettext_lazy("7 days"))}  # fmt: skip
ORDERS = {Order.CALLS: gettext_lazy("Most calls"), Order.ERRORS: gettext_lazy("Most errors"),
    Order.SHARE: gettext_lazy("Highest error share")}  # fmt: skip
LENGTHS = {15: gettext_lazy("15 minutes"), 60: gettext_lazy("1 hour"), 360: gettext_lazy("6 hours"),
    1440: gettext_lazy("24 hours")}  # fmt: skip
FOUND_SHOWN = 50
ROUTES_SHOWN = 50
_MARKS = 12
_LONGEST_SEARCH = 200
_FALL = 1000


@dataclass(frozen=True)
class _Bar:
    """A call of a request's life with its bar: where it begins and how long it is, in thousandths of the whole."""

    step: Step
    x: str
    width: str


def launch_of(request: HttpRequest, slug: str, *, right: Right = Right.READ) -> Launch:
    """The launch, for whoever has the right."""
    launch = access_launch(Principal.of(request), slug, right=right)
    request.launch = launch  # type: ignore[attr-defined]  # the shell's context reads it
    return launch


@login_required
@require_GET
def routes(request: HttpRequest, slug: str) -> HttpResponse:
    """The routes of a span with calls, errors, p95, consumers and course; deployments stand in the chart."""
    launch = launch_of(request, slug)
    chosen, span = span_of(request, now=clock.now())
    component = _text(request, "component")
    order = Order(value) if (value := request.GET.get("order", "")) in ORDERS else Order.CALLS
    found = evidence.routes(launch, span, component=component, order=order)
    deployments = _deployments(launch, span, component)
    context = {
        **around(request, chosen, tab="routes"),
        "found": found,
        "rows": [(row, charts.spark(row.course)) for row in found.rows],
        "charts": _charts(found, span, deployments),
        "deployments": [(name_of(row), row) for row in deployments],
        "component": component,
        "components": launch.components.order_by("name"),
        "order": order,
        "orders": ORDERS.items(),
        "has_any": bool(found.calls) or CallKind.objects.filter(launch=launch).exists(),
    }
    return render(request, "gateway_ingest/traffic.html", context)


@login_required
@require_GET
def search(request: HttpRequest, slug: str) -> HttpResponse:
    """Finds calls by a trace, a request or a consumer; what is one request's leads to its life at once."""
    launch = launch_of(request, slug)
    asked = _text(request, "q")
    by, calls = _search(launch, asked, now=clock.now()) if asked else ("", [])
    traces = {call.trace_id for call in calls}
    if by in {"trace", "request"} and len(traces) == 1 and "" not in traces:
        return redirect("gateway_ingest:traffic_request", slug, traces.pop())
    context = {
        **around(request, "1h", tab=""), "asked": asked, "by": by, "calls": calls, "most": FOUND_SHOWN,
    }  # fmt: skip
    return render(request, "gateway_ingest/traffic_found.html", context)


@login_required
@require_GET
def life(request: HttpRequest, slug: str, trace_id: str) -> HttpResponse:
    """The life of one request."""
    launch = launch_of(request, slug)
    found = None if UNSAFE_CHARACTER.search(trace_id) else evidence.life_of(launch, trace_id, now=clock.now())
    if found is None:
        raise not_found(_("No call of this trace is kept here. Single calls go after some days, their figures stay."))
    context = {
        **around(request, "1h", tab=""),
        "life": found,
        "bars": _bars(found),
        "deployments": [(name_of(row), row, row.deployed_at > found.begins) for row in found.deployments],
    }
    return render(request, "gateway_ingest/traffic_request.html", context)


@login_required
@require_GET
def ai(request: HttpRequest, slug: str) -> HttpResponse:
    """Models and prompt versions side by side."""
    launch = launch_of(request, slug)
    chosen, span = span_of(request, now=clock.now(), usual="24h")
    context = {**around(request, chosen, tab="ai"), "rows": evidence.ai_table(launch, span)}
    return render(request, "gateway_ingest/traffic_ai.html", context)


@login_required
@require_GET
def deployment(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """What a deployment changed."""
    launch = launch_of(request, slug)
    rows = Deployment.objects.filter(launch=launch).select_related("launch", "release__component", "environment")
    row = rows.filter(pk=number).first()
    if row is None:
        raise not_found(_("There is no such deployment in this launch."))
    asked = request.GET.get("minutes", "")
    minutes = int(asked) if asked in map(str, LENGTHS) else 60
    found = evidence.before_and_after(row, now=clock.now(), length=timedelta(minutes=minutes))
    context = {
        **around(request, "1h", tab=""),
        "found": found,
        "name": name_of(row),
        "minutes": minutes,
        "lengths": LENGTHS.items(),
        "tone": _TONES[found.word],
        "sides": [found.before, found.after],
        "changes": [(each, WORDS[each.word], _TONES[each.word]) for each in found.routes[:ROUTES_SHOWN]],
        "charts": _charts_around(found) if found.is_compared else [],
    }
    return render(request, "gateway_ingest/traffic_deployment.html", context)


_TONES = {Word.BETTER: "is-good", Word.WORSE: "is-bad", Word.SAME: "", Word.TOO_LITTLE: "", Word.ELSEWHERE: ""}


def span_of(request: HttpRequest, *, now: datetime, usual: str = "1h") -> tuple[str, Span]:
    """The span the address names; an unknown one is the usual one, somebody edited the address."""
    chosen = request.GET.get("span", "")
    chosen = chosen if chosen in SPANS else usual
    return chosen, Span.of(now - SPANS[chosen][0], now)


def around(request: HttpRequest, chosen: str, *, tab: str) -> dict[str, Any]:
    """What every page about traffic shows around its own."""
    kept = {name: value for name in ("component", "order") if (value := _text(request, name))}
    spans = [(name, word, urlencode(kept | {"span": name})) for name, (_length, word) in SPANS.items()]
    return {"nav_active": "traffic", "tab": tab, "span": chosen, "spans": spans}


def _text(request: HttpRequest, name: str) -> str:
    """What the address says, on one line and without what no row can hold."""
    return UNSAFE_CHARACTER.sub("", request.GET.get(name, ""))[:_LONGEST_SEARCH].strip()


def _search(launch: Launch, asked: str, *, now: datetime) -> tuple[str, list[FoundCall]]:
    tries = [("trace", Wanted(trace_id=trace_of(asked) or asked)), ("request", Wanted(request_id=asked)),
        ("consumer", Wanted.of_consumer(asked))]  # fmt: skip
    for by, wanted in tries:
        if calls := STORE.find([launch], wanted, limit=FOUND_SHOWN, skip=0, now=now):
            return by, calls
    return "", []


def _deployments(launch: Launch, span: Span, component: str) -> list[Deployment]:
    rows = Deployment.objects.filter(launch=launch, deployed_at__gte=span.begins, deployed_at__lt=span.ends)
    if component:
        rows = rows.filter(Q(release__component__slug=component) | Q(release__component=None))
    return list(rows.select_related("release__component", "environment").order_by("-deployed_at")[:_MARKS])


def _marks(deployments: list[Deployment]) -> list[tuple[datetime, str]]:
    return [(row.deployed_at, f"{row.release.component or ''} {row.release.version}".strip()) for row in deployments]


def _charts(found: Routes, span: Span, deployments: list[Deployment]) -> list[tuple[str, str, charts.Chart]]:
    calls = [(at, float(number)) for at, number, _errors in found.course]
    shares = [(at, 100 * errors / number if number else None) for at, number, errors in found.course]
    drawn = [
        (_("Calls"), "", charts.chart(calls, span, marks=_marks(deployments))),
        (_("Share of errors"), "%", charts.chart(shares, span, marks=_marks(deployments))),
    ]
    return [(title, unit, one) for title, unit, one in drawn if one]


def _charts_around(found: evidence.Comparison) -> list[tuple[str, str, charts.Chart]]:
    """Error share and p95 from before until after the deployment, with a line where it went live."""
    launch, at = found.deployment.launch, found.deployment.deployed_at
    span = Span(at - max(found.after.span.length, found.before.span.length), found.after.span.ends)
    span = Span.of(span.begins, span.ends)
    drawn = []
    for measure, title, unit, factor in (
        ("error_share", _("Share of errors"), "%", 100.0), ("p95_ms", _("p95"), "ms", 1.0)
    ):  # fmt: skip
        points = evidence.series(launch, measure, span, signature=found.signature).points
        places = [(point.at, None if point.value is None else factor * point.value) for point in points]
        if one := charts.chart(places, span, marks=_marks([found.deployment])):
            drawn.append((title, unit, one))
    return drawn


def _bars(life: Life) -> list[_Bar]:
    whole = life.length_ms or 1.0
    return [
        _Bar(
            step,
            f"{_FALL * step.offset_ms / whole:.1f}",
            f"{max(_FALL * (step.duration_ms or 0) / whole, 4):.1f}",
        )
        for step in life.steps
    ]
