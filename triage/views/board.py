"""This module shows the live board."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.roles import Right
from triage.board.changes import current_version
from triage.board.lanes import lanes_of, not_shown
from triage.filters import IssueFilter, active_filters, filter_text, single_choice, without_control
from triage.models import Issue
from triage.views.ordering import order_choices


@require_GET
@vary_on_headers("HX-Request")
@login_required
def board(request: HttpRequest, slug: str) -> HttpResponse:
    """Lanes by status; the version is read first, so that a change during rendering is sent again, never missed."""
    principal, now = Principal.of(request), clock.now()
    launch = access_launch(principal, slug, right=Right.READ)
    request.launch = launch  # type: ignore[attr-defined]  # the shell's context reads it
    version = current_version(launch.pk)
    found = IssueFilter(request.GET, Issue.objects.filter(launch=launch))
    lanes = lanes_of(found.qs, now=now)
    active = active_filters(request.GET, found, fields={})
    context = {
        "nav_active": "board",
        "version": version,
        "lanes": lanes,
        "total": sum(lane.count for lane in lanes),
        "filter": found,
        "active": active,
        "kept": without_control(active, controls={"q", "severity"}),
        "severity": single_choice(request.GET, "severity"),
        "may_move": Right.TRIAGE in principal.rights_in(launch),
    }
    if request.headers.get("HX-Request"):
        return render(request, "triage/_lanes.html", context)
    context |= {
        "hidden": not_shown(launch, now=now),
        "views": _views(request),
        "language": get_language() or "en",
        "filter_text": filter_text(request.GET, found, also={"open": "true", "snoozed": "false"}),
        **order_choices(principal, launch),
    }
    return render(request, "triage/board.html", context)


@require_GET
@login_required
def hidden(request: HttpRequest, slug: str) -> HttpResponse:
    """What the board does not show, counted anew."""
    principal = Principal.of(request)
    launch = access_launch(principal, slug, right=Right.READ)
    context = {"launch": launch, "rights": principal.rights_in(launch), "hidden": not_shown(launch, now=clock.now())}
    return render(request, "triage/_hidden.html", context)


def _views(request: HttpRequest) -> list[tuple[str, str, bool]]:
    """The ready-made views: label, query, whether it is the present one."""
    views = [
        (_("All open"), ""),
        (_("SEV1 to SEV3"), "severity=1&severity=2&severity=3"),
        (_("Mine"), urlencode({"owner": getattr(request.user, "email", "")})),
    ]
    present = request.GET.urlencode()
    return [(label, query, query == present) for label, query in views]
