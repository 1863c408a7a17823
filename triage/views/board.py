"""This module shows the live board."""

import re
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.models import Launch
from hypercare.core.problem import Problem
from hypercare.core.roles import Right
from triage import labels
from triage.board.changes import current_version
from triage.board.lanes import (
    GROUPING_WORDS,
    GROUPINGS,
    after_in_lane,
    filtered_out,
    lanes_of,
    not_shown,
    swims_of,
)
from triage.board.limits import limits_of
from triage.board.readers import often_of
from triage.board.saved_views import default_of, kept_query, views_of
from triage.filters import IssueFilter, active_filters, filter_text, list_query, single_choice, without_control
from triage.models import OPEN_STATUSES, HowOften, Issue, Visibility
from triage.views.ordering import order_choices

_PLACE = re.compile(r"([1-5]):([0-9]{1,10}):([0-9]{1,18})")


@dataclass(frozen=True)
class View:
    """One view in the page's head: `pk` where the reader may remove it, `number` where it is saved and can be read by mail."""

    label: str
    query: str
    is_present: bool
    pk: int | None = None
    who: str = ""
    number: int | None = None
    often: str = ""


@require_GET
@vary_on_headers("HX-Request")
@login_required
def board(request: HttpRequest, slug: str) -> HttpResponse:
    """Lanes by status; the version is read first, so that a change during rendering is sent again, never missed."""
    principal, now = Principal.of(request), clock.now()
    launch = access_launch(principal, slug, right=Right.READ)
    request.launch = launch  # type: ignore[attr-defined]  # the shell's context reads it
    is_part = bool(request.headers.get("HX-Request"))
    if not request.GET and not is_part and (first := default_of(launch)) and first.query:
        return redirect(f"{request.path}?{first.query}")
    rights = principal.rights_in(launch)
    version = current_version(launch.pk)
    found = IssueFilter(request.GET, Issue.objects.filter(launch=launch))
    lanes = lanes_of(found.qs, now=now, limits=limits_of(launch), cards=_cards_shown(request))
    grouping = request.GET.get("lanes", "")
    # That the board shows open issues goes without saying.
    active = [one for one in active_filters(request.GET, found, fields={}) if (one.name, one.value) != ("open", "true")]
    context = {
        "nav_active": "board",
        "version": version,
        "lanes": lanes,
        "swims": swims_of(lanes, grouping) if grouping in GROUPINGS else [],
        "grouping": grouping if grouping in GROUPINGS else "",
        "total": sum(lane.count for lane in lanes),
        "filter": found,
        "active": active,
        "filtered_out": filtered_out(launch, lanes, now=now) if active else 0,
        "kept": without_control(active, controls={"q", "severity", "label"}),
        "label": single_choice(request.GET, "label"),
        "severity": single_choice(request.GET, "severity"),
        "may_move": Right.TRIAGE in rights,
        "list_query": list_query(request.GET, found),
    }
    if is_part:
        return render(request, "triage/_lanes.html", context)
    context |= {
        "hidden": not_shown(launch, now=now),
        "views": _views(request, launch, filters=filter_text(request.GET, found), may_manage=Right.MANAGE in rights),
        "groupings": GROUPING_WORDS,
        "ungrouped": filter_text(request.GET, found),
        "query": kept_query(request.GET.urlencode()),
        "visibilities": Visibility.choices,
        "known_labels": labels.known(launch),
        "how_often": HowOften.choices,
        "rights_here": " ".join(sorted(rights)),
        "language": get_language() or "en",
        "filter_text": filter_text(request.GET, found, also={"open": "true", "snoozed": "false"}),
        **order_choices(launch, may_order=Right.TRIAGE in rights),
    }
    return render(request, "triage/board.html", context)


def _cards_shown(request: HttpRequest) -> dict[str, int]:
    """How many cards of each lane the page shows, as its script says when it renews them: `new:150 triaged:100`."""
    said = (part.partition(":") for part in request.headers.get("X-Cards", "")[:200].split())
    return {status: int(count) for status, _colon, count in said if count.isascii() and count.isdecimal()}


@require_GET
@login_required
def lane(request: HttpRequest, slug: str, status: str) -> HttpResponse:
    """The next cards of a lane, behind the last that the page shows."""
    launch = access_launch(Principal.of(request), slug, right=Right.READ)
    place = _PLACE.fullmatch(request.GET.get("after", ""))
    if place is None or status not in OPEN_STATUSES:
        raise Problem(400, _("Say behind which card of which column to go on."))
    found = IssueFilter(request.GET, Issue.objects.filter(launch=launch))
    behind = (int(place[1]), int(place[2]), int(place[3]))
    more = after_in_lane(found.qs, status, after=behind, now=clock.now())
    context = {"lane": more, "list_query": list_query(request.GET, found)}
    return render(request, "triage/_lane_more.html", context | {"launch": launch})


@require_GET
@login_required
def hidden(request: HttpRequest, slug: str) -> HttpResponse:
    """What the board does not show, counted anew."""
    principal = Principal.of(request)
    launch = access_launch(principal, slug, right=Right.READ)
    context = {"launch": launch, "rights": principal.rights_in(launch), "hidden": not_shown(launch, now=clock.now())}
    return render(request, "triage/_hidden.html", context)


def _views(request: HttpRequest, launch: Launch, *, filters: str, may_manage: bool) -> list[View]:
    """The ready-made views and the saved ones that this person sees; swimlanes leave a ready-made one what it is."""
    reader = Principal.of(request).user
    saved = list(views_of(launch, reader=reader))
    often = often_of(reader, saved)
    ready = [
        (_("All open"), "open=true" if any(view.visibility == Visibility.DEFAULT for view in saved) else ""),
        (_("SEV1 to SEV3"), "severity=1&severity=2&severity=3"),
        (_("Mine"), urlencode({"owner": getattr(request.user, "email", "")})),
    ]
    present = request.GET.urlencode()
    at = present if any(view.query == present for view in saved) else filters
    return [View(label, query, query == at) for label, query in ready] + [
        View(
            view.name,
            view.query,
            view.query == present,
            pk=view.pk if may_manage or view.owner_id == reader.pk else None,
            who="" if view.visibility == Visibility.PRIVATE else str(view.owner),
            number=view.pk,
            often=often.get(view.pk, ""),
        )
        for view in saved
    ]
