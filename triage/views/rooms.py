"""This module shows war rooms and takes the orders of whoever works in one."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hypercare.core import clock, paging
from hypercare.core.access import Principal, access_launch
from hypercare.core.models import Launch
from hypercare.core.problem import Problem, not_found
from hypercare.core.roles import Right
from triage.access import access_issue
from triage.models import OPEN_STATUSES, Issue, RoomRole, WarRoom
from triage.review import follow_ups
from triage.warroom import attendance, decided, duties, promises, rooms, talk, updates
from triage.warroom.page import kept_moments, room_page, timeline
from triage.warroom.rooms import access_room

# Issues that a room may be opened for from the list: by the severity table on request, all others from their own page.
OFFERED_TO = 2
MOST_OFFERED = 30


def launch_of(request: HttpRequest, slug: str, *, right: Right) -> tuple[Principal, Launch]:
    """Who asks, and the launch, which the shell shows."""
    principal = Principal.of(request)
    launch = access_launch(principal, slug, right=right)
    request.launch = launch  # type: ignore[attr-defined]  # read by hypercare.core.context
    return principal, launch


def _room_of(request: HttpRequest, slug: str, key: str, *, right: Right) -> tuple[Principal, WarRoom]:
    principal, launch = launch_of(request, slug, right=right)
    room = access_room(principal, key, right=right)
    if room.launch_id != launch.pk:
        raise not_found(_("There is no %(key)s here for you.") % {"key": key[:40]})
    return principal, room


@require_GET
@login_required
def room_list(request: HttpRequest, slug: str) -> HttpResponse:
    """The rooms of a launch, the newest first, and the critical issues that have none."""
    _principal, launch = launch_of(request, slug, right=Right.READ)
    now = clock.now()
    page = paging.page_of(rooms.rooms_of(launch), request.GET)
    due_at = updates.dues(page.rows, now=now)
    live = WarRoom.objects.filter(launch=launch, closed_at=None)
    open_issues = Issue.objects.filter(launch=launch, status__in=OPEN_STATUSES, merged_into=None)
    offered = open_issues.filter(severity__lte=OFFERED_TO).exclude(pk__in=live.values("issue"))
    context = {
        "nav_active": "rooms",
        "page": page,
        "rows": [(room, due_at.get(room.pk)) for room in page.rows],
        "offered": offered.order_by("severity", "-priority", "-pk")[:MOST_OFFERED],
    }
    return render(request, "triage/rooms.html", context)


@require_POST
@login_required
def open_room(request: HttpRequest, slug: str) -> HttpResponse:
    """Opens the room of an issue and leads there."""
    principal, launch = launch_of(request, slug, right=Right.TRIAGE)
    issue = access_issue(principal, request.POST.get("issue", "")[:40], right=Right.TRIAGE)
    if issue.launch_id != launch.pk:
        raise not_found(_("There is no %(key)s here for you.") % {"key": issue.key})
    reason = request.POST.get("reason", "")
    try:
        opened = rooms.open_room(issue, reason=reason, actor=principal.actor, now=clock.now())
    except Problem as problem:
        messages.error(request, problem.detail)
        return redirect("triage:rooms", slug)
    return redirect("triage:room", slug, opened.key)


@require_GET
@login_required
def room(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """One room; with `before` an older part of its timeline."""
    _principal, one = _room_of(request, slug, key, right=Right.READ)
    return render(request, "triage/room.html", _context(request, one))


@require_POST
@login_required
def here(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """The parts of the room that change, for a page that is open; by asking, its reader is there."""
    principal, one = _room_of(request, slug, key, right=Right.READ)
    attendance.be_here(one, person=principal.user, now=clock.now())
    return render(request, "triage/_room.html", _context(request, one))


def _context(request: HttpRequest, one: WarRoom) -> dict[str, Any]:
    now, before = clock.now(), request.GET.get("before", "")
    page = room_page(one, now=now, with_timeline=not before)
    older = timeline(one, kept_moments(one, now=now), now=now, before=before) if before else page.timeline
    return {
        "nav_active": "rooms",
        "now": now,
        "page": page,
        "room": one,
        "issue": one.issue,
        "log": older,
        "is_older": bool(before),
        "people": duties.who_may(one.launch),
        "roles": RoomRole.choices,
        "audiences": updates.AUDIENCE_WORDS.items(),
    }


def _say(one: WarRoom, post: dict[str, str], principal: Principal, now: datetime) -> None:
    kind = "note" if "note" in post else "chat"
    talk.say(one, text=post.get("text", ""), kind=kind, actor=principal.actor, now=now)


def _take(one: WarRoom, post: dict[str, str], principal: Principal, now: datetime) -> None:
    person = duties.person_of(one.launch, post.get("person", ""))
    duties.take(
        one, role=post.get("role", ""), area=post.get("area", ""), person=person, actor=principal.actor, now=now
    )


def _give_up(one: WarRoom, post: dict[str, str], principal: Principal, now: datetime) -> None:
    duties.give_up(one, role=post.get("role", ""), area=post.get("area", ""), actor=principal.actor, now=now)


def _decide(one: WarRoom, post: dict[str, str], principal: Principal, now: datetime) -> None:
    decided.decide(
        one.launch, about=rooms.key_of_live(one), what=post.get("what", ""), why=post.get("why", ""),
        supersedes=post.get("supersedes", ""), actor=principal.actor, now=now,
    )  # fmt: skip


def _promise(one: WarRoom, post: dict[str, str], principal: Principal, now: datetime) -> None:
    promises.promise(
        one.launch, about=rooms.key_of_live(one), what=post.get("what", ""),
        owner=duties.person_of(one.launch, post.get("owner", "")) or principal.user,
        due_at=local_moment(post.get("due_at", ""), one.launch), actor=principal.actor, now=now,
    )  # fmt: skip


def _tell(one: WarRoom, post: dict[str, str], principal: Principal, now: datetime) -> None:
    chosen = [name for name in updates.AUDIENCES if name in post]
    updates.tell(
        one, conditions=post.get("conditions", ""), actions=post.get("actions", ""), needs=post.get("needs", ""),
        audiences=chosen, actor=principal.actor, now=now,
    )  # fmt: skip


def _leave(one: WarRoom, _post: dict[str, str], principal: Principal, now: datetime) -> None:
    attendance.leave(one, person=principal.user, now=now)


def _close(one: WarRoom, post: dict[str, str], principal: Principal, now: datetime) -> None:
    rooms.close_room(one, words=post.get("words", ""), actor=principal.actor, now=now)


ORDERS: dict[str, Callable[[WarRoom, dict[str, str], Principal, datetime], None]] = {
    "say": _say,
    "take": _take,
    "give-up": _give_up,
    "decide": _decide,
    "promise": _promise,
    "tell": _tell,
    "leave": _leave,
    "close": _close,
}


@require_POST
@login_required
def order(request: HttpRequest, slug: str, key: str, name: str) -> HttpResponse:
    """Does one thing in a room; what was wrong is said on its page."""
    principal, one = _room_of(request, slug, key, right=Right.TRIAGE)
    if name not in ORDERS:
        raise not_found(_("There is nothing here."))
    try:
        ORDERS[name](one, request.POST.dict(), principal, clock.now())
    except Problem as problem:
        messages.error(request, problem.detail)
    return redirect("triage:rooms", slug) if name == "leave" else redirect("triage:room", slug, key)


@require_POST
@login_required
def end_promise(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Ends a promise as kept or dropped, and goes back to where it stands."""
    principal, launch = launch_of(request, slug, right=Right.TRIAGE)
    one = promises.access_promise(principal, key, right=Right.TRIAGE)
    if one.launch_id != launch.pk:
        raise not_found(_("There is no %(key)s here for you.") % {"key": key[:40]})
    follow_ups.check_may_end(one, principal)
    kept, reason = request.POST.get("kept") == "true", request.POST.get("reason", "")
    try:
        promises.end(one, kept=kept, reason=reason, actor=principal.actor, now=clock.now())
    except Problem as problem:
        messages.error(request, problem.detail)
    return redirect(promises.path_to(one))


def local_moment(text: str, launch: Launch) -> datetime | None:
    """What a field for date and time holds, by the launch's wall clock; None for nothing that is a time."""
    try:
        found = parse_datetime(text.strip()[:40])
    except ValueError:
        return None
    if found is None or found.tzinfo is not None:
        return found
    return found.replace(tzinfo=ZoneInfo(launch.zone))
