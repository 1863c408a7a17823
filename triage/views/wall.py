"""This module shows the wall: one page for a big screen that keeps itself true."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from hypercare.core import clock
from hypercare.core.roles import Right
from triage.views.rooms import launch_of
from triage.warroom.wall import wall


@require_GET
@login_required
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """The whole wall."""
    return _wall(request, slug, "triage/wall.html")


@require_GET
@login_required
def parts(request: HttpRequest, slug: str) -> HttpResponse:
    """What of it changes."""
    return _wall(request, slug, "triage/_wall.html")


def _wall(request: HttpRequest, slug: str, template: str) -> HttpResponse:
    _principal, launch = launch_of(request, slug, right=Right.READ)
    now = clock.now()
    return render(request, template, {"wall": wall(launch, now=now), "now": now})
