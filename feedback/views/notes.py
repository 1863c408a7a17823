"""This module is where the team writes down what stakeholders said and what operations saw."""

import zoneinfo

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from feedback import intake
from feedback.channels import operations_note, stakeholder_note
from feedback.forms import NoteForm
from feedback.models import Channel, Feedback
from feedback.uploads import takes_files
from hypercare.core import clock
from hypercare.core.access import Principal
from hypercare.core.models import Component, Launch
from hypercare.core.problem import Problem
from hypercare.core.roles import Right
from hypercare.core.views.place import enter

_REPORT_OF = {
    Channel.STAKEHOLDER_NOTE: stakeholder_note.report_of,
    Channel.OPERATIONS_NOTE: operations_note.report_of,
}


@takes_files
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_note(request: HttpRequest, slug: str) -> HttpResponse:
    """The form; a note that was taken is named by its receipt."""
    launch, _actor = enter(request, slug, right=Right.WRITE_NOTES)
    principal = Principal.of(request)
    components = Component.objects.filter(launch=launch).order_by("name")
    with timezone.override(zoneinfo.ZoneInfo(launch.zone)):
        form = NoteForm(request.POST if request.method == "POST" else None, components=components)
        status = 200
        if form.is_bound:
            noted = _write(form, launch, principal) if form.is_valid() else None
            if noted:
                return redirect(f"{reverse('feedback:new_note', args=[launch.slug])}?noted={noted}")
            status = 400
        context = {"form": form, "noted": _noted(launch, request.GET.get("noted", "")), "nav_active": "inbox"}
        return render(request, "feedback/new_note.html", context, status=status)


def _write(form: NoteForm, launch: Launch, principal: Principal) -> int | None:
    """The number of the stored note; None when the launch refused it and the form says why."""
    report = _REPORT_OF[Channel(form.cleaned_data["channel"])](form.cleaned_data, writer=principal.user)
    try:
        return intake.accept(launch, report, actor=principal.actor, now=clock.now()).feedback_id
    except Problem as problem:
        form.take(problem)
        return None


def _noted(launch: Launch, number: str) -> Feedback | None:
    """The note of this launch that was just written, if the address names one."""
    notes: QuerySet[Feedback] = Feedback.objects.filter(launch=launch, channel__in=_REPORT_OF)
    return (
        notes.filter(pk=int(number)).first() if number.isascii() and number.isdecimal() and len(number) < 19 else None
    )
