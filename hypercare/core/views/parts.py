"""This module shows and changes what a launch is made of: teams, components, own fields, metrics; one kind a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hypercare.core import clock
from hypercare.core.forms.parts import ComponentForm, FieldForm, MetricChangeForm, MetricForm, NewFieldForm, TeamForm
from hypercare.core.models import Component, FieldDefinition, Launch, MetricDefinition, Team
from hypercare.core.parts import Part, remove_part, save_part, set_retired
from hypercare.core.problem import not_found
from hypercare.core.roles import Right
from hypercare.core.timeline import Actor
from hypercare.core.views.place import enter


@dataclass(frozen=True)
class Shelf:
    """One kind of part: its rows, its forms and its address."""

    name: str
    model: type[Part]
    form: type[forms.ModelForm[Any]]
    change_form: type[forms.ModelForm[Any]]
    order: str = "name"


SHELVES = {
    "teams": Shelf("teams", Team, TeamForm, TeamForm),
    "components": Shelf("components", Component, ComponentForm, ComponentForm),
    "fields": Shelf("fields", FieldDefinition, NewFieldForm, FieldForm, order="label"),
    "metrics": Shelf("metrics", MetricDefinition, MetricForm, MetricChangeForm),
}


@require_http_methods(["GET", "POST"])
@login_required
def shelf(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """All of one kind, and a form that adds one."""
    launch, actor = enter(request, slug, right=Right.MANAGE)
    here = SHELVES[kind]
    form = here.form(request.POST or None, instance=here.model(launch=launch))
    if _saved(form, actor):
        messages.success(request, _("Added."))
        return redirect(f"core:{kind}", slug)
    context = {"nav_active": "settings", "tab": kind, "form": form, "rows": _rows(here, launch)}
    return render(request, f"core/settings/{kind}.html", context, status=400 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@login_required
def one(request: HttpRequest, slug: str, kind: str, pk: int) -> HttpResponse:
    """One part: change it, remove it, or retire it, if it is a component."""
    launch, actor = enter(request, slug, right=Right.MANAGE)
    here = SHELVES[kind]
    part = _rows(here, launch).filter(pk=pk).first()
    if part is None:
        raise not_found(_("There is nothing by this number in this launch."))
    if request.method == "POST" and "remove" in request.POST:
        remove_part(part, actor=actor, now=clock.now())
        messages.success(request, _("Removed."))
        return redirect(f"core:{kind}", slug)
    if request.method == "POST" and "retire" in request.POST and isinstance(part, Component):
        is_retired = request.POST["retire"] == "1"
        set_retired(part, is_retired=is_retired, actor=actor, now=clock.now())
        messages.success(request, _("Retired.") if is_retired else _("Taken back into use."))
        return redirect(f"core:{kind}", slug)
    form = here.change_form(request.POST or None, instance=part)
    if _saved(form, actor):
        messages.success(request, _("Saved."))
        return redirect(f"core:{kind}", slug)
    context = {"nav_active": "settings", "tab": kind, "form": form, "part": part, "kind": kind}
    return render(request, "core/settings/part.html", context, status=400 if form.is_bound else 200)


def _rows(here: Shelf, launch: Launch) -> Any:
    if here.model is Component:
        return Component.objects.filter(launch=launch).select_related("team").order_by(here.order)
    return here.model.objects.filter(launch=launch).order_by(here.order)


def _saved(form: forms.ModelForm[Any], actor: Actor) -> bool:
    """Whether the form was sent, was right, and its part is stored."""
    if not form.is_valid():
        return False
    part: Part = form.instance
    try:
        save_part(part, actor=actor, now=clock.now())
    except ValidationError as error:
        form.add_error(None, error)
        return False
    return True
