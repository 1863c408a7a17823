"""This module shows a launch's sources and what they sent, and makes, rotates and ends them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from gateway_ingest import replaying, sources
from gateway_ingest.forms import SigningForm, SourceForm
from gateway_ingest.models import DeadLetter, Source
from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.models import Launch
from hypercare.core.problem import Problem
from hypercare.core.roles import Right

LETTERS_SHOWN = 20


@login_required
@require_GET
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """The sources, their last events and their dead letters."""
    return _page(request, launch_of(request, slug), SourceForm())


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
            launch, name=form.cleaned_data["name"], actor=Principal.of(request).actor, now=clock.now()
        )
    except Problem as problem:
        form.add_error("name", problem.detail)
        return _page(request, launch, form, status=problem.status)
    return _page(request, launch, SourceForm(), source=source, key=key)


@login_required
@never_cache
@require_POST
def rotate(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Gives a source a new key and shows it this once."""
    launch = launch_of(request, slug)
    source, key = sources.rotate(sources.source_in(launch, number), actor=Principal.of(request).actor, now=clock.now())
    return _page(request, launch, SourceForm(), source=source, key=key)


@login_required
@require_POST
def end(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Ends a source."""
    launch = launch_of(request, slug)
    source = sources.source_in(launch, number)
    sources.end(source, actor=Principal.of(request).actor, now=clock.now())
    messages.success(
        request, _("%(source)s was ended; what it sends is refused from now on.") % {"source": source.name}
    )
    return redirect("gateway_ingest:sources", slug=launch.slug)


@login_required
@require_POST
def signing(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Sets how a source's messages are signed."""
    launch = launch_of(request, slug)
    source = sources.source_in(launch, number)
    form = SigningForm(request.POST)
    if not form.is_valid():
        return render(request, "gateway_ingest/signing.html", {"source": source, "form": form}, status=400)
    secret = "" if form.cleaned_data["forget"] else form.cleaned_data["secret"] or None
    sources.set_signing(
        source,
        secret=secret,
        signed_only=form.cleaned_data["signed_only"],
        actor=Principal.of(request).actor,
        now=clock.now(),
    )
    messages.success(request, _("The signatures of %(source)s are set.") % {"source": source.name})
    return redirect("gateway_ingest:mapping", slug=launch.slug, number=source.pk)


@login_required
@require_POST
def replay(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Runs a dead letter through the door again."""
    launch = launch_of(request, slug)
    letter = replaying.letter_in(launch, number)
    tell_of_replay(request, letter)
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
        told = ngettext(
            "%(letter)s was replayed: %(number)d alert.", "%(letter)s was replayed: %(number)d alerts.", answer.accepted
        )
        messages.success(request, told % {"letter": letter.key, "number": answer.accepted})
        return True
    return False


@login_required
@require_GET
def first_event(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The line that waits for a source's first event and says when it came."""
    launch = launch_of(request, slug)
    return render(
        request, "gateway_ingest/_first_event.html", {"source": sources.source_in(launch, number), "launch": launch}
    )


def launch_of(request: HttpRequest, slug: str) -> Launch:
    """The launch, for whoever may manage it."""
    launch = access_launch(Principal.of(request), slug, right=Right.MANAGE)
    request.launch = launch  # type: ignore[attr-defined]  # the shell's context reads it
    return launch


def _page(
    request: HttpRequest,
    launch: Launch,
    form: SourceForm,
    *,
    source: Source | None = None,
    key: str = "",
    status: int = 200,
) -> HttpResponse:
    letters = DeadLetter.objects.filter(source__launch=launch, handled_at=None)
    context = {
        "sources": _counted(launch),
        "letters": letters.select_related("source").order_by("-pk")[:LETTERS_SHOWN],
        "letters_total": letters.count(),
        "form": form,
        "source": source,
        "nav_active": "settings",
    }
    if key:
        context |= {"configuration": sources.receiver_configuration(key), "trial": sources.first_event_command(key)}
    return render(request, "gateway_ingest/sources.html", context, status=status)


def _counted(launch: Launch) -> QuerySet[Source]:
    sums = {"alert_count": Count("alerts"), "event_count": Sum("alerts__count", default=0)}
    return Source.objects.filter(launch=launch, traffic_watch=None).annotate(**sums).order_by("revoked_at", "-pk")
