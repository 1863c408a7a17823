"""This module takes a person's own choice of keys from the pages' key help."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from hypercare.core import key_choices
from hypercare.core.access import Principal


@require_POST
@login_required
def choose(request: HttpRequest) -> HttpResponse:
    """Keeps them for this person, on every device."""
    key_choices.choose(Principal.of(request).user, request.body)
    return HttpResponse(status=204)
