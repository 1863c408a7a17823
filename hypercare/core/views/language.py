"""This module keeps the language that a person reads in: on this device, and for the mails to their account."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from hypercare.core.models import User


@require_POST
def choose(request: HttpRequest) -> HttpResponseBase:
    """Sets the language and goes back to where it was chosen."""
    language = request.POST.get("language")
    if isinstance(request.user, User) and language in dict(settings.LANGUAGES):
        request.user.language = language
        request.user.save(update_fields=["language"])
    return set_language(request)
