"""This module shows under a field, while somebody writes, which issues the text may be about."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from hypercare.core.access import Principal, access_launch
from hypercare.core.roles import Right
from triage.match.lookup import look_up
from triage.views.posted import posted


@login_required
@require_POST
def alike(request: HttpRequest, slug: str) -> HttpResponse:
    """A short list for htmx; posted, so that what is being written stands in no log of addresses."""
    launch = access_launch(Principal.of(request), slug, right=Right.READ)
    found = look_up(launch, posted(request, "text"))
    return render(request, "triage/_alike.html", {"launch": launch, "found": found})
