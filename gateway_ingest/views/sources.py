"""This module shows a launch's sources and how they are, makes them, and says how long calls are kept."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from gateway_ingest import dead_letters, keeping, remedies, replaying, source_routes, sources
from gateway_ingest.health import health_of
from gateway_ingest.models import DeadLetter, Source, SourceRoute
from gateway_ingest.programs import PROGRAMS
from gateway_ingest.source_forms import RetentionForm, SourceForm
from gateway_ingest.views import source as source_page
from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.models import Launch
from hypercare.core.problem import Problem
from hypercare.core.roles import Right

LETTERS_SHOWN = 20


@login_required
@require_GET
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """The sources, how they are, and their dead letters."""
    return _page(request, launch_of(request, slug), SourceForm())


@login_required
@require_GET
def health(request: HttpRequest, slug: str) -> HttpResponse:
    """The table of sources as it is now, which the page asks for every few seconds."""
    launch = launch_of(request, slug)
    return render(request, "gateway_ingest/_sources.html", {"rows": _rows(launch), "launch": launch})


@login_required
@never_cache
@require_POST
def create(request: HttpRequest, slug: str) -> HttpResponse:
    """Makes a source and shows its key this once."""
    launch = launch_of(request, slug)
    form = SourceForm(request.POST)
    if not form.is_valid():
        return _page(request, launch, form, status=400)
    try:
        source, key = sources.create(
            launch,
            name=form.cleaned_data["name"],
            program=form.cleaned_data["program"],
            actor=Principal.of(request).actor,
            now=clock.now(),
        )
    except Problem as problem:
        form.add_error("name", problem.detail)
        return _page(request, launch, form, status=problem.status)
    return source_page.shown(request, source, key=key)


@login_required
@require_POST
def retention(request: HttpRequest, slug: str) -> HttpResponse:
    """Sets how many days single calls are kept."""
    launch = launch_of(request, slug)
    form = RetentionForm(request.POST)
    if not form.is_valid():
        return _page(request, launch, SourceForm(), kept=form, status=400)
    keeping.set_days(launch, form.cleaned_data["keep_days"], actor=Principal.of(request).actor, now=clock.now())
    messages.success(request, _("Single calls are kept for %(days)d days.") % {"days": keeping.days_kept(launch)})
    return redirect("gateway_ingest:sources", slug=launch.slug)


@login_required
@require_POST
def remove_route(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Ends a route of this launch's sources, or one of another launch's that leads here."""
    launch = launch_of(request, slug)
    route = source_routes.route_seen_from(launch, number)
    is_ours, source_id = route.source.launch_id == launch.pk, route.source_id
    source_routes.remove(route, actor=Principal.of(request).actor, now=clock.now())
    messages.success(request, _("The route was removed."))
    if is_ours:
        return redirect("gateway_ingest:source", slug=launch.slug, number=source_id)
    return redirect("gateway_ingest:sources", slug=launch.slug)


def tell_of_replay(request: HttpRequest, letter: DeadLetter) -> bool:
    """Replays a letter and says what came of it; whether any of it was taken."""
    try:
        answer = replaying.replay(letter, actor=Principal.of(request).actor, now=clock.now())
    except Problem as problem:
        messages.error(request, f"{letter.key}: {problem.detail}")
        return False
    if answer.rejected:
        messages.error(request, f"{letter.key}: {answer.rejected[0]['error']}")
    if answer.accepted or not answer.rejected:
        told = (
            ngettext(
                "%(letter)s was replayed: %(number)d deployment.",
                "%(letter)s was replayed: %(number)d deployments.",
                answer.accepted,
            )
            if letter.format.startswith("deploys/")
            else ngettext(
                "%(letter)s was replayed: %(number)d alert.",
                "%(letter)s was replayed: %(number)d alerts.",
                answer.accepted,
            )
        )
        messages.success(request, told % {"letter": letter.key, "number": answer.accepted})
        return True
    return False


def launch_of(request: HttpRequest, slug: str) -> Launch:
    """The launch, for whoever may manage it."""
    launch = access_launch(Principal.of(request), slug, right=Right.MANAGE)
    request.launch = launch  # type: ignore[attr-defined]  # the shell's context reads it
    return launch


def _page(
    request: HttpRequest, launch: Launch, form: SourceForm, *, kept: RetentionForm | None = None, status: int = 200
) -> HttpResponse:
    letters = dead_letters.waiting_in(launch)
    guests = SourceRoute.objects.filter(launch=launch).exclude(source__launch=launch)
    context = {
        "rows": _rows(launch),
        "letters": remedies.with_remedies(
            letters.select_related("source").order_by("-received_at", "-pk")[:LETTERS_SHOWN]
        ),
        "letters_total": letters.count(),
        "letters_shown": LETTERS_SHOWN,
        "form": form,
        "kept": kept or RetentionForm(initial={"keep_days": keeping.days_kept(launch)}),
        "guests": [(one, source_routes.words(one)) for one in guests.select_related("source__launch", "made_by")],
        "nav_active": "settings",
        "tab": "sources",
    }
    return render(request, "gateway_ingest/sources.html", context, status=status)


def _rows(launch: Launch) -> list[dict[str, Any]]:
    """Each source with its health and its program, those in use first."""
    found = list(Source.objects.filter(launch=launch, traffic_watch=None).order_by("revoked_at", "-pk"))
    healths = health_of(found, now=clock.now())
    return [{"source": one, "health": healths[one.pk], "program": PROGRAMS.get(one.program)} for one in found]
