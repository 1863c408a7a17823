"""This module gives members of a launch the files of its reports."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from feedback.attachments import download
from feedback.models import Attachment
from hypercare.core.problem import not_found
from hypercare.core.roles import Right
from hypercare.core.views.place import enter


@login_required
@require_safe
def attachment(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """One file, always as a download."""
    launch, _actor = enter(request, slug, right=Right.READ)
    found = Attachment.objects.filter(feedback__launch=launch, pk=number).first()
    if found is None:
        raise not_found(_("There is no such file in this launch."))
    return download(found)
