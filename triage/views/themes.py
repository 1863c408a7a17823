"""This module shows what a launch's reports have in common, what is rising, and how people speak of it."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hypercare.core.access import Principal, access_launch
from hypercare.core.roles import Right
from triage.models import ThemesRun
from triage.themes import page


@login_required
@require_safe
def themes(request: HttpRequest, slug: str) -> HttpResponse:
    """The themes as a worker last found them."""
    launch = access_launch(Principal.of(request), slug, right=Right.READ)
    request.launch = launch  # type: ignore[attr-defined]  # the shell's context reads it
    run = ThemesRun.objects.filter(launch=launch).first()
    context = {
        "nav_active": "inbox",
        "run": run,
        "themes": page.shown_themes(launch, run) if run else [],
        "components": page.component_tones(launch, run) if run else [],
        "last_days": page.LAST_DAYS,
        "quote_characters": page.QUOTE_CHARACTERS,
    }
    return render(request, "triage/themes.html", context)
