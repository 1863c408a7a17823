"""This module brings in a team's old tickets: a file, what its columns and words mean, then progress and what was refused."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from feedback.files import MAX_BYTES
from feedback.uploads import takes_files
from hypercare.core import clock
from hypercare.core.models import Launch
from hypercare.core.problem import Problem
from hypercare.core.roles import Right
from hypercare.core.templatetags.hypercare_ui import FIELD_WORDS, value_word
from hypercare.core.timeline import Actor
from hypercare.core.views.place import enter
from triage.learn import tickets
from triage.learn.examples import MOST_TICKETS
from triage.learn.ticket_words import LABELS, PLACES, TEXTS, Mapping, proposed_words
from triage.models import TicketImport

_PLACE_WORDS = {
    "title": gettext_lazy("Title"),
    "body": gettext_lazy("Text"),
    "happened_at": gettext_lazy("Day it was reported"),
}


@takes_files
@login_required
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """What was brought in so far, and a form for the next file."""
    launch, actor = enter(request, slug, right=Right.MANAGE)
    problem = ""
    if request.method == "POST":
        try:
            run = _uploaded(request, launch, actor)
            return redirect("triage:ticket_import", slug, run.pk)
        except Problem as refused:
            problem = refused.detail
    runs = list(TicketImport.objects.filter(launch=launch).order_by("-id")[:50])
    limits = {"tickets": tickets.MOST_TICKETS, "mb": MAX_BYTES // 2**20, "teach": MOST_TICKETS}
    told = list(zip(runs, tickets.progress_of(*runs), strict=True))
    context = {"nav_active": "inbox", "runs": told, "problem": problem, "limits": limits}
    return render(request, "triage/tickets.html", context, status=400 if problem else 200)


def _uploaded(request: HttpRequest, launch: Launch, actor: Actor) -> TicketImport:
    refused = getattr(request.upload_handlers[0], "refused", [])
    if refused:
        raise Problem(400, refused[0])
    file = request.FILES.get("file")
    if file is None:
        raise Problem(400, _("Choose a CSV file."))
    table = tickets.read_csv(file.read())
    return tickets.upload(launch, table, name=file.name or "", actor=actor, now=clock.now())


@login_required
@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What the columns and words mean, with a preview; after the start how far it is and what was refused."""
    launch, actor = enter(request, slug, right=Right.MANAGE)
    run = tickets.find(launch, pk)
    if request.method == "POST" and request.POST.get("do") == "remove":
        tickets.remove(run, actor=actor, now=clock.now())
        text = _("All %(n)s tickets of “%(name)s” are removed, read or not. The next training learns without them.")
        messages.success(request, text % {"n": run.tickets, "name": run.name})
        return redirect("triage:tickets", slug)
    if run.started_at:
        return render(request, "triage/ticket_import.html", _progress(run))
    mapping, problem = Mapping.of(run.mapping), ""
    if request.method == "POST":
        mapping = _posted(request, run)
        try:
            if request.POST.get("do") == "start":
                tickets.start(run, mapping, actor=actor, now=clock.now())
                return redirect("triage:ticket_import", slug, run.pk)
        except Problem as refused:
            problem = refused.detail
    return render(
        request, "triage/ticket_mapping.html", _mapping(run, mapping, problem), status=400 if problem else 200
    )


@login_required
@require_GET
def progress(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The part of the page that moves."""
    launch, _actor = enter(request, slug, right=Right.MANAGE)
    return render(request, "triage/_ticket_progress.html", _progress(tickets.find(launch, pk)))


def _progress(run: TicketImport) -> dict[str, Any]:
    return {
        "nav_active": "inbox",
        "run": run,
        "progress": tickets.progress_of(run)[0],
        "refused": tickets.errors_of(run),
    }


def _posted(request: HttpRequest, run: TicketImport) -> Mapping:
    """The mapping in the form: columns by number, and for each shown word what it means."""
    columns = {}
    for place in PLACES:
        text = request.POST.get(f"column-{place}", "")
        if text.isascii() and text.isdecimal() and int(text[:3]) < len(run.columns):
            columns[place] = int(text[:3])
    words: dict[str, dict[str, str]] = {}
    for place in set(LABELS) & columns.keys():
        name = f"word-{place}-{columns[place]}"  # another column has other words
        shown = tickets.words_of(run, columns[place])
        said = {word: request.POST.get(f"{name}-{at}", "") for at, (word, _count) in enumerate(shown)}
        is_new = f"{name}-0" not in request.POST
        words |= proposed_words({place: dict(shown)}) if is_new else {place: _known(said, LABELS[place])}
    return Mapping(columns, words)


def _known(said: dict[str, str], values: tuple[str, ...]) -> dict[str, str]:
    return {word: value for word, value in said.items() if value in values}


def _mapping(run: TicketImport, mapping: Mapping, problem: str) -> dict[str, Any]:
    words = {
        place: [
            {"word": word, "count": count, "means": mapping.words.get(place, {}).get(word, "")}
            for word, count in tickets.words_of(run, mapping.columns[place])
        ]
        for place in LABELS
        if place in mapping.columns
    }
    names = {place: str(_PLACE_WORDS.get(place) or FIELD_WORDS[place]) for place in PLACES}
    return {
        "nav_active": "inbox",
        "run": run,
        "problem": problem,
        "places": [(place, names[place], mapping.columns.get(place), place in TEXTS) for place in PLACES],
        "words": [
            (f"word-{place}-{mapping.columns[place]}", names[place], said, _choices(place))
            for place, said in words.items()
        ],
        "preview": list(tickets.preview(run, mapping, now=clock.now())),
    }


def _choices(place: str) -> list[tuple[str, str]]:
    return [(value, str(value_word(value, place))) for value in LABELS[place]]
