"""This module shows a report to the person who holds its secret link, and to nobody else."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from feedback import receipts
from feedback.attachments import download
from feedback.models import Attachment
from feedback.views.language import choices, remember, speak
from feedback.views.steps import steps_of
from hypercare.core import clock
from hypercare.core.problem import not_found

View = Callable[..., HttpResponseBase]


def unlisted(view: View) -> View:
    """Keeps a secret address out of caches, search engines and the logs of other sites."""

    @wraps(view)
    def quietly(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "no-store, private"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return quietly


@unlisted
@require_safe
def receipt(request: HttpRequest, secret: str) -> HttpResponse:
    """How far the report is, and what was answered."""
    feedback = receipts.feedback_of(secret)
    language = speak(request, otherwise=feedback.language)
    context = {
        "feedback": feedback,
        "launch_name": feedback.launch.name,
        "slug": feedback.launch.slug,
        "zone": feedback.launch.zone,
        "steps": steps_of(feedback),
        "replies": feedback.replies.filter(shown_at__lte=clock.now()).order_by("shown_at", "pk"),
        "attachments": feedback.attachments.order_by("id"),
        "secret": secret,
        "link": receipts.link_of(feedback),
        "is_fresh": "sent" in request.GET,
        "languages": choices(language),
    }
    return remember(request, render(request, "feedback/receipt.html", context))


@unlisted
@require_safe
def own_attachment(request: HttpRequest, secret: str, number: int) -> HttpResponseBase:  # noqa: ARG001 - a view's signature
    """A file of the reporter's own."""
    attachment = Attachment.objects.filter(feedback=receipts.feedback_of(secret), pk=number).first()
    if attachment is None:
        raise not_found(_("This report has no such file."))
    return download(attachment)
