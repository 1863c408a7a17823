"""This module shows what comes first and why, the plot of impact against effort, and how a launch scores."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from hypercare.core import clock
from hypercare.core.access import Principal
from hypercare.core.models import Launch
from hypercare.core.problem import Problem
from hypercare.core.roles import Right
from hypercare.core.views.place import enter
from triage.access import number_in
from triage.models import Issue, ScoringRules
from triage.score import formula, quadrant, ranking
from triage.score.comparing import Compared, compared
from triage.score.rules import change, rules_of
from triage.scoring_form import ScoringForm

_PLOTTED = 300


@login_required
@require_GET
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """The ranking, page by page, and the plot of what comes first."""
    launch, _actor = enter(request, slug, right=Right.READ)
    first = _rank(request.GET.get("from", ""))
    roots = ranking.open_roots(launch)
    total = roots.count()
    plotted = list(roots[:_PLOTTED])
    # The pages that the plot begins with are read once.
    last = first + ranking.SHOWN
    shown = plotted[first - 1 : last] if last <= _PLOTTED or total <= _PLOTTED else list(roots[first - 1 : last])
    context = {
        "nav_active": "board",
        "lines": ranking.ranked(shown, first=first),
        "total": total,
        "first": first,
        "next": last if total >= last else None,
        "previous": max(first - ranking.SHOWN, 1) if first > 1 else None,
        "rules": rules_of(launch),
        **_plot(plotted),
        "plotted": min(total, _PLOTTED),
        "compared": _compared(request, launch),
        "asked": [request.GET.get(name, "")[:40] for name in ("one", "other")],
        "may_place": Right.TRIAGE in Principal.of(request).rights_in(launch) and launch.closed_at is None,
    }
    return render(request, "triage/priorities.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def scoring(request: HttpRequest, slug: str) -> HttpResponse:
    """How the launch scores; who manages it may change that."""
    writes = request.method == "POST"
    launch, actor = enter(request, slug, right=Right.MANAGE if writes else Right.READ)
    form = ScoringForm(request.POST if writes else None, rules=rules_of(launch))
    if writes and form.is_valid():
        try:
            said = form.cleaned_data["formula"]
            change(launch, matrix=form.matrix, formula=said, actor=actor, now=clock.now())
        except Problem as problem:
            form.add_error("formula", problem.detail)
        else:
            messages.success(request, _("Saved. Open issues are scored again within seconds."))
            return redirect("triage:scoring", slug)
    context = {
        "nav_active": "board",
        "form": form,
        "names": formula.NAMES.items(),
        "may_change": Right.MANAGE in Principal.of(request).rights_in(launch),
        "waits": ScoringRules.objects.filter(launch=launch, rescored_at=None).exists(),
    }
    return render(request, "triage/scoring.html", context, status=400 if writes else 200)


def _compared(request: HttpRequest, launch: Launch) -> Compared | None:
    """The two issues that the address names, where both are open."""
    numbers = [number_in(request.GET.get(name, "")[:200]) for name in ("one", "other")]
    found = Issue.objects.filter(launch=launch).in_bulk([number for number in numbers if number])
    pair = [found[number] for number in numbers if number in found]
    return compared(launch, pair[0], pair[1]) if len(pair) == 2 else None


def _plot(issues: list[Issue]) -> dict[str, Any]:
    return {
        "dots": quadrant.dots_of(issues),
        "plot": {
            "width": quadrant.WIDTH,
            "height": quadrant.HEIGHT,
            "x": quadrant.x_of(quadrant.SPLIT_EFFORT),
            "y": quadrant.y_of(quadrant.SPLIT_IMPACT),
        },
        "scale": quadrant.scale(),
        "quadrants": quadrant.NAMES,
    }


def _rank(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and 0 < int(text[:9]) < 10**8 else 1
