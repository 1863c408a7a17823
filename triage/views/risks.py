"""This module shows a launch's register of risks and takes what people say of them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hypercare.core import clock
from hypercare.core.access import Principal
from hypercare.core.problem import Problem, not_found
from hypercare.core.roles import Right
from hypercare.core.timeline import KINDS
from triage.models import Risk
from triage.rootcause import risks
from triage.rootcause.forms import RiskForm
from triage.views.rooms import launch_of

SHOWN_CHANGES, SHOWN_GONE = 50, 20


@require_GET
@login_required
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """The register, the highest number of now first, and what is still offered."""
    _who, launch = launch_of(request, slug, right=Right.READ)
    rows = list(risks.register(launch).prefetch_related("issues"))
    context = {
        "nav_active": "board",
        "rows": [(risk, risks.rpn_of(risk), risks.rpn_after(risk), risks.must_act(risk)) for risk in rows],
        "acting": sum(risks.must_act(risk) for risk in rows),
        "offered": len(risks.not_offered(launch)),
        "gone": Risk.objects.filter(launch=launch, removed_at__isnull=False).order_by("-removed_at")[:SHOWN_GONE],
        "today": clock.local_day(clock.now(), launch.zone),
    }
    return render(request, "triage/causes/risks.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """A new risk."""
    who, launch = launch_of(request, slug, right=Right.TRIAGE)
    form = RiskForm(request.POST or None, launch=launch)
    if form.is_valid():
        try:
            made = risks.add(launch, risks.RiskSaid(form.said), actor=who.actor, now=clock.now())
        except Problem as problem:
            form.refuse(problem)
        else:
            messages.success(request, _("%(key)s is in the register.") % {"key": made.key})
            return redirect("triage:risks", slug)
    context = {"nav_active": "board", "form": form, "risk": None}
    return render(request, "triage/causes/risk.html", context, status=400 if form.is_bound else 200)


@require_POST
@login_required
def common(request: HttpRequest, slug: str) -> HttpResponse:
    """Adds the risks that launches have in common."""
    who, launch = launch_of(request, slug, right=Right.TRIAGE)
    try:
        number = risks.take_common(launch, actor=who.actor, now=clock.now())
        said = ngettext("%(n)s risk added; set its values.", "%(n)s risks added; set their values.", number)
        messages.success(request, said % {"n": number})
    except Problem as problem:
        messages.error(request, problem.detail)
    return redirect("triage:risks", slug)


@require_http_methods(["GET", "POST"])
@login_required
def one(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """One risk with all its values, to change by those who may, and its history."""
    who, risk = _named(request, slug, key, right=Right.TRIAGE if request.method == "POST" else Right.READ)
    may_change = Right.TRIAGE in who.rights_in(risk.launch) and not risk.removed_at and not risk.launch.closed_at
    form = RiskForm(request.POST or None, launch=risk.launch, risk=risk) if may_change or request.POST else None
    if form and form.is_valid():
        version = form.cleaned_data["version"]
        try:
            risks.change(risk, risks.RiskSaid(form.said), actor=who.actor, now=clock.now(), version=version)
        except Problem as problem:
            form.refuse(problem)
        else:
            messages.success(request, _("%(key)s is changed.") % {"key": risk.key})
            return redirect("triage:risk", slug, key)
    context = {
        "nav_active": "board",
        "risk": risk,
        "form": form,
        "rpn": risks.rpn_of(risk),
        "rpn_after": risks.rpn_after(risk),
        "must_act": risks.must_act(risk),
        "issues": risk.issues.order_by("pk"),
        "history": [
            (entry, KINDS[entry.kind], risks.changes_in_words(entry)) for entry in risks.history(risk)[:SHOWN_CHANGES]
        ],
    }
    return render(request, "triage/causes/risk.html", context, status=400 if form and form.is_bound else 200)


@require_POST
@login_required
def turn(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Takes a risk from the register, or puts it back."""
    who, risk = _named(request, slug, key, right=Right.TRIAGE)
    do = risks.put_back if "back" in request.POST else risks.remove
    try:
        do(risk, actor=who.actor, now=clock.now())
    except Problem as problem:
        messages.error(request, problem.detail)
    return redirect("triage:risks", slug)


def _named(request: HttpRequest, slug: str, key: str, *, right: Right) -> tuple[Principal, Risk]:
    who, launch = launch_of(request, slug, right=right)
    risk = risks.access_risk(who, key, right=right)
    if risk.launch_id != launch.pk:
        raise not_found(_("There is no %(key)s here for you.") % {"key": key[:40]})
    return who, risk
