"""This module shows one alert with what happened to it, and takes a person's word that it is over."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from gateway_ingest import ending
from gateway_ingest.models import Alert, AlertStatus, TrafficWatch
from gateway_ingest.rules.defaults import DEFAULTS
from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.forms.fields import LineField
from hypercare.core.models import Launch, TimelineEntry
from hypercare.core.problem import Problem, not_found
from hypercare.core.roles import Right
from hypercare.core.timeline import KINDS

_SHOWN = 50


class EndForm(forms.Form):
    """Why an alert is over though its machine does not say so."""

    reason = LineField(
        label=gettext_lazy("Reason"),
        max_length=ending.MAX_REASON,
        help_text=gettext_lazy("For example: the host is gone and will not say so itself."),
    )


@login_required
@require_GET
def page(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The alert: its facts, its labels, what happened to it."""
    alert = _alert(request, slug, number, right=Right.READ)
    return _shown(request, alert, EndForm())


@login_required
@require_POST
def end(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Ends an alert that its machine does not end."""
    alert = _alert(request, slug, number, right=Right.TRIAGE)
    form = EndForm(request.POST)
    if not form.is_valid():
        return _shown(request, alert, form, status=400)
    try:
        ending.end_by_hand(
            alert, reason=form.cleaned_data["reason"], actor=Principal.of(request).actor, now=clock.now()
        )
    except Problem as problem:
        form.add_error("reason" if problem.errors else None, problem.detail)
        return _shown(request, alert, form, status=problem.status)
    messages.success(request, _("%(alert)s was ended.") % {"alert": alert.key})
    return redirect("gateway_ingest:alert", slug=slug, number=alert.pk)


def _shown(request: HttpRequest, alert: Alert, form: EndForm, *, status: int = 200) -> HttpResponse:
    entries = TimelineEntry.objects.filter(launch=alert.launch, subject=alert.key).order_by("-occurred_at", "-id")
    is_of_a_rule = TrafficWatch.objects.filter(source=alert.source_id).exists()
    rule = DEFAULTS.get(alert.labels.get("rule", "")) if is_of_a_rule else None
    context: dict[str, Any] = {
        "alert": alert,
        "rule": rule,
        "is_open": alert.status != AlertStatus.RESOLVED,
        "labels": sorted(alert.labels.items()),
        "entries": [(entry, KINDS.get(entry.kind, entry.kind)) for entry in entries[:_SHOWN]],
        "form": form,
        "may_end": Right.TRIAGE in Principal.of(request).rights_in(alert.launch),
    }
    return render(request, "gateway_ingest/alert.html", context, status=status)


def _alert(request: HttpRequest, slug: str, number: int, *, right: Right) -> Alert:
    launch: Launch = access_launch(Principal.of(request), slug, right=right)
    request.launch = launch  # type: ignore[attr-defined]  # the shell's context reads it
    found = Alert.objects.select_related("launch", "source", "component", "feedback")
    alert = found.filter(launch=launch, pk=number).first()
    if alert is None:
        raise not_found(_("There is no such alert in this launch."))
    return alert
