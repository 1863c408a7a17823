"""This module shows and changes a launch's own facts, and closes or reopens it."""

from copy import copy

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hypercare.core import clock, launches
from hypercare.core.forms.launch import CloseForm, FactsForm
from hypercare.core.roles import Right
from hypercare.core.views.place import enter


@require_http_methods(["GET", "POST"])
@login_required
def facts(request: HttpRequest, slug: str) -> HttpResponse:
    """Name, phase, days, zone, report."""
    launch, actor = enter(request, slug, right=Right.MANAGE)
    form = FactsForm(request.POST or None, instance=copy(launch))
    if form.is_valid():
        try:
            launches.change_facts(launch, form.cleaned_data, actor=actor, now=clock.now())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("core:settings", slug)
    context = {"nav_active": "settings", "tab": "facts", "form": form, "closing": CloseForm(launch=launch)}
    return render(request, "core/settings/facts.html", context, status=400 if form.is_bound else 200)


@require_http_methods(["POST"])
@login_required
def closing(request: HttpRequest, slug: str) -> HttpResponse:
    """Closes an open launch or reopens a closed one, after its address was typed."""
    launch, actor = enter(request, slug, right=Right.MANAGE)
    form = CloseForm(request.POST, launch=launch)
    if not form.is_valid():
        context = {"nav_active": "settings", "tab": "facts", "form": FactsForm(instance=copy(launch)), "closing": form}
        return render(request, "core/settings/facts.html", context, status=400)
    if launch.closed_at:
        launches.reopen(launch, actor=actor, now=clock.now())
        messages.success(request, _("Reopened: reports are taken again."))
    else:
        launches.close(launch, actor=actor, now=clock.now())
        messages.success(request, _("Closed: no more reports are taken."))
    return redirect("core:settings", slug)
