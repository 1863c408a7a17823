"""This module shows the inbox: a launch's reports, filtered by the URL, newest first, one open beside the list."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import trigger_client_event
from rest_framework.request import Request

from feedback.models import Feedback, ReplyStatus
from gateway_ingest import evidence
from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.api.pages import NewestFirst
from hypercare.core.models import FieldDefinition, Launch
from hypercare.core.problem import Problem
from hypercare.core.roles import Right
from hypercare.core.templatetags.hypercare_ui import (
    AI_FAILURE_WORDS,
    GOVERNANCE_WORDS,
    LANGUAGE_WORDS,
    SENTIMENT_WORDS,
    SPAM_WORDS,
    field_word,
)
from hypercare.core.timeline import Actor
from triage import overrides
from triage.access import access_feedback
from triage.called import name_values
from triage.categories import CATEGORY_NAMES
from triage.classify.spam import FIELD, GENUINE
from triage.filters import FeedbackFilter, active_filters, by_custom_fields, without_control
from triage.models import Decision, Match, Origin, SecondOpinion
from triage.views.inbox_parts import as_listed, choosers_html, rows_html
from triage.views.posted import posted

# One statement, since three would take three times as long to prepare.
_COUNTS = """
SELECT (SELECT count(*) FROM feedback_feedback
        WHERE launch_id = %(launch)s AND reply_status = %(received)s AND NOT set_aside),
       (SELECT count(*) FROM feedback_feedback WHERE launch_id = %(launch)s AND triaged_at IS NULL),
       (SELECT count(*) FROM feedback_quarantined WHERE launch_id = %(launch)s AND handled_at IS NULL),
       (SELECT count(*) FROM feedback_feedback WHERE launch_id = %(launch)s AND set_aside),
       (SELECT count(*) FROM feedback_feedback WHERE launch_id = %(launch)s AND spam <> '' AND NOT set_aside)
"""
_COUNTED = ("waiting", "in_triage", "quarantined", "set_aside", "suspected")
# The filters that have a control of their own; every other one of the address is kept by a hidden field.
CONTROLS = {"q", "channel", "category", "severity", "ai_failure", "governance"}


@require_GET
@login_required
def inbox(request: HttpRequest, slug: str) -> HttpResponse:
    """The list; a bad filter is said beside the filters and filters nothing."""
    principal = Principal.of(request)
    launch = access_launch(principal, slug, right=Right.READ)
    request.launch = launch  # type: ignore[attr-defined]  # the shell's context reads it
    every = Feedback.objects.filter(launch=launch)
    if not request.GET.get("set_aside"):  # what is set aside has a page of its own, and is shown here when asked for
        every = every.filter(set_aside=False)
    found = FeedbackFilter(request.GET, every)
    chosen = by_custom_fields(found.qs, request.GET, launch) if found.is_valid() else every
    page, pages = _page(as_listed(chosen), request)
    custom_fields = list(FieldDefinition.objects.filter(launch=launch).order_by("label"))
    active = active_filters(request.GET, found, fields={field.key: field.label for field in custom_fields})
    with_person = Right.TRIAGE in principal.rights_in(launch)
    context = {
        "nav_active": "inbox",
        "rows": rows_html(page, launch=launch, with_person=with_person),
        "choosers": choosers_html(request.GET),
        "filter": found,
        "custom_fields": custom_fields,
        "active": active,
        "kept": without_control(active, controls=CONTROLS | {f"field.{field.key}" for field in custom_fields}),
        "next_url": pages.get_next_link(),
        "previous_url": pages.get_previous_link(),
        "views": _views(request),
    }
    context |= _counts(launch)
    return render(request, "triage/inbox.html", context)


@require_GET
@login_required
def waiting(request: HttpRequest, slug: str) -> HttpResponse:
    """How many reports nobody has looked at, for the rail of every page."""
    launch = access_launch(Principal.of(request), slug, right=Right.READ)
    return render(request, "triage/_waiting.html", {"waiting": _not_looked_at(launch)})


def _counts(launch: Launch) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"launch": launch.pk, "received": ReplyStatus.RECEIVED})
        return dict(zip(_COUNTED, cursor.fetchone(), strict=True))


def _not_looked_at(launch: Launch) -> int:
    return Feedback.objects.filter(launch=launch, reply_status=ReplyStatus.RECEIVED, set_aside=False).count()


def _page(rows: QuerySet[Feedback, Any], request: HttpRequest) -> tuple[list[Any], NewestFirst]:
    pages = NewestFirst()
    return list(pages.paginate_queryset(rows, Request(request)) or []), pages


def _views(request: HttpRequest) -> list[tuple[str, str, bool]]:
    views = [
        (_("All"), ""),
        (_("Not looked at"), "reply_status=received"),
        (_("SEV1 and SEV2"), "severity=1&severity=2"),
        (
            _("From people"),
            "channel=widget&channel=portal&channel=email&channel=api&channel=stakeholder_note",
        ),
        (_("From machines"), "channel=alert&channel=gateway_rule"),
    ]
    present = request.GET.urlencode()
    return [(label, query, query == present) for label, query in views]


@require_GET
@vary_on_headers("HX-Request")
@login_required
def report(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """One report with everything decided about it: a page of its own, or the side panel for htmx."""
    principal = Principal.of(request)
    launch = access_launch(principal, slug, right=Right.READ)
    return _shown(request, principal, launch, _in_launch(principal, launch, key, right=Right.READ))


def _shown(request: HttpRequest, principal: Principal, launch: Launch, row: Feedback) -> HttpResponse:
    request.launch = launch  # type: ignore[attr-defined]  # the shell's context reads it
    decisions = list(row.decisions.order_by("-id")[:60])
    name_values(row.launch, decisions)
    in_force: dict[str, Decision] = {one.field: one for one in decisions if one.ended_at is None}
    context = {
        "nav_active": "inbox",
        "row": row,
        "match": Match.objects.filter(feedback=row, ended_at=None).select_related("issue").first(),
        "decisions": [in_force[field] for field in _SHOWN_FIRST if field in in_force],
        "history": [one for one in decisions if one.ended_at is not None],
        "confirmable": overrides.FEEDBACK_FIELDS,
        "opinion": SecondOpinion.objects.filter(feedback=row).first(),
        "by_machine": any(one.origin != Origin.PERSON for one in in_force.values()),
        "attachments": list(row.attachments.all()),
        "with_person": Right.TRIAGE in principal.rights_in(launch),
        "category_names": CATEGORY_NAMES,
        "sentiments": SENTIMENT_WORDS.items(),
        "components": launch.components.order_by("name"),
        "spam_names": SPAM_WORDS.items(),
        "ai_failures": AI_FAILURE_WORDS.items(),
        "flags": GOVERNANCE_WORDS.items(),
        "languages": sorted(LANGUAGE_WORDS.items(), key=lambda one: str(one[1])),
        "facts": _facts(row, launch),
        "evidence": evidence.evidence_of(row, now=clock.now()),
    }
    panel = bool(request.headers.get("HX-Request"))
    return render(request, "triage/_feedback.html" if panel else "triage/feedback.html", context | {"panel": panel})


_SHOWN_FIRST = (
    "spam", "severity", "category", "component", "team", "sentiment", "ai_failure", "governance", "language",
)  # fmt: skip


def _facts(row: Feedback, launch: Launch) -> list[tuple[str, Any]]:
    """The launch's own fields by label, then what the page or the machine sent along."""
    labels = dict(FieldDefinition.objects.filter(launch=launch, key__in=row.fields).values_list("key", "label"))
    own = [(labels.get(key, key), value) for key, value in row.fields.items()]
    sent = row.context.items() if isinstance(row.context, dict) else [(_("Context"), row.context)]
    return own + [(str(name), value) for name, value in sent]


@login_required
@require_POST
def override(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """A person's verdict on one report."""
    principal = Principal.of(request)
    launch = access_launch(principal, slug, right=Right.TRIAGE)
    row = _in_launch(principal, launch, key, right=Right.TRIAGE)
    field, tone = request.POST.get("field", ""), "success"
    try:
        text = _decide(request, row, field, actor=principal.actor)
    except Problem as problem:
        text, tone = problem.detail, "error"
    if request.headers.get("HX-Request"):
        fresh = _in_launch(principal, launch, key, right=Right.TRIAGE)
        return trigger_client_event(_shown(request, principal, launch, fresh), "hc:toast", {"text": text, "tone": tone})
    messages.add_message(request, messages.SUCCESS if tone == "success" else messages.ERROR, text)
    return redirect("triage:feedback", slug, row.key)


def _decide(request: HttpRequest, row: Feedback, field: str, *, actor: Actor) -> str:
    """Sets or releases what was posted; says which in a sentence."""
    named = {"key": row.key, "field": field_word(field)}
    if "release" in request.POST:
        overrides.release_feedback(row, field=field, actor=actor, now=clock.now())
        return _("%(key)s: %(field)s is the machine's again.") % named
    value, reason = posted(request, "value"), posted(request, "reason")
    overrides.override_feedback(row, field=field, value=value, reason=reason, actor=actor, now=clock.now())
    if field == FIELD and value == GENUINE and row.set_aside:
        return _("%(key)s goes through triage as usual.") % named
    return _("%(key)s: %(field)s is set.") % named


def _in_launch(principal: Principal, launch: Launch, key: str, *, right: Right) -> Feedback:
    row = access_feedback(principal, key, right=right)
    if row.launch_id != launch.pk:
        raise Problem(404, _("There is no %(key)s here for you.") % {"key": key[:40]})
    return row
