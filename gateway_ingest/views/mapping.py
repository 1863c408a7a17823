"""This module shows how a source's own JSON is read: a sample, a proposal, what comes of it, and a letter to replay."""

from datetime import tzinfo
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from gateway_ingest import mappings, replaying, sources
from gateway_ingest.formats import IncomingAlert, recognised
from gateway_ingest.forms import MappingForm
from gateway_ingest.mapping import FACTS, ITEMS, Trial, try_out
from gateway_ingest.models import DeadLetter, Source
from gateway_ingest.proposing import Choice, propose
from gateway_ingest.sources import zone_of
from gateway_ingest.views.sources import launch_of, tell_of_replay
from hypercare.core import clock
from hypercare.core.access import Principal
from hypercare.core.models import Launch
from hypercare.core.problem import Problem
from hypercare.core.strict_json import JSON, BadJson, parse

_SHOWN = 5
_MAX_BODY = 512 * 1024


@login_required
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The mapping of a source; a POST proposes, saves, saves and replays, or removes it."""
    launch = launch_of(request, slug)
    source = sources.source_in(launch, number)
    if request.method != "POST":
        return _opened(request, launch, source)
    if request.POST.get("do") == "remove":
        mappings.remove(source, actor=Principal.of(request).actor, now=clock.now())
        messages.success(request, _("The mapping was removed."))
        return redirect("gateway_ingest:mapping", slug=launch.slug, number=source.pk)
    form = MappingForm(request.POST)
    form.is_valid()
    if request.POST.get("do") == "propose":
        return _proposed(request, source, form)
    return _saved(request, launch, source, form)


@login_required
@require_POST
def preview(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """What the mapping as it is typed makes of the sample."""
    source = sources.source_in(launch_of(request, slug), number)
    form = MappingForm(request.POST)
    form.is_valid()
    context = _trial_of(form, zone_of(source)) | {"source": source}
    return render(request, "gateway_ingest/_mapping_preview.html", context)


def _opened(request: HttpRequest, launch: Launch, source: Source) -> HttpResponse:
    """The kept mapping, or a proposal for the letter that led here."""
    mapping = mappings.of(source)
    initial: dict[str, Any] = {}
    if mapping is not None:
        initial = {name: getattr(mapping, name) for name in (ITEMS, *FACTS, "severity_words", "status_words")}
    letter, choices = _letter(launch, source, request.GET.get("letter", "")), {}
    if letter is not None:
        initial |= {"sample": letter.body, "letter": letter.pk}
        if mapping is None:
            choices = propose(_read(letter.body))
            initial |= {name: choice.expression for name, choice in choices.items()}
    return _page(request, source, MappingForm(initial=initial), choices=choices, letter=letter)


def _proposed(request: HttpRequest, source: Source, form: MappingForm) -> HttpResponse:
    """The form again, with an expression proposed for each fact that the sample holds."""
    sample = form.cleaned_data.get("sample")
    letter = _letter(source.launch, source, request.POST.get("letter", ""))
    if sample is None:
        if not form.has_error("sample"):
            form.add_error("sample", _("Paste a sample first."))
        return _page(request, source, form, letter=letter, status=400)
    choices = propose(sample)
    kept = {name: request.POST.get(name, "") for name in ("sample", "letter", "severity_words", "status_words")}
    found = {name: choice.expression for name, choice in choices.items()}
    return _page(request, source, MappingForm(initial=kept | found), choices=choices, letter=letter)


def _saved(request: HttpRequest, launch: Launch, source: Source, form: MappingForm) -> HttpResponse:
    """A sample that is no JSON does not matter once the mapping is good."""
    letter = _letter(launch, source, request.POST.get("letter", ""))
    form.errors.pop("sample", None)
    if form.errors:
        return _page(request, source, form, letter=letter, status=400)
    try:
        mappings.save(source, form.expressions(), actor=Principal.of(request).actor, now=clock.now())
    except Problem as problem:
        for error in problem.errors:
            form.add_error(error.pointer.removeprefix("/"), error.detail)
        return _page(request, source, form, letter=letter, status=problem.status)
    messages.success(request, _("The mapping was saved; it reads what comes from now on."))
    if letter is not None and request.POST.get("do") == "replay" and not tell_of_replay(request, letter):
        return _page(request, source, form, letter=letter)
    return redirect("gateway_ingest:sources", slug=launch.slug)


def _letter(launch: Launch, source: Source, given: str) -> DeadLetter | None:
    """The letter that led here, if it is this source's and still waits."""
    if not (given.isascii() and given.isdigit() and len(given) < 18):
        return None
    letter = replaying.letter_in(launch, int(given))
    return letter if letter.source_id == source.pk and letter.handled_at is None else None


def _read(body: str) -> JSON:
    try:
        return parse(body.encode("utf-8", "surrogatepass"), max_bytes=_MAX_BODY)
    except BadJson:
        return None  # nothing is proposed for it; the sample field says why


def _page(
    request: HttpRequest,
    source: Source,
    form: MappingForm,
    *,
    choices: dict[str, Choice] | None = None,
    letter: DeadLetter | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "source": source,
        "form": form,
        "fields": [(form[name], (choices or {}).get(name)) for name in (ITEMS, *FACTS)],
        "words": [form["severity_words"], form["status_words"]],
        "letter": letter,
        "mapped": mappings.of(source) is not None,
        "nav_active": "settings",
        "tab": "sources",
    }
    return render(request, "gateway_ingest/mapping.html", context, status=status)


def _trial_of(form: MappingForm, zone: tzinfo) -> dict[str, Any]:
    sample = form.cleaned_data.get("sample")
    faults = {name: str(errors[0]) for name, errors in form.errors.items() if errors}
    if sample is None:
        if not form.data.get("title"):
            faults.pop("title", None)  # nobody has typed anything yet
        return {"faults": _beside_fields(faults), "trial": None}
    trial = Trial() if faults.keys() - {"sample"} else try_out(form.expressions(), sample, zone)
    faults |= {fault.name: fault.error for fault in trial.faults}
    known = recognised(sample)
    return {
        "faults": _beside_fields(faults),
        "trial": trial,
        "alerts": [one for one in trial.reading if isinstance(one, IncomingAlert)][:_SHOWN],
        "refused": [one for one in trial.reading if not isinstance(one, IncomingAlert)][:_SHOWN],
        "total": len(trial.reading),
        "known": known.name if known else "",
    }


def _beside_fields(faults: dict[str, str]) -> list[tuple[str, str]]:
    """Every field has its place for an error, empty where there is none."""
    return [(name, faults.get(name, "")) for name in ("sample", ITEMS, *FACTS, "severity_words", "status_words")]
