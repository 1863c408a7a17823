"""This module shows what is set aside as spam or noise and what looks like it, and takes a person's word on each."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from rest_framework.request import Request

from feedback.models import Feedback
from hypercare.core import clock
from hypercare.core.access import Principal
from hypercare.core.api.pages import NewestFirst
from hypercare.core.problem import Problem
from hypercare.core.roles import Right
from hypercare.core.views.place import enter
from triage import overrides
from triage.access import access_feedback
from triage.classify.spam import FIELD, GENUINE, VERDICTS
from triage.models import Decision, Sieve
from triage.sifting import aside
from triage.sifting.standing import SHOWN, counts_of, taught_in


@login_required
@require_GET
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """One of the lists: what waits for a word, what only looks like it, what a person confirmed."""
    launch, _actor = enter(request, slug, right=Right.READ)
    rights = Principal.of(request).rights_in(launch)
    show = request.GET.get("show", "")
    show = show if show in SHOWN else next(iter(SHOWN))
    rows = Feedback.objects.filter(SHOWN[show].which, launch=launch).select_related("reporter")
    pages, found = _page(rows, request)
    context = {
        "nav_active": "inbox",
        "show": show,
        "lists": [
            (name, one.word, counts) for (name, one), counts in zip(SHOWN.items(), counts_of(launch), strict=True)
        ],
        "rows": found,
        "next_url": pages.get_next_link(),
        "previous_url": pages.get_previous_link(),
        "sieve": Sieve.objects.filter(launch=launch).select_related("turned_on_by").first(),
        "may_turn": Right.MANAGE in rights,
        "may_decide": Right.TRIAGE in rights and launch.closed_at is None,
        "with_person": Right.TRIAGE in rights,
        "taught": taught_in(launch),
        "days": aside.STAYS.days,
    }
    return render(request, "triage/set_aside.html", context)


def _page(rows: QuerySet[Feedback], request: HttpRequest) -> tuple[NewestFirst, list[tuple[Feedback, Decision | None]]]:
    """A page of reports, each with the word about it that is in force."""
    pages = NewestFirst()
    found: list[Any] = list(pages.paginate_queryset(rows, Request(request)) or [])
    live = Decision.objects.filter(feedback__in=found, field=FIELD, ended_at=None)
    said = {one.feedback_id: one for one in live}
    return pages, [(row, said.get(row.pk)) for row in found]


@login_required
@require_POST
def decide(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Spam, noise or genuine: a person's word on one report."""
    launch, actor = enter(request, slug, right=Right.TRIAGE)
    row = access_feedback(Principal.of(request), key, right=Right.TRIAGE)
    if row.launch_id != launch.pk:
        raise Problem(404, _("There is no %(key)s here for you.") % {"key": key[:40]})
    value = request.POST.get("value", "")
    was_aside = row.set_aside
    try:
        overrides.override_feedback(row, field=FIELD, value=value, reason="", actor=actor, now=clock.now())
        messages.success(request, _told(row.key, value, was_aside=was_aside))
    except Problem as problem:
        messages.error(request, problem.detail)
    show = request.POST.get("show", "")
    return redirect(reverse("triage:set_aside", args=[slug]) + (f"?show={show}" if show in SHOWN else ""))


def _told(key: str, value: str, *, was_aside: bool) -> str:
    if value in VERDICTS and value != GENUINE:
        return _("%(key)s stays out of the inbox. “Confirmed” keeps it, and lets it back at any time.") % {"key": key}
    if was_aside:
        return _("%(key)s goes through triage as usual.") % {"key": key}
    return _("%(key)s is genuine.") % {"key": key}


@login_required
@require_POST
def turn(request: HttpRequest, slug: str) -> HttpResponse:
    """Lets the machine set aside by itself, or only mark."""
    launch, actor = enter(request, slug, right=Right.MANAGE)
    on = request.POST.get("on") == "true"
    aside.turn(launch, on=on, actor=actor, now=clock.now())
    messages.success(
        request,
        _("What is surely spam or noise is set aside from now on.")
        if on
        else _("Spam and noise are only marked from now on."),
    )
    return redirect("triage:set_aside", slug)
