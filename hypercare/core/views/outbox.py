"""This module shows what was mailed and what became of it: a launch's messages, or those that belong to no launch."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from hypercare.core import clock, outbox
from hypercare.core.access import Principal
from hypercare.core.models import Launch, Message
from hypercare.core.paging import page_of
from hypercare.core.problem import not_found
from hypercare.core.roles import Right
from hypercare.core.views.place import enter


@never_cache
@require_safe
@login_required
def messages_of(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """The list, newest first."""
    launch = _place(request, slug)
    now = clock.now()
    page = page_of(outbox.messages_of(launch), request.GET)
    rows = [(message, outbox.fate_of(message, now=now), _address("message", slug, message.pk)) for message in page.rows]
    context = {"nav_active": "settings", "tab": "outbox", "rows": rows, "page": page, "smtp": settings.SMTP_CONFIGURED}
    return render(request, "core/outbox.html" if launch else "core/outbox_of_all.html", context)


@never_cache
@require_safe
@login_required
def message(request: HttpRequest, pk: int, slug: str | None = None) -> HttpResponse:
    """One message as text, with every try to send it."""
    launch = _place(request, slug)
    found = _message(launch, pk)
    context = {
        "nav_active": "settings",
        "tab": "outbox",
        "message": found,
        "fate": outbox.fate_of(found, now=clock.now()),
        "tries": found.deliveries.order_by("-tried_at"),
        "smtp": settings.SMTP_CONFIGURED,
        "list_url": reverse("core:outbox", args=[slug]) if slug else reverse("core:all_outbox"),
        "page_url": _address("message_page", slug, pk),
        "again_url": _address("message_again", slug, pk),
    }
    return render(request, "core/message.html" if launch else "core/message_of_all.html", context)


@require_safe
@login_required
def message_page(request: HttpRequest, pk: int, slug: str | None = None) -> HttpResponse:
    """The message's HTML as a file: never a page of ours, and powerless where a browser shows it all the same."""
    found = _message(_place(request, slug), pk)
    if not found.html:
        raise not_found(_("This message has no HTML part."))
    response = HttpResponse(found.html, content_type="text/html; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="message-{found.pk}.html"'
    response["Content-Security-Policy"] = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    return response


@require_POST
@login_required
def message_again(request: HttpRequest, pk: int, slug: str | None = None) -> HttpResponse:
    """Puts a refused message back into the queue."""
    launch = _place(request, slug)
    outbox.try_again(_message(launch, pk), actor=Principal.of(request).actor, now=clock.now())
    messages.success(request, _("Back in the queue."))
    return redirect(_address("message", slug, pk))


def _place(request: HttpRequest, slug: str | None) -> Launch | None:
    """The launch of the page. Without one only administrators may look: invitations carry links that open accounts."""
    if slug is not None:
        return enter(request, slug, right=Right.MANAGE)[0]
    if not Principal.of(request).user.is_superuser:
        raise PermissionDenied
    return None


def _message(launch: Launch | None, pk: int) -> Message:
    found = outbox.messages_of(launch).filter(pk=pk).first()
    if found is None:
        raise not_found(_("There is no such message here."))
    return found


def _address(name: str, slug: str | None, pk: int) -> str:
    return reverse(f"core:{name}", args=[slug, pk]) if slug else reverse(f"core:all_{name}", args=[pk])
