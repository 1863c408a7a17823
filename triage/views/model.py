"""This module shows a launch's model card, and trains, promotes and rolls back for those who manage the launch."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from hypercare.core import clock
from hypercare.core.access import Principal
from hypercare.core.problem import Problem
from hypercare.core.roles import Right
from hypercare.core.views.place import enter
from triage.classify.versions import NAME
from triage.learn import champions, trainings
from triage.learn.card import Card, FieldCard, card_of
from triage.match.judge import NAME as MATCHING

CURVE = 120
_WHATS = {
    "channel": gettext_lazy("Channel"),
    "language": gettext_lazy("Language"),
    "length": gettext_lazy("Length of the text"),
    "category": gettext_lazy("Type the machine gave"),
}
_LENGTHS = {"short": gettext_lazy("short"), "middle": gettext_lazy("middle"), "long": gettext_lazy("long")}


@login_required
@require_GET
def card(request: HttpRequest, slug: str) -> HttpResponse:
    """All that is known of the model that decides here."""
    launch, _actor = enter(request, slug, right=Right.READ)
    rights = Principal.of(request).rights_in(launch)
    found = card_of(launch, now=clock.now())
    context = {
        "nav_active": "inbox",
        "card": found,
        "curves": [(field, curve_of(field.curve)) for field in found.fields if len(field.curve) > 1],
        "whats": _WHATS,
        "lengths": _LENGTHS,
        "may_change": Right.MANAGE in rights,
        "with_person": Right.TRIAGE in rights,
        "measured": _measured_on(found),
    }
    return render(request, "triage/model.html", context)


def curve_of(points: Sequence[dict[str, float]]) -> list[dict[str, Any]]:
    """The points of a reliability curve in the chart's units, nought below on the left."""
    return [
        {"x": f"{one['confidence'] * CURVE:.1f}", "y": f"{CURVE - one['right'] * CURVE:.1f}", **one} for one in points
    ]


def _measured_on(found: Card) -> str:
    """On what the figures were taken."""
    first: FieldCard | None = next((field for field in found.fields if field.figures), None)
    if first is None:
        return ""
    if not found.contest:
        return _("by cross-validation on the seed corpus; nothing of this launch is in them")
    if found.contest["tickets"]:
        return _("on %(n)s of the old tickets and decisions, newer than all it learned") % {"n": found.contest["texts"]}
    return _("on the %(n)s newest decisions, newer than all it learned") % {"n": found.contest["texts"]}


@login_required
@require_POST
def train(request: HttpRequest, slug: str) -> HttpResponse:
    """Asks for a training; a worker does it."""
    launch, actor = enter(request, slug, right=Right.MANAGE)
    trainings.ask(launch, actor=actor, now=clock.now())
    messages.success(request, _("Training is asked for. It takes a minute or so; this page tells what came of it."))
    return redirect("triage:model", slug)


def _name(request: HttpRequest) -> str:
    """Which model is meant: the one that matches, else the one that reads texts."""
    return MATCHING if request.POST.get("model") == MATCHING else NAME


@login_required
@require_POST
def promote(request: HttpRequest, slug: str) -> HttpResponse:
    """Lets the chosen version decide."""
    launch, actor = enter(request, slug, right=Right.MANAGE)
    text = request.POST.get("version", "")
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0
    try:
        champions.promote(launch, number, name=_name(request), actor=actor, now=clock.now())
        messages.success(request, _("Version %(number)s decides within seconds.") % {"number": number})
    except Problem as problem:
        messages.error(request, problem.detail)
    return redirect("triage:model", slug)


@login_required
@require_POST
def roll_back(request: HttpRequest, slug: str) -> HttpResponse:
    """Gives the word back to what decided before."""
    launch, actor = enter(request, slug, right=Right.MANAGE)
    try:
        back = champions.roll_back(launch, name=_name(request), actor=actor, now=clock.now())
        text = (
            _("Version %(number)s decides again.") % {"number": back.number}
            if back
            else _("The shipped model decides again.")
        )
        messages.success(request, text)
    except Problem as problem:
        messages.error(request, problem.detail)
    return redirect("triage:model", slug)
