"""This module shows one source: its configuration, how it is, who may send, and where what it says goes."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from gateway_ingest import ending, keeping, programs, remedies, source_routes, sources
from gateway_ingest.health import health_of
from gateway_ingest.models import DeadLetter, Source
from gateway_ingest.programs import PROGRAMS
from gateway_ingest.source_forms import BackfillForm, LimitsForm, RouteForm, SigningForm
from hypercare.core import clock
from hypercare.core.access import Principal, access_launch, visible_launches
from hypercare.core.problem import Problem
from hypercare.core.roles import Right

LETTERS_SHOWN = 20


@login_required
@require_GET
def page(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The source; `?program=` shows another program's configuration."""
    return shown(request, _source(request, slug, number), program=request.GET.get("program", ""))


@login_required
@require_GET
def facts(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """How the source is now, which the page asks for every few seconds."""
    source = _source(request, slug, number)
    return render(request, "gateway_ingest/_source_facts.html", _facts(source))


@login_required
@require_GET
def first_event(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The line that waits for a source's first event and says when it came."""
    source = _source(request, slug, number)
    context = {"source": source, "launch": source.launch, "program": PROGRAMS.get(source.program)}
    return render(request, "gateway_ingest/_first_event.html", context)


@login_required
@never_cache
@require_POST
def rotate(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Gives a source a new key and shows it this once."""
    source, key = sources.rotate(_source(request, slug, number), actor=Principal.of(request).actor, now=clock.now())
    return shown(request, source, key=key)


@login_required
@require_POST
def end_earlier_keys(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Ends the keys before the present one at once."""
    source = _source(request, slug, number)
    ended = sources.end_earlier_keys(source, actor=Principal.of(request).actor, now=clock.now())
    told = ngettext("%(number)d earlier key was ended.", "%(number)d earlier keys were ended.", ended)
    messages.success(request, told % {"number": ended})
    return _back(source)


@login_required
@require_POST
def end(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Ends a source."""
    source = _source(request, slug, number)
    ended = sources.end(source, actor=Principal.of(request).actor, now=clock.now())
    told = _("%(source)s was ended; what it sends is refused from now on.") % {"source": source.name}
    if ended:
        also = ngettext("%(number)d open alert was ended too.", "%(number)d open alerts were ended too.", ended)
        told = f"{told} {also % {'number': ended}}"
    messages.success(request, told)
    return redirect("gateway_ingest:sources", slug=source.launch.slug)


@login_required
@require_POST
def signing(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Sets how a source's messages are signed."""
    source = _source(request, slug, number)
    form = SigningForm(request.POST, source=source)
    if not form.is_valid():
        return shown(request, source, signing=form, status=400)
    sources.set_signing(
        source,
        secret=form.new_secret,
        header=form.cleaned_data["header"],
        signed_only=form.cleaned_data["signed_only"],
        topics=form.cleaned_data["topics"],
        actor=Principal.of(request).actor,
        now=clock.now(),
    )
    messages.success(request, _("The signatures of %(source)s are set.") % {"source": source.name})
    return _back(source)


@login_required
@require_POST
def limits(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Sets from where a source may send, how much, and in which zone its times are."""
    source = _source(request, slug, number)
    form = LimitsForm(request.POST, source=source)
    if not form.is_valid():
        return shown(request, source, limits=form, status=400)
    sources.set_limits(source, form.limits, actor=Principal.of(request).actor, now=clock.now())
    messages.success(request, _("The limits of %(source)s are set.") % {"source": source.name})
    return _back(source)


@login_required
@require_POST
def add_route(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Adds a route to a launch that the person may manage too."""
    source, principal = _source(request, slug, number), Principal.of(request)
    form = RouteForm(request.POST, launches=visible_launches(principal, right=Right.MANAGE))
    if not form.is_valid():
        return shown(request, source, route=form, status=400)
    try:
        source_routes.add(source, source_routes.NewRoute(**form.cleaned_data), principal=principal, now=clock.now())
    except Problem as problem:
        form.add_error("value" if problem.errors else None, problem.detail)
        return shown(request, source, route=form, status=problem.status)
    messages.success(request, _("The route was added; it counts from now on."))
    return _back(source)


@login_required
@require_POST
def backfill(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Lets a source send old rows for a while, or no longer."""
    source = _source(request, slug, number)
    form = BackfillForm(request.POST)
    if not form.is_valid():
        return shown(request, source, backfill=form, status=400)
    keeping.set_backfill(source, form.cleaned_data["hours"], actor=Principal.of(request).actor, now=clock.now())
    messages.success(request, _("The backfill of %(source)s is set.") % {"source": source.name})
    return _back(source)


def shown(
    request: HttpRequest, source: Source, *, key: str = "", program: str = "", status: int = 200, **forms: Any
) -> HttpResponse:
    """The page of a source, with its new key this once, and with the form that was refused."""
    request.launch = source.launch  # type: ignore[attr-defined]  # the shell's context reads it
    chosen = PROGRAMS.get(program) or PROGRAMS.get(source.program) or PROGRAMS[programs.FIRST]
    place = {"url": settings.PUBLIC_URL, "key": key or programs.KEY_PLACE}
    letters = (
        DeadLetter.objects.filter(source=source, handled_at=None)
        .select_related("source")
        .order_by("-received_at", "-pk")
    )
    routes = [(route, source_routes.words(route)) for route in source.routes.select_related("launch", "made_by")]
    launches = visible_launches(Principal.of(request), right=Right.MANAGE)
    context = _facts(source) | {
        "key": key,
        "chosen": chosen,
        "choices": programs.choices(),
        "pieces": programs.pieces(chosen, **place),
        "trial": programs.trial(chosen, **place),
        "letters": remedies.with_remedies(letters[:LETTERS_SHOWN]),
        "letters_total": letters.count(),
        "letters_shown": LETTERS_SHOWN,
        "routes": routes,
        "signing": forms.get("signing") or SigningForm(source=source),
        "limits": forms.get("limits") or LimitsForm(source=source),
        "route": forms.get("route") or RouteForm(launches=launches, initial={"launch": source.launch.slug}),
        "backfill": forms.get("backfill") or BackfillForm(),
        "backfill_until": keeping.backfill_until(source, now=clock.now()),
        "nav_active": "settings",
        "tab": "sources",
    }
    return render(request, "gateway_ingest/source.html", context, status=status)


def _facts(source: Source) -> dict[str, Any]:
    now = clock.now()
    return {
        "source": source,
        "launch": source.launch,
        "health": health_of([source], now=now)[source.pk],
        "earlier_keys": sources.earlier_keys(source, now=now),
        "open_alerts": ending.open_alerts_of(source).count(),
        "program": PROGRAMS.get(source.program),
    }


def _source(request: HttpRequest, slug: str, number: int) -> Source:
    """The source, for whoever may manage its launch."""
    launch = access_launch(Principal.of(request), slug, right=Right.MANAGE)
    request.launch = launch  # type: ignore[attr-defined]  # the shell's context reads it
    return sources.source_in(launch, number)


def _back(source: Source) -> HttpResponse:
    return redirect("gateway_ingest:source", slug=source.launch.slug, number=source.pk)
