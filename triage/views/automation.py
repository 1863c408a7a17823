"""This module shows a launch's own rules with what they did, tries them on the past, and lets leads write and switch them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hypercare.core import audit, clock, keys
from hypercare.core.access import Principal
from hypercare.core.happenings import EVENTS
from hypercare.core.models import Launch
from hypercare.core.paging import page_of
from hypercare.core.problem import Problem, not_found
from hypercare.core.roles import Right
from hypercare.core.timeline import KINDS
from hypercare.core.views.place import enter
from hypercare.core.webhooks.payload import path_of
from triage.automation import actions, conditions, offers, rules
from triage.automation.dry_run import DAYS, Trial, try_out
from triage.automation_form import RuleForm
from triage.models import AutomationRule, AutomationRun, Matching, Outcome

DAY = timedelta(hours=24)
USUAL_DAYS, HISTORY_SHOWN, RUNS_SHOWN = 7, 20, 25
_SHOWN: dict[str, dict[str, Any]] = {
    "": {},
    "acted": {"outcome__in": [Outcome.DONE, Outcome.PARTLY]},
    "held": {"outcome": Outcome.HELD},
}


@dataclass(frozen=True)
class Line:
    """A rule as the list shows it."""

    rule: AutomationRule
    event: Any
    last: datetime | None
    matched: int
    held: int
    why_off: str


@login_required
@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """All rules in the order they run, and what is offered ready-made."""
    launch, _actor = enter(request, slug, right=Right.READ)
    context = {
        "lines": _lines(launch, now=clock.now()),
        "offers": offers.open_offers(launch),
        "may_manage": _may_manage(request, launch),
        "nav_active": "settings",
        "tab": "automation",
    }
    return render(request, "triage/automation/list.html", context)


def _lines(launch: Launch, *, now: datetime) -> list[Line]:
    found = AutomationRule.objects.filter(launch=launch).select_related("launch").order_by("place", "pk")
    recent = AutomationRun.objects.filter(rule__launch=launch, ran_at__gt=now - DAY).values("rule")
    counts = recent.annotate(
        matched=Count("pk", filter=~Q(outcome=Outcome.NOT_MET)), held=Count("pk", filter=Q(outcome=Outcome.HELD))
    )
    counted = {one["rule"]: one for one in counts}
    return [
        Line(
            rule=rule,
            event=EVENTS[rule.event].words,
            last=rule.runs.order_by("-pk").values_list("ran_at", flat=True).first(),
            matched=counted[rule.pk]["matched"] if rule.pk in counted else 0,
            held=counted[rule.pk]["held"] if rule.pk in counted else 0,
            why_off=rules.why_off(rule),
        )
        for rule in found
    ]


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Writes a rule."""
    launch, _actor = enter(request, slug, right=Right.MANAGE)
    if request.method != "POST":
        return _editor(request, RuleForm(launch, {"matching": Matching.ALL}))
    return _written(request, launch, lambda said, by: rules.add(launch, said, by=by, now=clock.now()))


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Changes a rule."""
    launch, _actor = enter(request, slug, right=Right.MANAGE)
    rule = _rule(request, launch, key, Right.MANAGE)
    if request.method != "POST":
        return _editor(request, RuleForm.of(rule), rule)
    version = RuleForm.sent(launch, request.POST).version
    return _written(
        request, launch, lambda said, by: rules.change(rule, said, by=by, now=clock.now(), version=version), rule
    )


def _written(
    request: HttpRequest,
    launch: Launch,
    write: Callable[[dict[str, Any], Principal], AutomationRule],
    rule: AutomationRule | None = None,
) -> HttpResponse:
    if request.POST.get("press") == "more":
        return _editor(request, RuleForm.sent(launch, request.POST, spare=4), rule)
    form = RuleForm.sent(launch, request.POST)
    try:
        stored = write(dict(form.said), Principal.of(request))
    except Problem as problem:
        form.refuse(problem)
        return _editor(request, form, rule, status=problem.status)
    messages.success(request, _("Saved. Try it on the past, then switch it on.") if not stored.is_on else _("Saved."))
    return redirect("triage:automation_rule", launch.slug, stored.key)


def _editor(
    request: HttpRequest, form: RuleForm, rule: AutomationRule | None = None, *, status: int = 200
) -> HttpResponse:
    context = {"form": form, "rule": rule, "is_wrong": status >= 400, "nav_active": "settings", "tab": "automation"}
    return render(request, "triage/automation/edit.html", context, status=status)


@login_required
@require_safe
def one(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """One rule with its runs and who changed it; with `days` also what it would have done in them."""
    launch, _actor = enter(request, slug, right=Right.READ)
    rule, now = _rule(request, launch, key, Right.READ), clock.now()
    days = request.GET.get("days", "")
    known = {str(number): number for number in DAYS}
    trial = try_out(rule, days=known[days], now=now) if days in known else None
    shown = request.GET.get("show", "") if request.GET.get("show", "") in _SHOWN else ""
    runs = page_of(rule.runs.filter(**_SHOWN[shown]).select_related("cause__rule"), request.GET, size=RUNS_SHOWN)
    context = {
        "rule": rule,
        "event": EVENTS[rule.event].words,
        "asked": [conditions.as_words(kept) for kept in rule.conditions],
        "does": [actions.made(launch, kept) for kept in rule.actions],
        "why_off": rules.why_off(rule),
        "trial": trial,
        "would": trial.done.most_common() if trial else [],
        "could_not": trial.refused.most_common() if trial else [],
        "trial_cases": _with_paths(launch, trial),
        "days": DAYS,
        "usual_days": trial.days if trial else USUAL_DAYS,
        "page": runs,
        "runs": [(run, path_of(launch, run.subject)) for run in runs.rows],
        "show": shown,
        "history": [
            (entry, KINDS.get(entry.kind, entry.kind), audit.details_of(entry))
            for entry in rules.history_of(rule, most=HISTORY_SHOWN)
        ],
        "may_manage": _may_manage(request, launch),
        "nav_active": "settings",
        "tab": "automation",
    }
    return render(request, "triage/automation/rule.html", context)


def _with_paths(launch: Launch, trial: Trial | None) -> list[tuple[Any, str]]:
    return [(case, path_of(launch, case.subject)) for case in trial.cases] if trial else []


@login_required
@require_POST
def order(request: HttpRequest, slug: str, key: str, name: str) -> HttpResponse:
    """Switches a rule on or off, or removes it."""
    launch, actor = enter(request, slug, right=Right.MANAGE)
    rule, by, now = _rule(request, launch, key, Right.MANAGE), Principal.of(request), clock.now()
    if name == "remove":
        rules.remove(rule, actor=actor, now=now)
        messages.success(request, _("Removed."))
        return redirect("triage:automation", slug)
    if name not in ("on", "off"):
        raise not_found(_("There is nothing here."))
    try:
        rules.switch(rule, on=name == "on", by=by, now=now)
        messages.success(request, _("It is on.") if name == "on" else _("It is off."))
    except Problem as problem:
        messages.error(request, problem.detail)
    return redirect("triage:automation_rule", slug, key)


@login_required
@require_POST
def take(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Writes a ready-made rule, switched off."""
    launch, _actor = enter(request, slug, right=Right.MANAGE)
    try:
        rule = offers.take(launch, code, by=Principal.of(request), now=clock.now())
    except Problem as problem:
        if problem.status == 404:
            raise
        messages.error(request, problem.detail)
        return redirect("triage:automation", slug)
    messages.success(request, _("Written, and off. Try it on the past, then switch it on."))
    return redirect("triage:automation_rule", slug, rule.key)


def _rule(request: HttpRequest, launch: Launch, key: str, right: Right) -> AutomationRule:
    rows = AutomationRule.objects.filter(launch=launch).select_related("launch", "owner")
    return keys.named(rows, key, "AR", by=Principal.of(request), right=right)


def _may_manage(request: HttpRequest, launch: Launch) -> bool:
    return Right.MANAGE in Principal.of(request).rights_in(launch)
