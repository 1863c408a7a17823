"""This module shows the analysis of an issue's cause and the causes of a launch, and takes what people say of them."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods
from django.views.decorators.vary import vary_on_headers

from hypercare.core import clock, paging
from hypercare.core.access import Principal
from hypercare.core.models import TimelineEntry
from hypercare.core.problem import Problem, not_found
from hypercare.core.roles import Right
from triage.access import access_issue
from triage.models import Bone, Decision, Issue, RootCause, Why
from triage.nature import judgement as nature
from triage.rootcause import analysis, bones, counting, evidence, fishbone, forest, twigs, whys
from triage.rootcause.forms import BoneForm, SummaryForm, WhyForm, places_for
from triage.rootcause.reading import Analysis, BoneSeen, analysis_of
from triage.rootcause.twigs import BONES, WHYS
from triage.story import story_of
from triage.views.rooms import launch_of

SHOWN_CHANGES, SHOWN_WITHOUT = 8, 20


def named(request: HttpRequest, slug: str, key: str, *, right: Right) -> tuple[Principal, Issue]:
    """Who asks, and the issue of the launch, which the shell shows."""
    who, launch = launch_of(request, slug, right=right)
    issue = access_issue(who, key, right=right)
    if issue.launch_id != launch.pk:
        raise not_found(_("There is no %(key)s here for you.") % {"key": key[:40]})
    return who, issue


def back(issue: Issue, place: str = "", *, page: str = "triage:cause") -> HttpResponse:
    """Back to the analysis, or to another page of it, at a place on it."""
    return redirect(reverse(page, args=[issue.launch.slug, issue.key]) + place)


@require_GET
@login_required
def page(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """What is known of an issue's cause: symptom and cause, whys, fishbone, and what it rests on."""
    _who, issue = named(request, slug, key, right=Right.READ)
    found = analysis_of(issue)
    row = analysis.analysis_row(issue)
    entries = TimelineEntry.objects.filter(launch=issue.launch, subject=issue.key, kind__startswith="cause.")
    context = {
        "nav_active": "board",
        "issue": issue,
        "found": found,
        "proposed": analysis.symptom_of(issue),
        "sheet": _sheet(found) if found else None,
        "gone": twigs.removals(WHYS, row) if row else [],
        "nature": Decision.objects.filter(issue=issue, field=nature.CAUSE, ended_at=None).first(),
        "risks": issue.risks.filter(removed_at=None).order_by("pk"),
        "story": story_of(entries.order_by("-id")[:SHOWN_CHANGES]),
    }
    return render(request, "triage/causes/cause.html", context)


def _sheet(found: Analysis) -> fishbone.Sheet | None:
    def drawn(bone: BoneSeen) -> fishbone.Cause:
        return fishbone.Cause(bone.text, bone.standing, tuple(drawn(one) for one in bone.below))

    return fishbone.draw(found.symptom, [drawn(bone) for bone in found.bones]) if found.bones else None


@require_http_methods(["GET", "POST"])
@login_required
def summary(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Symptom, root cause, factors and codes."""
    who, issue = named(request, slug, key, right=Right.TRIAGE)
    row = analysis.analysis_row(issue) or RootCause(symptom=analysis.symptom_of(issue))
    told = {name: getattr(row, name) for name in ("symptom", "cause", "code", "missed", "version")}
    form = SummaryForm(request.POST or None, initial=told | {"factors": "\n".join(row.factors)})
    if form.is_valid():
        said = form.cleaned_data
        new = analysis.Summary(
            said["symptom"], said["cause"], said["factors"].splitlines(), said["code"], said["missed"]
        )
        try:
            analysis.change(issue, new, actor=who.actor, now=clock.now(), version=said["version"])
        except Problem as problem:
            form.refuse(problem)
        else:
            return back(issue)
    context = {"nav_active": "board", "issue": issue, "form": form}
    return render(request, "triage/causes/summary.html", context, status=400 if form.is_bound else 200)


@vary_on_headers("HX-Request")
@require_http_methods(["GET", "POST"])
@login_required
def new_why(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """A new why; htmx asks for the form alone, to put it below the why it answers."""
    who, issue = named(request, slug, key, right=Right.TRIAGE)
    form = _why_form(request, issue, None)
    if form.is_valid():
        said = form.cleaned_data
        new = whys.WhySaid(**_why_fields(said), evidence=[form.evidence] if form.evidence else [])
        try:
            why = whys.add(issue, new, under=said["under"], actor=who.actor, now=clock.now())
        except Problem as problem:
            form.refuse(problem, evidence="ref")
        else:
            return back(issue, f"#why-{why.pk}")
    return _why_page(request, issue, form, None)


@vary_on_headers("HX-Request")
@require_http_methods(["GET", "POST"])
@login_required
def why(request: HttpRequest, slug: str, key: str, number: int) -> HttpResponse:
    """One why: what it says, where it hangs, its evidence, and its end."""
    who, issue = named(request, slug, key, right=Right.TRIAGE)
    row = row_of(issue, number, WHYS)
    form = _why_form(request, issue, row)
    if form.is_valid():
        try:
            _save_why(issue, row, form, who)
        except Problem as problem:
            form.refuse(problem, evidence="ref")
        else:
            return back(issue, f"#why-{number}")
    return _why_page(request, issue, form, row)


@transaction.atomic
def _save_why(issue: Issue, row: Why, form: WhyForm, who: Principal) -> None:
    said, now = form.cleaned_data, clock.now()
    fields = {name: value for name, value in _why_fields(said).items() if name in form.changed_data}
    new = whys.WhySaid(**fields, evidence=[*row.evidence, form.evidence] if form.evidence else None)
    whys.change(issue, row.pk, new, actor=who.actor, now=now, version=said["version"])
    whys.move(issue, row.pk, under=said["under"], actor=who.actor, now=now)


def _why_fields(said: dict[str, Any]) -> dict[str, str]:
    return {name: said[name] for name in ("text", "sureness", "verified_by", "code", "action")}


def _why_form(request: HttpRequest, issue: Issue, row: Why | None) -> WhyForm:
    own = analysis.analysis_row(issue)
    branches = forest.grown(twigs.live(WHYS, own)) if own else ()
    places = places_for(branches, without=row.pk if row else None, deepest=WHYS.deepest)
    initial = {} if row else {"under": request.GET.get("under", "")[:20]}
    return WhyForm(request.POST or None, launch=issue.launch, places=places, why=row, initial=initial)


def _why_page(request: HttpRequest, issue: Issue, form: WhyForm, row: Why | None) -> HttpResponse:
    found = analysis_of(issue)
    seen = next((one for one in found.all_whys() if row and one.number == row.pk), None) if found else None
    context = {
        "nav_active": "board",
        "issue": issue,
        "form": form,
        "why": seen,
        "count_below": len(list(seen.walk())) - 1 if seen else 0,
        "offered": evidence.offered(issue),
    }
    name = "_why_form" if request.headers.get("HX-Request") else "why"
    return render(request, f"triage/causes/{name}.html", context, status=400 if form.is_bound else 200)


def row_of(issue: Issue, number: int, kind: twigs.Forest[Any]) -> Any:
    """A live why or bone of the issue; 404 where there is none."""
    own = analysis.analysis_row(issue)
    if own is None:
        raise not_found(_("The analysis of %(key)s was not begun yet.") % {"key": issue.key})
    return twigs.find(kind, own, number)


@require_GET
@login_required
def fishbone_page(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """The fishbone, drawn and as a list to work on."""
    _who, issue = named(request, slug, key, right=Right.READ)
    found, row = analysis_of(issue), analysis.analysis_row(issue)
    context = {
        "nav_active": "board",
        "issue": issue,
        "found": found,
        "sheet": _sheet(found) if found else None,
        "presets": [(name, words, ", ".join(map(str, of.values()))) for name, (words, of) in bones.PRESETS.items()],
        "gone": twigs.removals(BONES, row) if row else [],
    }
    return render(request, "triage/causes/fishbone.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def bone(request: HttpRequest, slug: str, key: str, number: int) -> HttpResponse:
    """One bone or cause: its words, what it hangs on, and whether it is likely or ruled out."""
    who, issue = named(request, slug, key, right=Right.TRIAGE)
    row: Bone = row_of(issue, number, BONES)
    branches = forest.grown(twigs.live(BONES, row.analysis))
    form = BoneForm(
        request.POST or None,
        places=places_for(branches, without=row.pk, deepest=BONES.deepest),
        is_bone=row.parent_id is None,
        initial={"text": row.text, "under": row.parent_id, "standing": row.standing, "version": row.version},
    )
    if form.is_valid():
        try:
            _save_bone(issue, row, form, who)
        except Problem as problem:
            form.refuse(problem)
        else:
            return back(issue, f"#bone-{number}", page="triage:cause_fishbone")
    below = forest.with_below(forest.parents_of(twigs.live(BONES, row.analysis)), row.pk)
    context = {"nav_active": "board", "issue": issue, "form": form, "bone": row, "count_below": len(below) - 1}
    return render(request, "triage/causes/bone.html", context, status=400 if form.is_bound else 200)


@transaction.atomic
def _save_bone(issue: Issue, row: Bone, form: BoneForm, who: Principal) -> None:
    said, now = form.cleaned_data, clock.now()
    new = bones.BoneSaid(said["text"], said.get("standing"))
    bones.change(issue, row.pk, new, actor=who.actor, now=now, version=said["version"])
    if "under" in said:
        bones.move(issue, row.pk, under=said["under"], actor=who.actor, now=now)


@require_GET
@login_required
def counted(request: HttpRequest, slug: str) -> HttpResponse:
    """The causes of a launch: how many of each kind, and the analyses behind each count."""
    _who, launch = launch_of(request, slug, right=Right.READ)
    chosen = {name: request.GET.get(name, "")[:200] for name in ("code", "missed", "component", "team")}
    found = counting.count(launch, chosen)
    without = counting.without_analysis(launch)
    context = {
        "nav_active": "board",
        "found": found,
        "chosen": {name: value for name, value in chosen.items() if value},
        "fields": [(name, words, found.bars[name], _without(request, name)) for name, words in counting.FIELDS.items()],
        "page": paging.page_of(found.rows, request.GET),
        "without": without[:SHOWN_WITHOUT],
        "without_count": without.count(),
    }
    return render(request, "triage/causes/counted.html", context)


def _without(request: HttpRequest, name: str) -> str:
    """The query with another field's choices alone, to which a value of this one is added."""
    query = request.GET.copy()
    for other in (name, "before", "after"):
        query.pop(other, None)
    return query.urlencode()
