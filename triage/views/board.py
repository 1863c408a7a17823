"""This module shows the live board."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.roles import Right
from triage import transitions
from triage.board.changes import current_version
from triage.board.lanes import lanes_of, not_shown
from triage.filters import IssueFilter
from triage.models import OPEN_STATUSES, Issue


@login_required
def board(request: HttpRequest, slug: str) -> HttpResponse:
    """Lanes by status; the version is read first, so that a change during rendering is sent again, never missed."""
    principal, now = Principal.of(request), clock.now()
    launch = access_launch(principal, slug, right=Right.READ)
    request.launch = launch  # type: ignore[attr-defined]  # the shell's context reads it
    version = current_version(launch.pk)
    found = IssueFilter(request.GET, Issue.objects.filter(launch=launch))
    lanes = lanes_of(found.qs, now=now)
    context = {
        "nav_active": "board",
        "version": version,
        "lanes": lanes,
        "total": sum(lane.count for lane in lanes),
        "hidden": not_shown(launch, now=now),
        "filter": found,
        "active": _active_filters(request, found),
        "may_move": Right.TRIAGE in principal.rights_in(launch),
        "language": get_language() or "en",
        "moves": {status: transitions.targets_from(status) for status in OPEN_STATUSES},
        "views": _views(request),
    }
    template = "triage/_lanes.html" if getattr(request, "htmx", None) else "triage/board.html"
    return render(request, template, context)


def _views(request: HttpRequest) -> list[tuple[str, str, bool]]:
    """The ready-made views: label, query, whether it is the present one."""
    mine = getattr(request.user, "email", "")
    views = [
        (_("All open"), ""),
        (_("SEV1 to SEV3"), "severity=1&severity=2&severity=3"),
        (_("Mine"), f"owner={mine}"),
    ]
    present = request.GET.urlencode()
    return [(label, query, query.replace("@", "%40") == present) for label, query in views]


def _active_filters(request: HttpRequest, found: IssueFilter) -> list[dict[str, str]]:
    """One chip for each filter in the URL, with the address that removes it."""
    chips = []
    for name in request.GET:
        if name not in found.filters:
            continue
        for value in request.GET.getlist(name):
            if not value:
                continue
            rest = request.GET.copy()
            rest.setlist(name, [kept for kept in rest.getlist(name) if kept != value])
            chips.append(
                {
                    "label": str(found.filters[name].label or name),
                    "value": value,
                    "without": f"?{rest.urlencode()}",
                }
            )
    return chips
