"""This module shows the inbox: every report of a launch, filtered by the URL, with one open beside the list."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from feedback.models import Feedback, Quarantined
from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.api.pages import NewestFirst
from hypercare.core.models import FieldDefinition, Launch
from hypercare.core.problem import Problem
from hypercare.core.roles import Right
from triage import overrides
from triage.access import access_feedback
from triage.categories import CATEGORY_NAMES, SENTIMENTS
from triage.filters import FeedbackFilter, by_custom_fields
from triage.models import Decision, Issue, Match

LIST_FIELDS = (
    "id", "title", "channel", "category", "severity", "issue_key", "received_at", "triaged_at", "launch_id",
    "reporter__name", "reporter__email", "reporter__external_id",
)  # fmt: skip


@login_required
def inbox(request: HttpRequest, slug: str) -> HttpResponse:
    """The list; a bad filter is said beside the filters and filters nothing."""
    principal = Principal.of(request)
    launch = access_launch(principal, slug, right=Right.READ)
    request.launch = launch  # type: ignore[attr-defined]  # the shell's context reads it
    rows = Feedback.objects.filter(launch=launch).select_related("reporter").only(*LIST_FIELDS)
    found = FeedbackFilter(request.GET, rows)
    chosen = by_custom_fields(found.qs, request.GET, launch) if found.is_valid() else rows
    page, pages = _page(chosen, request)
    context = {
        "nav_active": "inbox",
        "rows": page,
        "sure": _confidences(page),
        "filter": found,
        "custom_fields": FieldDefinition.objects.filter(launch=launch).order_by("label"),
        "next_url": pages.get_next_link(),
        "previous_url": pages.get_previous_link(),
        "filtered": any(value for name, value in request.GET.items() if name not in {"cursor", "page_size"}),
        "waiting": Feedback.objects.filter(launch=launch, triaged_at=None).count(),
        "quarantined": Quarantined.objects.filter(launch=launch, handled_at=None).count(),
        "views": _views(request),
    }
    return render(request, "triage/inbox.html", context)


def _page(rows: Any, request: HttpRequest) -> tuple[list[Feedback], NewestFirst]:
    pages = NewestFirst()
    try:
        return list(pages.paginate_queryset(rows, Request(request)) or []), pages
    except NotFound:
        raise Problem(404, _("This page of the list does not exist any more; begin at the newest.")) from None


def _confidences(rows: list[Feedback]) -> dict[int, float]:
    found = Decision.objects.filter(feedback__in=rows, field="category", ended_at=None, applied=True)
    return {
        pk: confidence for pk, confidence in found.values_list("feedback_id", "confidence") if confidence is not None
    }


def _views(request: HttpRequest) -> list[tuple[str, str, bool]]:
    views = [
        (_("All"), ""),
        (_("Waiting"), "triaged=false"),
        (_("SEV1 and SEV2"), "severity=1&severity=2"),
        (
            _("From people"),
            "channel=widget&channel=portal&channel=email&channel=api&channel=stakeholder_note",
        ),
        (_("From machines"), "channel=alert&channel=gateway_rule"),
    ]
    present = request.GET.urlencode()
    return [(label, query, query == present) for label, query in views]


@login_required
def report(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """One report with everything decided about it: a page of its own, or the side panel for htmx."""
    principal = Principal.of(request)
    launch = access_launch(principal, slug, right=Right.READ)
    row = _in_launch(principal, launch, key, right=Right.READ)
    request.launch = launch  # type: ignore[attr-defined]  # the shell's context reads it
    match = Match.objects.filter(feedback=row, ended_at=None).select_related("issue").first()
    context = {
        "nav_active": "inbox",
        "row": row,
        "match": match,
        "decisions": list(row.decisions.filter(ended_at=None).order_by("id")),
        "history": row.decisions.exclude(ended_at=None).order_by("-id")[:20],
        "attachments": row.attachments.all(),
        "with_person": Right.TRIAGE in principal.rights_in(launch),
        "category_names": CATEGORY_NAMES,
        "sentiments": SENTIMENTS,
        "components": launch.components.order_by("name"),
        "issues": Issue.objects.filter(launch=launch, pk=match.issue_id) if match else Issue.objects.none(),
    }
    return render(
        request,
        "triage/_report.html" if request.headers.get("HX-Request") else "triage/feedback.html",
        context,
    )


@login_required
@require_POST
def override(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """A person's verdict on one report."""
    principal = Principal.of(request)
    launch = access_launch(principal, slug, right=Right.TRIAGE)
    row = _in_launch(principal, launch, key, right=Right.TRIAGE)
    field, value = request.POST.get("field", ""), request.POST.get("value", "")
    try:
        overrides.override_feedback(
            row,
            field=field,
            value=value,
            reason=request.POST.get("reason", "")[:500],
            actor=principal.actor,
            now=clock.now(),
        )
        messages.success(request, _("%(key)s: %(field)s is set.") % {"key": row.key, "field": field})
    except Problem as problem:
        messages.error(request, problem.detail)
    return redirect("triage:feedback", slug, row.key)


def _in_launch(principal: Principal, launch: Launch, key: str, *, right: Right) -> Feedback:
    row = access_feedback(principal, key, right=right)
    if row.launch_id != launch.pk:
        raise Problem(404, _("There is no %(key)s here for you.") % {"key": key[:40]})
    return row
