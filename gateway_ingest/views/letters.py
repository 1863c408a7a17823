"""This module lists a launch's dead letters by source and reason, and replays or dismisses one or all of a kind."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from gateway_ingest import dead_letters, remedies, replaying
from gateway_ingest.models import DeadLetter, Source
from gateway_ingest.views.sources import launch_of, tell_of_replay
from hypercare.core import clock
from hypercare.core.access import Principal
from hypercare.core.models import Launch
from hypercare.core.problem import Problem

PAGE_SIZE = 50
_LAST_PAGE = 10_000
_REASONS = 50


@login_required
@require_GET
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """The letters that wait, the newest first; `source` and `reason` in the address choose among them."""
    launch = launch_of(request, slug)
    chosen = _chosen(request.GET)
    letters = _filtered(launch, chosen)
    number = _page_number(request.GET.get("page", ""))
    start = (number - 1) * PAGE_SIZE
    rows = list(letters.select_related("source").order_by("-received_at", "-pk")[start : start + PAGE_SIZE + 1])
    of_source = _filtered(launch, chosen | {"reason": ""})
    context: dict[str, Any] = {
        "letters": remedies.with_remedies(rows[:PAGE_SIZE]),
        "total": letters.count(),
        "replayable": replaying.replayable(letters).count(),
        "chosen": chosen,
        "sources": Source.objects.filter(launch=launch, dead_letters__handled_at=None, dead_letters__isnull=False)
        .distinct()
        .order_by("name"),
        "reasons": of_source.order_by().values("reason").annotate(n=Count("pk")).order_by("-n", "reason")[:_REASONS],
        "previous_url": _url(chosen, number - 1) if number > 1 else "",
        "next_url": _url(chosen, number + 1) if len(rows) > PAGE_SIZE else "",
        "nav_active": "settings",
        "tab": "sources",
    }
    return render(request, "gateway_ingest/letters.html", context)


@login_required
@require_POST
def replay(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Runs a dead letter through the door again."""
    launch = launch_of(request, slug)
    tell_of_replay(request, replaying.letter_in(launch, number))
    return _back(request, launch)


@login_required
@require_POST
def dismiss(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Takes one letter off the list."""
    launch = launch_of(request, slug)
    letter = replaying.letter_in(launch, number)
    return _dismissed(request, launch, DeadLetter.objects.filter(pk=letter.pk))


@login_required
@require_POST
def dismiss_all(request: HttpRequest, slug: str) -> HttpResponse:
    """Takes all letters of a source, of a reason or of both off the list."""
    launch = launch_of(request, slug)
    return _dismissed(request, launch, _chosen_letters(request, launch))


@login_required
@require_POST
def replay_all(request: HttpRequest, slug: str) -> HttpResponse:
    """Runs all letters of a source, of a reason or of both through the door again."""
    launch = launch_of(request, slug)
    letters = _chosen_letters(request, launch)
    found = replaying.replay_all(letters, actor=Principal.of(request).actor, now=clock.now())
    if found.letters:
        told = ngettext("%(number)d letter was replayed.", "%(number)d letters were replayed.", found.letters)
        messages.success(request, told % {"number": found.letters})
    if found.refused:
        told = ngettext(
            "%(number)d letter could not be replayed: %(why)s",
            "%(number)d letters could not be replayed; the first because: %(why)s",
            found.refused,
        )
        messages.error(request, told % {"number": found.refused, "why": found.why})
    return _back(request, launch)


def _chosen_letters(request: HttpRequest, launch: Launch) -> QuerySet[DeadLetter]:
    chosen = _chosen(request.POST)
    if not any(chosen.values()):
        raise Problem(400, _("Choose the source or the reason of the letters."))
    return _filtered(launch, chosen)


def _dismissed(request: HttpRequest, launch: Launch, letters: QuerySet[DeadLetter]) -> HttpResponse:
    number = dead_letters.dismiss(letters, launch, actor=Principal.of(request).actor, now=clock.now())
    told = ngettext("%(number)d letter was dismissed.", "%(number)d letters were dismissed.", number)
    messages.success(request, told % {"number": number})
    return _back(request, launch)


def _chosen(given: Any) -> dict[str, str]:
    return {name: given.get(name, "").replace("\x00", "") for name in ("source", "reason")}


def _filtered(launch: Launch, chosen: dict[str, str]) -> QuerySet[DeadLetter]:
    """A source that is no number finds nothing of its own: somebody edited the address."""
    letters, source = dead_letters.waiting_in(launch), chosen["source"]
    if source:
        is_number = source.isascii() and source.isdigit() and len(source) < 18
        letters = letters.filter(source=int(source)) if is_number else letters.none()
    return letters.filter(reason=chosen["reason"]) if chosen["reason"] else letters


def _page_number(given: str) -> int:
    is_number = given.isascii() and given.isdigit() and len(given) < 6
    return min(max(int(given), 1), _LAST_PAGE) if is_number else 1


def _url(chosen: dict[str, str], number: int) -> str:
    return "?" + urlencode({name: value for name, value in chosen.items() if value} | {"page": str(number)})


def _back(request: HttpRequest, launch: Launch) -> HttpResponse:
    """To the list where the order came from, with what was chosen there, or to the page of sources."""
    if request.POST.get("from") != "letters":
        return redirect("gateway_ingest:sources", slug=launch.slug)
    response = redirect("gateway_ingest:letters", slug=launch.slug)
    chosen = {name: value for name, value in _chosen(request.POST).items() if value}
    if chosen:
        response["Location"] += f"?{urlencode(chosen)}"
    return response
