"""This module shows the daily stand-up block by block, and takes what is noted in it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hypercare.core import clock
from hypercare.core.access import Principal
from hypercare.core.models import Launch
from hypercare.core.problem import Problem, not_found
from hypercare.core.roles import Right
from triage.views.rooms import launch_of
from triage.warroom import decided, standup
from triage.warroom.agenda import facts_of
from triage.warroom.decided import decisions_about


@require_GET
@login_required
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Today's stand-up: the block it is at, or any other that is asked for."""
    _principal, launch = launch_of(request, slug, right=Right.READ)
    now = clock.now()
    one = standup.of_today(launch, now=now)
    wanted = request.GET.get("block", "")
    names = [block.name for block in standup.BLOCKS]
    name = wanted if wanted in names else (one.block if one and not one.ended_at else names[0])
    context = {
        "nav_active": "rooms",
        "now": now,
        "standup": one,
        "blocks": standup.BLOCKS,
        "part": standup.block_named(name),
        "facts": facts_of(launch, name, now=now),
        "notes": one.notes.order_by("pk") if one else [],
        "decisions": decisions_about(launch, one.key) if one else [],
        "next": standup.next_block(one) if one else None,
        "seconds_left": int(standup.left(one, now=now).total_seconds()) if one and not one.ended_at else 0,
    }
    return render(request, "triage/standup.html", context)


@require_POST
@login_required
def order(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Begins it, goes on, notes, decides or ends it."""
    principal, launch = launch_of(request, slug, right=Right.TRIAGE)
    try:
        _carry_out(name, launch, principal, request)
    except Problem as problem:
        if problem.status == 404:
            raise
        messages.error(request, problem.detail)
    return redirect("triage:standup", slug)


def _carry_out(name: str, launch: Launch, principal: Principal, request: HttpRequest) -> None:
    now, actor = clock.now(), principal.actor
    if name == "begin":
        standup.begin(launch, actor=actor, now=now)
        return
    one = standup.running(launch, now=now)
    post = request.POST
    match name:
        case "go":
            standup.go_to(one, block=post.get("block", ""), now=now)
        case "note":
            standup.note(one, block=post.get("block", ""), text=post.get("text", ""), actor=actor, now=now)
        case "decide":
            what, why = post.get("what", ""), post.get("why", "")
            decided.decide(launch, about=one.key, what=what, why=why, actor=actor, now=now)
        case "end":
            standup.end(one, actor=actor, now=now)
            messages.success(request, _("Its notes and decisions stand in the report's draft."))
        case _:
            raise not_found(_("There is nothing here."))
