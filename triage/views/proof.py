"""This module takes a person's orders about the proof of a fix, and shows all fixes of a launch and what fires again."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.problem import Problem
from hypercare.core.roles import Right
from hypercare.core.views.place import enter
from triage.access import access_issue
from triage.models import Issue
from triage.proof import blind, lanes, links, matched, notices, overview, verdicts
from triage.proof.standing import fixes_in_force
from triage.views.posted import posted


def _link(one: Issue, request: HttpRequest, who: Principal) -> None:
    links.link_by_hand(one.pk, posted(request, "deployment"), actor=who.actor, now=clock.now())


def _unlink(one: Issue, request: HttpRequest, who: Principal) -> None:
    links.unlink(one.pk, posted(request, "deployment"), actor=who.actor, now=clock.now())


def _say(one: Issue, request: HttpRequest, who: Principal) -> None:
    fix = _fix(one, request)
    if "release" in request.POST:
        verdicts.release(one.pk, fix, actor=who.actor, now=clock.now())
    else:
        word, reason = posted(request, "word"), posted(request, "reason")
        verdicts.overrule(one.pk, fix, word=word, reason=reason, actor=who.actor, now=clock.now())


def _tell(one: Issue, request: HttpRequest, who: Principal) -> None:
    if "drop" in request.POST:
        notices.drop(one.pk, actor=who.actor, now=clock.now())
    else:
        notices.send(one.pk, words=request.POST.get("words", ""), actor=who.actor, now=clock.now())


def _lane(one: Issue, request: HttpRequest, who: Principal) -> None:
    lanes.set_lane(one.pk, lane=posted(request, "lane"), actor=who.actor, now=clock.now())


def _errors(one: Issue, request: HttpRequest, who: Principal) -> None:
    matched.answer(
        one.pk, component=posted(request, "component"), route=posted(request, "route"),
        belongs=request.POST.get("belongs") == "yes", actor=who.actor, now=clock.now(),
    )  # fmt: skip


ORDERS: dict[str, Callable[[Issue, HttpRequest, Principal], None]] = {
    "link": _link, "unlink": _unlink, "verdict": _say, "tell": _tell, "lane": _lane, "errors": _errors,
}  # fmt: skip


@login_required
@require_POST
def order(request: HttpRequest, slug: str, key: str, name: str) -> HttpResponse:
    """Does one thing to the proof of an issue's fix and says what came of it."""
    who = Principal.of(request)
    launch = access_launch(who, slug, right=Right.TRIAGE)
    one = access_issue(who, key, right=Right.TRIAGE)
    if name not in ORDERS or one.launch_id != launch.pk:
        raise Problem(404, _("There is nothing here."))
    try:
        ORDERS[name](one, request, who)
        messages.success(request, _("%(key)s is changed.") % {"key": one.key})
    except Problem as problem:
        messages.error(request, problem.detail)
    return redirect("triage:issue", slug, one.key)


def _fix(one: Issue, request: HttpRequest) -> int:
    row = links.deployment_named(one, posted(request, "deployment"))
    found = fixes_in_force(one.pk).filter(deployment=row).values_list("pk", flat=True).first()
    if found is None:
        raise Problem(404, _("This deployment is not linked."))
    return found


@login_required
@require_GET
def fixes(request: HttpRequest, slug: str) -> HttpResponse:
    """The fixes of a launch by lane, with what traffic says, and what fires again."""
    launch, _actor = enter(request, slug, right=Right.READ)
    context = {
        "nav_active": "board",
        "lanes": overview.by_lane(launch),
        "firing": overview.still_firing(launch),
        "rules": verdicts.rules_of(launch.pk),
        "may_change": Right.MANAGE in Principal.of(request).rights_in(launch),
    }
    return render(request, "triage/proof/fixes.html", context)


@login_required
@require_POST
def rules(request: HttpRequest, slug: str) -> HttpResponse:
    """What fixes may do by themselves."""
    launch, actor = enter(request, slug, right=Right.MANAGE)
    said = {name: request.POST.get(name) == "yes" for name in ("verifies", "tells")}
    overview.change_rules(launch, **said, actor=actor, now=clock.now())
    messages.success(request, _("Saved."))
    return redirect("triage:fixes", slug)


@login_required
@require_GET
def blind_spots(request: HttpRequest, slug: str) -> HttpResponse:
    """Where traffic and people tell the same, and where only one of them does."""
    launch, _actor = enter(request, slug, right=Right.READ)
    days = request.GET.get("days", "")
    chosen = int(days) if days in blind.DAYS else blind.USUAL_DAYS
    context = {
        "nav_active": "traffic",
        "found": blind.look(launch, days=chosen, now=clock.now()),
        "days": chosen,
        "spans": [int(one) for one in blind.DAYS],
    }
    return render(request, "triage/proof/blind_spots.html", context)
