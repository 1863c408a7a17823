"""This module shows a launch's rules, tries them on the past, edits and arms them; only those who manage it may change one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_GET, require_http_methods

from gateway_ingest.models import Firing, Heartbeat, Rule, RuleState, TrafficTarget, TrafficWatch
from gateway_ingest.rule_forms import MaintenanceForm, RuleForm, TargetForm
from gateway_ingest.rules import arming, rows
from gateway_ingest.rules.chart import Chart, Mark, draw
from gateway_ingest.rules.course import Course, courses
from gateway_ingest.rules.defaults import DEFAULTS, LATENCY_TARGET_MS, MEANINGS
from gateway_ingest.rules.dry_run import DryRun, try_out
from gateway_ingest.rules.keys import as_text, from_text, short_name, shown
from gateway_ingest.rules.rule import Against, Measure
from gateway_ingest.rules.rule import Rule as PureRule
from gateway_ingest.rules.stored import whole_minute
from gateway_ingest.rules.telling import foresight
from gateway_ingest.rules.usefulness import Record, records_of
from gateway_ingest.rules.wording import MEASURES, RESTS_ON, amount, limit_words
from hypercare.core import audit, clock
from hypercare.core.access import Principal
from hypercare.core.models import Launch, MaintenanceWindow, TimelineEntry
from hypercare.core.problem import Problem
from hypercare.core.roles import Right
from hypercare.core.views.place import enter

FIRINGS_SHOWN = 20
HISTORY_SHOWN = 20
HOURS = (1, 6, 24, 72)
_MARKS_SHOWN = 300
_BEHIND = timedelta(minutes=5)  # from which on it is said that nobody looks


@dataclass(frozen=True)
class Line:
    """A rule as the list shows it."""

    row: Rule
    title: str
    meaning: str
    limits: list[tuple[str, str]]
    record: Record
    firing: int
    held: int


@login_required
@require_GET
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """All rules, what they are measured against, and what they wait for."""
    launch, _actor = enter(request, slug, right=Right.READ)
    return render_page(request, launch)


def render_page(
    request: HttpRequest,
    launch: Launch,
    *,
    target: TargetForm | None = None,
    maintenance: MaintenanceForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The list, with the forms as they were sent where something in them was wrong."""
    now = clock.now()
    watch, has_traffic = TrafficWatch.objects.filter(launch=launch).first(), launch.call_kinds.exists()
    context = {
        "lines": _lines(launch, now=now),
        "watch": watch,
        "is_behind": watch and has_traffic and not launch.closed_at and now - watch.looked_until > _BEHIND,
        "has_traffic": has_traffic,
        "targets": TrafficTarget.objects.filter(launch=launch).select_related("component").order_by("component__name"),
        "default_target": amount(Measure.P95_MS, LATENCY_TARGET_MS),
        "maintenance": MaintenanceWindow.objects.filter(launch=launch, ends_at__gt=now)
        .select_related("component")
        .order_by("begins_at"),
        "heartbeats": Heartbeat.objects.filter(source__launch=launch, source__revoked_at=None).select_related("source"),
        "learned_gaps": Heartbeat.LEARNED_GAPS,
        "target_form": target or TargetForm(launch=launch),
        "maintenance_form": maintenance or MaintenanceForm(launch=launch, now=now),
        "may_manage": Right.MANAGE in Principal.of(request).rights_in(launch),
        "now": now,
        "nav_active": "rules",
    }
    return render(request, "gateway_ingest/rules.html", context, status=status)


def _lines(launch: Launch, *, now: datetime) -> list[Line]:
    records = records_of(launch)
    states: dict[str, list[dict[str, Any]]] = {}
    for name, state in RuleState.objects.filter(rule__launch=launch, firing=True).values_list("rule__name", "state"):
        states.setdefault(name, []).append(state)
    return [
        Line(
            row=row,
            title=_(DEFAULTS[row.name].title),
            meaning=_(MEANINGS[row.name]),
            limits=limits_of(row),
            record=records.get(row.name, Record()),
            firing=len(states.get(row.name, [])),
            held=sum(bool(state.get("held_until")) for state in states.get(row.name, [])),
        )
        for row in rows.rules_of(launch, now=now)
    ]


def limits_of(row: Rule) -> list[tuple[str, str]]:
    """Each step in words: the limit and the severity."""
    rule = rows.read(row)
    return [(limit_words(rule, step.limit), str(step.severity.label)) for step in rule.steps]


@login_required
@require_http_methods(["GET", "POST"])
def rule(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """One rule; a POST tries it on the past, saves, resets, arms or disarms it."""
    post = request.method == "POST"
    launch, actor = enter(request, slug, right=Right.MANAGE if post else Right.READ)
    now = clock.now()
    row = rows.rule_in(launch, name, now=now)
    if not post:
        return _rule_page(request, launch, row, RuleForm(row=row))
    do = request.POST.get("do", "")
    if do in _AT_ONCE:
        change, told = _AT_ONCE[do]
        change(row, actor=actor, now=now)
        messages.success(request, _(told) % {"rule": _(DEFAULTS[row.name].title)})
        return redirect("gateway_ingest:rule", slug=slug, name=name)
    form = RuleForm(request.POST, row=row)
    if form.is_valid():
        try:
            if do == "try":
                tried = try_out(launch, rows.checked(row, form.changes()), days=form.cleaned_data["days"], now=now)
                return _rule_page(request, launch, row, form, tried=tried)
            rows.edit(row, form.changes(), actor=actor, now=now)
        except Problem as problem:
            for error in problem.errors:
                form.refuse(error.pointer, error.detail)
        else:
            messages.success(request, _("The rule was saved; it watches so from the next minute on."))
            return redirect("gateway_ingest:rule", slug=slug, name=name)
    return _rule_page(request, launch, row, form, status=400)


_AT_ONCE = {
    "arm": (arming.arm, gettext_noop("%(rule)s is armed.")),
    "disarm": (arming.disarm, gettext_noop("%(rule)s is disarmed; what it was firing has ended.")),
    "reset": (rows.reset, gettext_noop("%(rule)s is as it was when the launch began.")),
}


def _rule_page(
    request: HttpRequest, launch: Launch, row: Rule, form: RuleForm, *, tried: DryRun | None = None, status: int = 200
) -> HttpResponse:
    pure = rows.read(row)
    history = list(
        TimelineEntry.objects.filter(launch=launch, subject=rows.subject(row)).order_by("-id")[:HISTORY_SHOWN]
    )
    firings = Firing.objects.filter(rule=row).select_related("alert__feedback").order_by("-began_at")[:FIRINGS_SHOWN]
    context = {
        "row": row,
        "rule": pure,
        "title": _(pure.title),
        "meaning": _(MEANINGS[row.name]),
        "measure": MEASURES[pure.measure],
        "limits": limits_of(row),
        "record": records_of(launch).get(row.name, Record()),
        "form": form,
        "can_try": pure.measure is not Measure.SILENCE,
        "tried": tried,
        "tried_rows": _tried_rows(pure, tried) if tried else [],
        "tried_chart": _tried_chart(launch, tried) if tried else None,
        "firings": [_shown(pure, one) for one in firings],
        "history": [(entry, audit.details_of(entry)) for entry in history],
        "is_default": rows.as_fields(DEFAULTS[row.name]) == {name: getattr(row, name) for name in rows.EDITABLE},
        "may_manage": Right.MANAGE in Principal.of(request).rights_in(launch),
        "query": request.GET.urlencode(),
        "nav_active": "rules",
    }
    return render(request, "gateway_ingest/rule.html", context, status=status)


def _shown(pure: PureRule, one: Firing) -> dict[str, Any]:
    key = from_text(one.key, pure.per)
    return {
        "row": one,
        "about": shown(key),
        "digest": short_name(pure.name, key),
        "value": amount(pure.measure, one.value),
        "limit": amount(pure.measure, one.limit),
        "at": (one.ended_at or one.began_at).strftime("%Y-%m-%dT%H:%MZ"),
    }


def _tried_rows(pure: PureRule, tried: DryRun) -> list[dict[str, Any]]:
    return [
        {
            "one": one,
            "about": one.about,
            "value": amount(pure.measure, one.value),
            "limit": amount(pure.measure, one.limit),
        }
        for one in list(tried.firings)[:100]
    ]


def _tried_chart(launch: Launch, tried: DryRun) -> Chart | None:
    """How often it would have fired, hour by hour: the chart of the dry run."""
    hours = max(int((tried.ends - tried.begins) / timedelta(hours=1)), 1)
    moments = [tried.begins + timedelta(hours=number) for number in range(hours + 1)]
    counts = [0.0] * len(moments)
    for one in tried.told:
        counts[int((one.began_at - tried.begins) / timedelta(hours=1))] += 1
    marks = [Mark(one.began_at, one.ended_at or tried.ends) for one in tried.told]
    nothing = [None] * len(moments)
    words = partial(amount, Measure.CALLS)
    return draw(moments, counts, limits=nothing, usual=nothing, marks=marks, zone=launch.zone, amount=words)


@login_required
@require_GET
def chart(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """How the measure went: one key's course, and the newest figures of all keys. It is fetched after the page."""
    launch, _actor = enter(request, slug, right=Right.READ)
    now = clock.now()
    row = rows.rule_in(launch, name, now=now)
    pure = rows.read(row)
    hours = _hours(request, pure)
    ends = _ends(request, now=now)
    begins = ends - timedelta(hours=hours)
    found = courses(launch, pure, begins, ends)
    wanted = request.GET.get("of", "")
    chosen = next((one for one in found if short_name(pure.name, one.key) == wanted), found[0] if found else None)
    context = {
        "launch": launch,
        "row": row,
        "measure": MEASURES[chosen.measure if chosen and chosen.measure else pure.measure],
        "begins": begins,
        "ends": ends,
        "hours": hours,
        "all_hours": HOURS,
        "at": request.GET.get("at", ""),
        "chosen": chosen,
        "chosen_digest": short_name(pure.name, chosen.key) if chosen else "",
        "missing": bool(wanted and (chosen is None or short_name(pure.name, chosen.key) != wanted)),
        "chart": _chart(launch, row, pure, chosen) if chosen else None,
        "rests_on": RESTS_ON[chosen.basis.word] if chosen and chosen.basis else "",
        "foresight": foresight(launch, chosen.foresight) if chosen and chosen.foresight else "",
        "is_drift": pure.measure is Measure.DAYS_LEFT,
        "keys": [_key_line(pure, one) for one in found],
    }
    return render(request, "gateway_ingest/_rule_chart.html", context)


def _chart(launch: Launch, row: Rule, pure: PureRule, chosen: Course) -> Chart | None:
    fired = Firing.objects.filter(rule=row, key=as_text(chosen.key), suppressed=False).order_by("-began_at")[
        :_MARKS_SHOWN
    ]
    marks = [Mark(one.began_at, one.ended_at or clock.now()) for one in fired]
    return draw(
        chosen.moments,
        chosen.values,
        limits=chosen.limits,
        usual=chosen.usual,
        marks=marks,
        zone=launch.zone,
        amount=partial(amount, chosen.measure or pure.measure),
    )


def _key_line(pure: PureRule, one: Course) -> dict[str, Any]:
    is_learned = pure.against is Against.USUAL
    return {
        "digest": short_name(pure.name, one.key),
        "about": one.about or _("The whole launch"),
        "value": amount(one.measure or pure.measure, one.latest),
        "limit": "" if one.limit is None else amount(one.measure or pure.measure, one.limit),
        "usual": "" if one.usual_now is None or one.foresight else amount(one.measure or pure.measure, one.usual_now),
        "rests_on": RESTS_ON[one.basis.word] if one.basis else _("still learning") if is_learned else "",
        "firing": one.state.firing,
        "held": bool(one.state.held_until),
        "calls": one.calls,
    }


def _hours(request: HttpRequest, pure: PureRule) -> int:
    """Slow measures begin with the longest view."""
    given = request.GET.get("hours", "")
    if given.isascii() and given.isdigit() and len(given) < 3 and int(given) in HOURS:
        return int(given)
    return 24 if pure.measure in {Measure.SURPRISE, Measure.SPENT_SHARE, Measure.FORGOT, Measure.RATING_CHANCE} else 6


def _ends(request: HttpRequest, *, now: datetime) -> datetime:
    """A little after the moment that the address asks for, or now."""
    asked = _moment(request.GET.get("at", ""))
    return min(asked + timedelta(minutes=15), whole_minute(now)) if asked else whole_minute(now)


def _moment(given: str) -> datetime | None:
    """A time in the address; anything else asks for none."""
    try:
        found = parse_datetime(given)
    except ValueError:
        return None
    return whole_minute(found) if found and found.tzinfo and 2000 <= found.year < 3000 else None
