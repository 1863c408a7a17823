"""This module takes the forms of the board: save a view, remove one, get mail about one, limit columns."""

from collections.abc import Callable
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.problem import Problem
from hypercare.core.roles import Right
from triage.board import limits, readers, saved_views
from triage.models import OPEN_STATUSES
from triage.views.posted import posted


@login_required
@require_POST
def save(request: HttpRequest, slug: str) -> HttpResponse:
    """Keeps the present filters and grouping under a name."""
    principal = Principal.of(request)
    launch = access_launch(principal, slug, right=Right.READ)
    query = saved_views.kept_query(request.POST.get("query", ""))

    def keep() -> str:
        view = saved_views.save(
            launch,
            name=posted(request, "name"),
            query=query,
            visibility=request.POST.get("visibility", ""),
            principal=principal,
            now=clock.now(),
        )
        return _("“%(name)s” is saved.") % {"name": view.name}

    _say(request, keep)
    return redirect(f"{reverse('triage:board', args=[slug])}?{query or 'open=true'}")


@login_required
@require_POST
def remove(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Forgets a view."""
    principal = Principal.of(request)
    launch = access_launch(principal, slug, right=Right.READ)

    def forget() -> str:
        saved_views.remove(launch, pk, principal=principal)
        return _("The view is removed.")

    _say(request, forget)
    return redirect(f"{reverse('triage:board', args=[slug])}?open=true")


@login_required
@require_POST
def mail(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Sets how often a person gets mail about a view; an empty choice ends it."""
    principal = Principal.of(request)
    launch = access_launch(principal, slug, right=Right.READ)
    view = saved_views.view_of(launch, pk, reader=principal.user)

    def choose() -> str:
        often = posted(request, "often")
        if not often:
            readers.end(view, principal.user)
            return _("You get no mail about “%(name)s”.") % {"name": view.name}
        readers.begin(view, principal.user, often=often, now=clock.now())
        return _("You get mail about what newly enters “%(name)s”.") % {"name": view.name}

    _say(request, choose)
    return redirect(f"{reverse('triage:board', args=[slug])}?{view.query or 'open=true'}")


# A mail program posts here by itself, without cookies; the secret in the address is all it has.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, secret: str) -> HttpResponse:
    """GET only asks, for scanners follow links; POST ends the mail about a view."""
    reader = readers.reader_behind(secret)
    if request.method == "POST":
        readers.end(reader.view, reader.user)
    context = {"view": reader.view, "launch_name": reader.view.launch.name, "is_ended": request.method == "POST"}
    return render(request, "triage/view_stop.html", context)


@login_required
@require_POST
def limit(request: HttpRequest, slug: str) -> HttpResponse:
    """Sets how many issues each column should hold at most; an empty field lifts the limit."""
    principal = Principal.of(request)
    launch = access_launch(principal, slug, right=Right.MANAGE)

    def keep() -> str:
        for status in OPEN_STATUSES:
            text = posted(request, f"most-{status}").strip()
            most = int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0 if text else None
            limits.set_limit(launch, str(status), most, actor=principal.actor, now=clock.now())
        return _("The limits are set.")

    _say(request, keep)
    return redirect("triage:board", slug)


def _say(request: HttpRequest, work: Callable[[], str]) -> None:
    try:
        messages.success(request, work())
    except Problem as problem:
        if problem.status == HTTPStatus.NOT_FOUND:
            raise
        messages.error(request, problem.detail)
