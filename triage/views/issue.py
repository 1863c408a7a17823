"""This module shows an issue with all that belongs to it, lists issues, and takes a person's orders about one."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers
from rest_framework.request import Request

from feedback import known
from feedback.models import MACHINE_CHANNELS, Feedback
from gateway_ingest.evidence import Signature
from gateway_ingest.models import GIVEN_BY_PEOPLE, Alert, AlertStatus
from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.api.pages import NewestFirst
from hypercare.core.models import Launch, TimelineEntry, User
from hypercare.core.problem import Problem
from hypercare.core.roles import Right, roles_with
from hypercare.core.templatetags.hypercare_ui import FIELD_WORDS, RESOLUTION_WORDS, severity_word
from triage import closing, labels, merging, overrides, pins, replies, transitions, tree
from triage.access import access_issue, number_in
from triage.board.cards import cards_of, with_people
from triage.board.changes import current_version
from triage.board.saved_views import views_of
from triage.called import name_values
from triage.categories import CATEGORY_NAMES
from triage.filters import IssueFilter, active_filters, filter_text, single_choice, without_control
from triage.knowledge.panel import panel as knowledge_panel
from triage.match import answers, pairs
from triage.models import Decision, Issue, IssueStatus, MeasuredReach, Moscow, Origin
from triage.nature import judgement as nature
from triage.notes import add_note
from triage.orders import giving
from triage.proof.panel import panel as proof_panel
from triage.score import business
from triage.score.figures import REPORTERS, RISK, risk_of
from triage.score.history import told
from triage.score.matrix import LEVELS
from triage.score.ranking import place_of
from triage.story import story_of
from triage.views.ordering import order_choices
from triage.views.posted import posted
from triage.warroom import rooms

SHOWN_REPORTS = 100
SHOWN_ALERTS = 20
PANEL_ROWS = 6
_WAYS_TO_END: dict[str, list[str]] = {
    IssueStatus.CLOSED: [name for name in RESOLUTION_WORDS if name in transitions.RESOLUTIONS],
    IssueStatus.DECLINED: ["wont_do", "as_designed", "deferred"],
}


@vary_on_headers("HX-Request")
@login_required
def issues(request: HttpRequest, slug: str) -> HttpResponse:
    """All issues as a list, ended ones too, by the board's filters."""
    principal = Principal.of(request)
    launch = access_launch(principal, slug, right=Right.READ)
    request.launch = launch  # type: ignore[attr-defined]  # the shell's context reads it
    rights = principal.rights_in(launch)
    may_order = Right.TRIAGE in rights
    found = IssueFilter(request.GET, Issue.objects.filter(launch=launch))
    active = active_filters(request.GET, found, fields={})
    version = current_version(launch.pk)  # first, so that a change while it is read is told again
    pages = NewestFirst()
    page = list(pages.paginate_queryset(with_people(found.qs), Request(request)) or [])
    context = {
        "nav_active": "board",
        "cards": cards_of(page, now=clock.now()),
        "filter": found,
        "active": active,
        "kept": without_control(active, controls={"q", "status", "label"}),
        "status": single_choice(request.GET, "status"),
        "label": single_choice(request.GET, "label"),
        "next_url": pages.get_next_link(),
        "previous_url": pages.get_previous_link(),
        "version": version,
        "total": found.qs.count(),
        "may_order": may_order,
    }
    if request.headers.get("HX-Request"):
        return render(request, "triage/_issue_rows.html", context)
    context |= {
        "views": views_of(launch, reader=principal.user),
        "known_labels": labels.known(launch),
        "filter_text": filter_text(request.GET, found),
        "rights_here": " ".join(sorted(rights)),
        **order_choices(launch, may_order=may_order),
    }
    return render(request, "triage/issues.html", context)


def _panel(request: HttpRequest, principal: Principal, one: Issue) -> HttpResponse:
    """The issue beside the board or the list: what one decides by, and fields to change in place."""
    keys = tree.keys_of(one.pk)
    reports = Feedback.objects.filter(launch=one.launch, issue_key__in=keys)
    severity = f"SEV{one.severity} {severity_word(one.severity)}"
    none = _("none")
    context = {
        "issue": one,
        "card": cards_of([one], now=clock.now())[0],
        "editable": [
            ("severity", one.severity, severity),
            ("owner", one.owner.email if one.owner else "", one.owner or none),
            ("team", one.team.name if one.team else "", one.team or none),
            ("component", one.component.slug if one.component else "", one.component.name if one.component else none),
        ],
        "reports": reports.order_by("-id")[:PANEL_ROWS],
        "report_count": reports.count(),
        "story": story_of(_entries_of(one, keys)[:PANEL_ROWS], of=one.key),
        "may_order": Right.TRIAGE in principal.rights_in(one.launch),
    }
    return render(request, "triage/_issue_panel.html", context)


@vary_on_headers("HX-Request")
@login_required
def issue(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """The issue page: reach, score as a sum, reports, timeline, decisions."""
    principal = Principal.of(request)
    launch = access_launch(principal, slug, right=Right.READ)
    one = _in_launch(principal, launch, key, right=Right.READ)
    request.launch = launch  # type: ignore[attr-defined]  # the shell's context reads it
    if request.headers.get("HX-Request"):
        return _panel(request, principal, one)
    members = tree.members_of([one.pk])[one.pk]
    keys = [f"IS-{member}" for member in members]
    reports = Feedback.objects.filter(launch=launch, issue_key__in=keys).select_related("reporter").order_by("-id")
    decisions = list(one.decisions.order_by("-id")[:SHOWN_REPORTS])
    name_values(launch, decisions)
    in_force = {decision.field: decision for decision in decisions if decision.ended_at is None}
    end = in_force.get(closing.FIELD)
    suggested = [] if one.merged_into_id else pairs.suggested_for(one, members)
    # A proposal has a place of its own on the page; a person's answer to one is in force like any other.
    proposal = in_force.pop(closing.FIELD) if end and end.origin != Origin.PERSON else None
    may_order = Right.TRIAGE in principal.rights_in(launch)
    natures = [
        (in_force.pop(field), nature.opposite(in_force_value))
        for field in nature.FIELDS
        if (in_force_value := _suggested(in_force.get(field)))
    ]
    context = {
        "nav_active": "board",
        "issue": one,
        "natures": natures,
        "card": cards_of([one], now=clock.now())[0],
        **_measured(one),
        **proof_panel(one, now=clock.now()),
        **knowledge_panel(one, now=clock.now()),
        "reports": list(reports[:SHOWN_REPORTS]),
        "report_count": reports.count(),
        "open_alerts": Alert.objects.filter(launch=launch, feedback__issue_key__in=keys)
        .exclude(status=AlertStatus.RESOLVED)
        .select_related("source")
        .order_by("pk")[:SHOWN_ALERTS],
        "story": story_of(_entries_of(one, keys), of=one.key),
        "held": {field: in_force[field] for field in FIELD_WORDS if field in in_force},
        "history": [decision for decision in decisions if decision.ended_at is not None],
        "merged": Issue.objects.filter(pk__in=[pk for pk in members if pk != one.pk]),
        "similar": [near for near in suggested if near.score >= pairs.ALIKE_FROM],
        "less_similar": [near for near in suggested if near.score < pairs.ALIKE_FROM],
        "known": known.told_of(launch).filter(issue_key=one.key).first(),
        "moves": _moves(one.status),
        "proposal": proposal,
        "settles_at": closing.settles_at(proposal) if proposal else None,
        "has_settled": one.status == IssueStatus.CLOSED and one.resolution == closing.TRANSIENT,
        "noise_reasons": [(reason.value, reason.label) for reason in GIVEN_BY_PEOPLE] if _is_of_machines(one) else [],
        "pin": pins.pin_of(one, now=clock.now()),
        "place": place_of(one),
        "levels": [(str(level), f"{level}") for level in LEVELS],
        "risk": _risk(one),
        "worth": business.why(one.component),
        "scores": told(one),
        "category_names": CATEGORY_NAMES,
        "moscow_names": Moscow.choices,
        "components": launch.components.order_by("name"),
        "teams": launch.teams.order_by("name"),
        "owners": User.objects.filter(
            memberships__launch=launch, memberships__role__in=roles_with(Right.TRIAGE), is_active=True
        ).distinct(),
        "room": rooms.newest_of(one),
        "with_person": may_order,
        "known_labels": labels.known(launch),
        **(_audience(one) if may_order else {}),
        **order_choices(launch, may_order=may_order),
    }
    return render(request, "triage/issue.html", context)


def _audience(one: Issue) -> dict[str, Any]:
    """Whom a reply reaches, and who not."""
    found = replies.reach_of(one)
    return {
        "audience": found,
        "reached": replies.reached_words(by_mail=found.by_mail, on_page=found.on_page),
        "answered": [(row.key, replies.name_of(row)) for row in found.shown],
        "unreached": replies.unreached_words(found.unreached),
        "once": secrets.token_urlsafe(16),
    }


def _suggested(decision: Decision | None) -> str:
    """The value of a decision that waits for a person's word."""
    return decision.value if decision and decision.origin != Origin.PERSON else ""


@dataclass(frozen=True)
class _Risk:
    reason: str
    shown: int


def _risk(one: Issue) -> dict[str, _Risk]:
    """The three parts of the risk priority number as they stand, with what the rules say of each."""
    reasons = risk_of(one, now=clock.now()).reasons
    return {field: _Risk(why, getattr(one, field)) for field, why in zip(RISK, reasons, strict=True)}


def _is_of_machines(one: Issue) -> bool:
    return any(one.sources.get(str(channel)) for channel in MACHINE_CHANNELS)


def _measured(one: Issue) -> dict[str, Any]:
    """How the reach was measured, where it was."""
    row = MeasuredReach.objects.filter(issue=one, value__gt=0).first() if one.reach_method != REPORTERS else None
    signatures = [Signature(**said | _status_class(said)) for said in row.signatures] if row else []
    return {"measured": row, "measured_words": "; ".join(signature.in_words() for signature in signatures)}


def _status_class(said: dict[str, str]) -> dict[str, Any]:
    return {"status_class": int(said["status_class"])} if "status_class" in said else {}


def _entries_of(one: Issue, keys: list[str]) -> QuerySet[TimelineEntry]:
    """What happened to an issue and to all merged into it; a merge is told once, by the one that took the other in."""
    told_twice = Q(kind__in=("issue.merged", "issue.unmerged"), data__has_key="field") & ~Q(subject=one.key)
    entries = TimelineEntry.objects.filter(launch=one.launch, subject__in=keys).exclude(told_twice)
    return entries.order_by("-occurred_at", "-id")[:SHOWN_REPORTS]


def _moves(status: str) -> list[tuple[str, list[str]]]:
    """Where it may go, the likely next step first, and for an end the ways to end so."""
    order = list(IssueStatus)
    here = order.index(IssueStatus(status))

    def unlikely(target: str) -> tuple[bool, bool]:
        return target in _WAYS_TO_END and status != IssueStatus.VERIFIED, order.index(IssueStatus(target)) < here

    return [(target, _WAYS_TO_END.get(target, [])) for target in sorted(transitions.targets_from(status), key=unlikely)]


def _move(one: Issue, request: HttpRequest, principal: Principal) -> Issue:
    to, _colon, resolution = request.POST.get("to", "").partition(":")
    order = {"to": to, "reason": posted(request, "reason"), "resolution": resolution, "noise": posted(request, "noise")}
    return _give(one, "move", order, request, principal)


def _override(one: Issue, request: HttpRequest, principal: Principal) -> Issue:
    field = request.POST.get("field", "")
    if "release" in request.POST:
        return overrides.release_issue(
            one.pk, field=field, version=_version(request), actor=principal.actor, now=clock.now()
        )
    return overrides.override_issue(
        one.pk,
        field=field,
        value=posted(request, "value"),
        reason=posted(request, "reason"),
        version=_version(request),
        actor=principal.actor,
        now=clock.now(),
    )


def _pin(one: Issue, request: HttpRequest, principal: Principal) -> Issue:
    if "release" in request.POST:
        return pins.release(one.pk, version=_version(request), actor=principal.actor, now=clock.now())
    return pins.pin(
        one.pk,
        severity=posted(request, "value"),
        reason=posted(request, "reason"),
        version=_version(request),
        actor=principal.actor,
        now=clock.now(),
    )


def _merge(one: Issue, request: HttpRequest, principal: Principal) -> Issue:
    named = number_in(posted(request, "into"))
    if named is None:
        raise Problem(400, _("Write the other issue's key, such as IS-12, or paste its link."))
    target = access_issue(principal, f"IS-{named}", right=Right.TRIAGE)
    return merging.merge(one.pk, into_id=target.pk, version=_version(request), actor=principal.actor, now=clock.now())


def _same(one: Issue, request: HttpRequest, principal: Principal) -> Issue:
    """Accepts a suggestion: the newer of two open issues goes into the older, an ended one into the open one."""
    return answers.accept(
        one, _other(request, principal), version=_version(request), actor=principal.actor, now=clock.now()
    )


def _different(one: Issue, request: HttpRequest, principal: Principal) -> Issue:
    pairs.refuse(one, _other(request, principal), actor=principal.actor, now=clock.now())
    return one


def _publish(one: Issue, request: HttpRequest, principal: Principal) -> Issue:
    known.publish(
        one.launch,
        issue_key=one.key,
        title=request.POST.get("title", ""),
        workaround=request.POST.get("workaround", ""),
        actor=principal.actor,
        now=clock.now(),
    )
    return one


def _withdraw(one: Issue, _request: HttpRequest, principal: Principal) -> Issue:
    known.withdraw(one.launch, issue_key=one.key, actor=principal.actor, now=clock.now())
    return one


def _other(request: HttpRequest, principal: Principal) -> Issue:
    return access_issue(principal, posted(request, "other")[:40], right=Right.TRIAGE)


def _give(one: Issue, action: str, order: dict[str, Any], request: HttpRequest, principal: Principal) -> Issue:
    """An order like those of the board, with its history and its way back."""
    giving.give(
        one.launch,
        Issue.objects.filter(pk=one.pk),
        action=action,
        given=order | {"ids": [one.key]},
        actor=principal.user,
        clock=clock.now,
        version=_version(request),
        once=posted(request, "once"),
    )
    return one


def _label(one: Issue, request: HttpRequest, principal: Principal) -> Issue:
    return _give(one, "label", {"labels": posted(request, "labels")}, request, principal)


def _unlabel(one: Issue, request: HttpRequest, principal: Principal) -> Issue:
    return _give(one, "unlabel", {"labels": posted(request, "labels")}, request, principal)


def _reply(one: Issue, request: HttpRequest, principal: Principal) -> Issue:
    order = {"text": request.POST.get("text", ""), "to": posted(request, "to")}
    return _give(one, "reply", order, request, principal)


def _snooze(one: Issue, request: HttpRequest, principal: Principal) -> Issue:
    order = {"until": posted(request, "until"), "wake_if_worse": "wake_if_worse" in request.POST}
    return _give(one, "snooze", order, request, principal)


def _wake(one: Issue, request: HttpRequest, principal: Principal) -> Issue:
    return _give(one, "wake", {}, request, principal)


def _unmerge(one: Issue, request: HttpRequest, principal: Principal) -> Issue:
    return merging.unmerge(one.pk, version=_version(request), actor=principal.actor, now=clock.now())


def _accept(one: Issue, request: HttpRequest, principal: Principal) -> Issue:
    return closing.accept(one.pk, version=_version(request), actor=principal.actor, now=clock.now())


def _keep_open(one: Issue, request: HttpRequest, principal: Principal) -> Issue:
    return closing.keep_open(
        one.pk, version=_version(request), reason=posted(request, "reason"), actor=principal.actor, now=clock.now()
    )


def _note(one: Issue, request: HttpRequest, principal: Principal) -> Issue:
    add_note(one, text=request.POST.get("text", ""), actor=principal.actor, now=clock.now())
    return one


ORDERS: dict[str, Callable[[Issue, HttpRequest, Principal], Issue]] = {
    "move": _move,
    "override": _override,
    "pin": _pin,
    "merge": _merge,
    "unmerge": _unmerge,
    "same": _same,
    "different": _different,
    "publish": _publish,
    "withdraw": _withdraw,
    "note": _note,
    "label": _label,
    "unlabel": _unlabel,
    "reply": _reply,
    "snooze": _snooze,
    "wake": _wake,
    "accept-end": _accept,
    "keep-open": _keep_open,
}


@login_required
@require_POST
def order(request: HttpRequest, slug: str, key: str, name: str) -> HttpResponse:
    """Does one thing to an issue and says what came of it."""
    principal = Principal.of(request)
    launch = access_launch(principal, slug, right=Right.TRIAGE)
    one = _in_launch(principal, launch, key, right=Right.TRIAGE)
    if name not in ORDERS:
        raise Problem(404, _("There is nothing here."))
    try:
        changed = ORDERS[name](one, request, principal)
        messages.success(request, _("%(key)s is changed.") % {"key": one.key})
    except Problem as problem:
        messages.error(request, problem.detail)
        changed = one
    return redirect("triage:issue", slug, changed.key)


def _version(request: HttpRequest) -> int | None:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _in_launch(principal: Principal, launch: Launch, key: str, *, right: Right) -> Issue:
    one = access_issue(principal, key, right=right)
    if one.launch_id != launch.pk:
        raise Problem(404, _("There is no %(key)s here for you.") % {"key": key[:40]})
    return one
