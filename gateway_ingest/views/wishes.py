"""This module takes what a team wants of its traffic: targets, maintenance, and heartbeats it waits for no longer."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gateway_ingest import heartbeats
from gateway_ingest.rule_forms import MaintenanceForm, TargetForm
from gateway_ingest.rules import wishes
from gateway_ingest.views.rules import render_page
from hypercare.core import clock
from hypercare.core.models import MaintenanceWindow
from hypercare.core.roles import Right
from hypercare.core.views.place import enter


@login_required
@require_POST
def target(request: HttpRequest, slug: str) -> HttpResponse:
    """Sets what is wanted of a component or of the launch."""
    launch, actor = enter(request, slug, right=Right.MANAGE)
    form = TargetForm(request.POST, launch=launch)
    if not form.is_valid():
        return render_page(request, launch, target=form, status=400)
    said = form.cleaned_data
    wishes.set_target(
        launch,
        said["component"],
        p95_ms=said["p95_ms"],
        daily_budget=said["daily_budget"],
        actor=actor,
        now=clock.now(),
    )
    messages.success(request, _("The target is set."))
    return redirect("gateway_ingest:rules", slug=slug)


@login_required
@require_POST
def maintenance(request: HttpRequest, slug: str) -> HttpResponse:
    """Plans a maintenance."""
    launch, actor = enter(request, slug, right=Right.MANAGE)
    form = MaintenanceForm(request.POST, launch=launch, now=clock.now())
    with timezone.override(ZoneInfo(launch.zone)):
        is_good = form.is_valid()
    if not is_good:
        return render_page(request, launch, maintenance=form, status=400)
    wishes.plan_maintenance(MaintenanceWindow(launch=launch, **form.cleaned_data), actor=actor, now=clock.now())
    messages.success(request, _("The maintenance is planned; rules count in it, and do not fire."))
    return redirect("gateway_ingest:rules", slug=slug)


@login_required
@require_POST
def end_maintenance(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Ends a maintenance now, or calls it off."""
    launch, actor = enter(request, slug, right=Right.MANAGE)
    wishes.end_maintenance(launch, number, actor=actor, now=clock.now())
    messages.success(request, _("The maintenance has ended; rules fire again."))
    return redirect("gateway_ingest:rules", slug=slug)


@login_required
@require_POST
def remove_heartbeat(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Waits for a heartbeat no longer."""
    launch, actor = enter(request, slug, right=Right.MANAGE)
    heartbeats.remove(launch, number, actor=actor, now=clock.now())
    messages.success(request, _("The heartbeat was removed; it is waited for again once it is sent again."))
    return redirect("gateway_ingest:rules", slug=slug)
