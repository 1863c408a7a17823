"""This module shows reviews and what is due of them, and takes what people write in one."""

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hypercare.core import clock, paging
from hypercare.core.access import Principal
from hypercare.core.business_days import business_days_after
from hypercare.core.models import Launch
from hypercare.core.problem import Problem, not_found
from hypercare.core.roles import Right
from triage.models import Article, Issue, Review
from triage.papers.answers import as_file
from triage.review import due, follow_ups, reading, sections, writing
from triage.views.rooms import launch_of
from triage.warroom import duties, rooms

# A follow-up's day when its form opens.
PROPOSED_BUSINESS_DAYS = 10
SHOWN_FOLLOW_UPS = 100
_DAY_ENDS = time(23, 59)


@require_GET
@login_required
def review_list(request: HttpRequest, slug: str) -> HttpResponse:
    """What is due, what was promised, and all reviews of a launch, newest first."""
    principal, launch = launch_of(request, slug, right=Right.READ)
    now = clock.now()
    rows = Review.objects.filter(launch=launch).select_related("issue__component")
    context = {
        "nav_active": "rooms",
        "now": now,
        "page": paging.page_of(rows, request.GET),
        "due": due.due_of(launch, now=now),
        "counts": follow_ups.counts(launch, now=now),
        "follow_ups": follow_ups.of_launch(launch)[:SHOWN_FOLLOW_UPS],
        "person": principal.user,
        "within": due.WITHIN_BUSINESS_DAYS,
    }
    return render(request, "triage/review/list.html", context)


@require_GET
@login_required
def review(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """The review of an issue, or how to begin it."""
    principal, launch = launch_of(request, slug, right=Right.READ)
    issue, one = _in_launch(principal, launch, key, right=Right.READ)
    return render(request, "triage/review/review.html", _context(principal, issue, one))


def _context(
    principal: Principal, issue: Issue, one: Review | None, *, left: dict[str, str] | None = None
) -> dict[str, Any]:
    """What the page shows; `left` is what somebody wrote that could not be kept, with its section and why."""
    now, launch = clock.now(), issue.launch
    if one:
        one.issue = issue
    return {
        "nav_active": "rooms",
        "now": now,
        "issue": issue,
        "review": one,
        "sections": reading.shown(one, now=now) if one else [],
        "actions_after": sections.ACTIONS_AFTER,
        "actions": follow_ups.about(issue),
        "room": rooms.newest_of(issue),
        "articles": Article.objects.filter(issue=issue).order_by("-pk"),
        "people": duties.who_may(launch),
        "person": principal.user,
        "proposed_day": business_days_after(clock.local_day(now, launch.zone), PROPOSED_BUSINESS_DAYS),
        "left": left or {},
        "may_write": Right.TRIAGE in principal.rights_in(launch) and not launch.closed_at,
    }


def _in_launch(principal: Principal, launch: Launch, key: str, *, right: Right) -> tuple[Issue, Review | None]:
    issue, one = reading.access_review(principal, key, right=right)
    if issue.launch_id != launch.pk:
        raise not_found(_("There is no %(key)s here for you.") % {"key": key[:40]})
    return issue, one


def _write(one: Review, post: dict[str, str], principal: Principal, now: datetime) -> None:
    section, version = post.get("section", ""), _version(post)
    if "take" in post:
        writing.take_facts(one, section=section, version=version, actor=principal.actor, now=now)
    else:
        text = post.get("text", "")
        writing.write(one, section=section, text=text, version=version, actor=principal.actor, now=now)


def _publish(one: Review, _post: dict[str, str], principal: Principal, now: datetime) -> None:
    writing.publish(one, actor=principal.actor, now=now)


def _take_up_again(one: Review, _post: dict[str, str], principal: Principal, now: datetime) -> None:
    writing.take_up_again(one, actor=principal.actor, now=now)


def _version(post: dict[str, str]) -> int | None:
    text = post.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


ORDERS: dict[str, Callable[[Review, dict[str, str], Principal, datetime], None]] = {
    "write": _write,
    "publish": _publish,
    "again": _take_up_again,
}


@require_POST
@login_required
def order(request: HttpRequest, slug: str, key: str, name: str) -> HttpResponse:
    """Begins a review or does one thing in it; words that could not be kept come back with why."""
    principal, launch = launch_of(request, slug, right=Right.TRIAGE)
    issue, one = _in_launch(principal, launch, key, right=Right.TRIAGE)
    post, now = request.POST.dict(), clock.now()
    try:
        if name == "begin":
            writing.begin(issue, actor=principal.actor, now=now)
        elif name == "follow-up":
            _follow_up(issue, post, principal, now)
        elif name in ORDERS and one:
            one.issue = issue
            ORDERS[name](one, post, principal, now)
        else:
            raise not_found(_("There is nothing here."))
    except Problem as problem:
        if problem.status == 404:
            raise
        messages.error(request, problem.detail)
        if name == "write" and one:
            left = {"section": post.get("section", ""), "text": post.get("text", ""), "detail": problem.detail}
            return render(
                request, "triage/review/review.html", _context(principal, issue, one, left=left), status=problem.status
            )
    return redirect("triage:review", slug, issue.key)


def _follow_up(issue: Issue, post: dict[str, str], principal: Principal, now: datetime) -> None:
    day = _day(post.get("due_on", ""))
    follow_ups.follow_up(
        issue, what=post.get("what", ""),
        owner=duties.person_of(issue.launch, post.get("owner", "")) or principal.user,
        due_at=clock.local_moment(day, _DAY_ENDS, issue.launch.zone) if day else None, actor=principal.actor, now=now,
    )  # fmt: skip


def _day(text: str) -> date | None:
    try:
        found = parse_date(text.strip()[:10])
    except ValueError:
        return None
    return found if found and clock.FIRST_DAY <= found <= clock.LAST_DAY else None


@require_GET
@login_required
def export(request: HttpRequest, slug: str, key: str, form: str) -> HttpResponse:
    """The review as a file."""
    principal, launch = launch_of(request, slug, right=Right.READ)
    one = reading.begun(principal, key, right=Right.READ)
    if one.launch_id != launch.pk:
        raise not_found(_("There is no %(key)s here for you.") % {"key": key[:40]})
    return as_file(reading.paper_of(one, now=clock.now()), form)
