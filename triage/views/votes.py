"""This module shows votes on what matters most, takes ballots, and lets leads open and end them and take results over."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hypercare.core import clock, paging
from hypercare.core.access import Principal
from hypercare.core.models import Launch
from hypercare.core.problem import Problem, not_found
from hypercare.core.roles import Right
from triage.access import number_in
from triage.models import Issue, Method, VotingRound
from triage.views.rooms import launch_of, local_moment
from triage.votes import rounds
from triage.votes.page import BAR_WIDTH, vote_page
from triage.votes.rounds import Question, access_round

_USUAL_TOP, _USUAL_LENGTH = 6, timedelta(days=2)
_KEYS_READ = 60


@require_GET
@login_required
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """The rounds of a launch, the newest first, and the way to a new one."""
    _principal, launch = launch_of(request, slug, right=Right.READ)
    now = clock.now()
    found = paging.page_of(rounds.rounds_of(launch), request.GET)
    context = {
        "nav_active": "board",
        "page": found,
        "rows": [(one, rounds.is_open(one, now)) for one in found.rows],
        "methods": Method.choices,
        "usual_top": _USUAL_TOP,
        "usual_end": clock.in_zone(now + _USUAL_LENGTH, launch.zone),
        "usual_dots": rounds.USUAL_DOTS,
        "most": rounds.MOST,
        "most_dots": rounds.MOST_DOTS,
    }
    return render(request, "triage/votes/list.html", context)


@require_POST
@login_required
def open_round(request: HttpRequest, slug: str) -> HttpResponse:
    """Opens a round and leads there."""
    principal, launch = launch_of(request, slug, right=Right.MANAGE)
    try:
        question = _question(launch, request.POST)
        opened = rounds.open_round(launch, question, actor=principal.actor, now=clock.now())
    except Problem as problem:
        messages.error(request, problem.detail)
        return redirect("triage:votes", slug)
    return redirect("triage:vote", slug, opened.key)


def _question(launch: Launch, post: QueryDict) -> Question:
    named = post.get("issues", "").replace(",", " ").split()[:_KEYS_READ]
    issues = issues_named(launch, named) if named else rounds.first_issues(launch, _whole(post.get("top", "")))
    return Question(
        words=post.get("question", ""),
        issues=issues,
        method=post.get("method", ""),
        closes_at=local_moment(post.get("closes_at", ""), launch) or clock.now(),
        dots=_whole(post.get("dots", "")) or rounds.USUAL_DOTS,
        is_hidden="is_hidden" in post,
    )


def issues_named(launch: Launch, names: list[str]) -> list[Issue]:
    """The issues of these keys, in their order, each once; Problem 404 for one that is not there."""
    numbers = list(dict.fromkeys(number_in(name) or 0 for name in names))
    found = Issue.objects.filter(launch=launch, pk__in=numbers).in_bulk()
    absent = next((name for name in names if (number_in(name) or 0) not in found), None)
    if absent is not None:
        raise not_found(_("There is no %(key)s here for you.") % {"key": absent[:40]})
    return [found[number] for number in numbers]


@require_GET
@login_required
def one(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """A round: the reader's ballot while it is open, and its result where it is shown."""
    principal, found = _round_of(request, slug, key, right=Right.READ)
    shown = vote_page(found, reader=principal.user, now=clock.now())
    context = {"nav_active": "board", "vote": shown, "round": found, "bar_width": BAR_WIDTH}
    return render(request, "triage/votes/round.html", context)


def _cast(found: VotingRound, post: QueryDict, principal: Principal, now: datetime) -> str:
    given = {name[5:]: _whole(str(value)) for name, value in post.items() if name.startswith("give-")}
    rounds.cast(found, given, voter=principal.user, now=now)
    return _("Your vote is counted. You can change it until the vote ends.")


def _close(found: VotingRound, _post: QueryDict, principal: Principal, now: datetime) -> str:
    rounds.close(found, actor=principal.actor, now=now)
    return _("The vote has ended.")


def _apply(found: VotingRound, post: QueryDict, principal: Principal, now: datetime) -> str:
    issue = number_in(post.get("issue", "")) or 0
    applied = rounds.apply(found, issue, actor=principal.actor, now=now)
    return _("The value of IS-%(issue)s is %(value)s now.") % {"issue": issue, "value": applied.applied_value}


ORDERS: dict[str, tuple[Right, Callable[[VotingRound, QueryDict, Principal, datetime], str]]] = {
    "cast": (Right.VOTE, _cast),
    "close": (Right.MANAGE, _close),
    "apply": (Right.MANAGE, _apply),
}


@require_POST
@login_required
def order(request: HttpRequest, slug: str, key: str, name: str) -> HttpResponse:
    """Votes, ends a round or takes a result over; what was wrong is said on the round's page."""
    right, does = ORDERS.get(name, (Right.READ, None))
    principal, found = _round_of(request, slug, key, right=right)
    if does is None:
        raise not_found(_("There is nothing here."))
    try:
        messages.success(request, does(found, request.POST, principal, clock.now()))
    except Problem as problem:
        messages.error(request, problem.detail)
    return redirect("triage:vote", slug, key)


def _round_of(request: HttpRequest, slug: str, key: str, *, right: Right) -> tuple[Principal, VotingRound]:
    principal, launch = launch_of(request, slug, right=right)
    found = access_round(principal, key, right=right)
    if found.launch_id != launch.pk:
        raise not_found(_("There is no %(key)s here for you.") % {"key": key[:40]})
    return principal, found


def _whole(text: str) -> int:
    """A whole number as a form sends it; nought for an empty field, and for what is none a number that nothing allows."""
    kept = text.strip()
    if not kept:
        return 0
    return int(kept) if kept.isascii() and kept.isdecimal() and len(kept) < 6 else -1
