"""This module shows what a shift hands over, and lets the next person take it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hypercare.core import clock, paging
from hypercare.core.problem import Problem, not_found
from hypercare.core.roles import Right
from triage.models import ShiftNote
from triage.views.rooms import launch_of
from triage.warroom import duties, shift

PAGE_SIZE = 10


@require_GET
@login_required
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """What would be handed over now, and the notes so far, newest first."""
    principal, launch = launch_of(request, slug, right=Right.READ)
    now = clock.now()
    notes = paging.page_of(
        ShiftNote.objects.filter(launch=launch).select_related("giver", "taker"), request.GET, size=PAGE_SIZE
    )
    people = [person for person in duties.who_may(launch) if person != principal.user]
    facts = shift.prefilled(launch, now=now)
    context = {
        "nav_active": "rooms",
        "began_at": shift.began_at(launch, now=now),
        "parts": [(word, facts[name]) for name, word in shift.PARTS.items()],
        "notes": [
            (note, [(word, note.facts.get(name, [])) for name, word in shift.PARTS.items()]) for note in notes.rows
        ],
        "page": notes,
        "people": people,
    }
    return render(request, "triage/shift.html", context)


@require_POST
@login_required
def hand_over(request: HttpRequest, slug: str) -> HttpResponse:
    """Hands the shift to the person that was chosen."""
    principal, launch = launch_of(request, slug, right=Right.TRIAGE)
    try:
        taker = duties.person_of(launch, request.POST.get("to", "")) or principal.user
        shift.hand_over(launch, to=taker, text=request.POST.get("text", ""), actor=principal.actor, now=clock.now())
        messages.success(request, _("%(who)s is told, and takes it over here.") % {"who": taker})
    except Problem as problem:
        messages.error(request, problem.detail)
    return redirect("triage:shift", slug)


@require_POST
@login_required
def take(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Acknowledges a note."""
    principal, launch = launch_of(request, slug, right=Right.TRIAGE)
    note = shift.access_note(principal, key, right=Right.TRIAGE)
    if note.launch_id != launch.pk:
        raise not_found(_("There is no %(key)s here for you.") % {"key": key[:40]})
    try:
        shift.take_over(note, actor=principal.actor, now=clock.now())
    except Problem as problem:
        messages.error(request, problem.detail)
    return redirect("triage:shift", slug)
