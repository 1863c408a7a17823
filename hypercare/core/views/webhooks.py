"""This module shows a launch's webhooks with their logs, and lets leads add, change, test, replay and end them."""

from collections.abc import Callable
from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hypercare.core import clock
from hypercare.core.access import Principal
from hypercare.core.forms.webhooks import WebhookForm
from hypercare.core.models import Launch, OutgoingWebhook, WebhookDelivery
from hypercare.core.paging import page_of
from hypercare.core.problem import Problem, not_found
from hypercare.core.roles import Right
from hypercare.core.views.place import enter
from hypercare.core.webhooks import again, hooks
from hypercare.core.webhooks.signing import OVERLAP

REPLAY_DAYS = (1, 3, 7)


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def webhooks(request: HttpRequest, slug: str) -> HttpResponse:
    """All of them, and a form that adds one."""
    launch, _actor = enter(request, slug, right=Right.MANAGE)
    form = WebhookForm(request.POST or None)
    if form.is_valid():
        try:
            hook, secret = hooks.add(launch, form.said, by=Principal.of(request), now=clock.now())
        except Problem as problem:
            form.refuse(problem)
        else:
            return _page(request, hook, secret=secret)
    rows = [(hook, hooks.why_off(hook)) for hook in _rows(launch).order_by("name")]
    context = {"nav_active": "settings", "tab": "webhooks", "rows": rows, "form": form}
    return render(request, "core/settings/webhooks.html", context, status=400 if form.is_bound else 200)


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def webhook(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One of them with its log; a POST changes it."""
    launch, _actor = enter(request, slug, right=Right.MANAGE)
    hook = _hook(launch, pk)
    if request.method != "POST":
        return _page(request, hook)
    form = WebhookForm(request.POST)
    if form.is_valid():
        try:
            hooks.change(hook, form.said, by=Principal.of(request), now=clock.now())
        except Problem as problem:
            form.refuse(problem)
        else:
            messages.success(request, _("Saved."))
            return redirect("core:webhook", slug, pk)
    return _page(request, hook, form=form)


@never_cache
@require_POST
@login_required
def order(request: HttpRequest, slug: str, pk: int, name: str) -> HttpResponse:
    """Switches it, tests it, gives it a new secret, sends what failed again, or removes it."""
    launch, actor = enter(request, slug, right=Right.MANAGE)
    hook, now = _hook(launch, pk), clock.now()
    if name == "rotate":
        return _page(request, hook, secret=hooks.rotate(hook, actor=actor, now=now))
    if name not in _ORDERS:
        raise not_found(_("There is nothing here."))
    try:
        messages.success(request, _ORDERS[name](request, hook))
    except Problem as problem:
        messages.error(request, problem.detail)
    return redirect("core:webhooks", slug) if name == "remove" else redirect("core:webhook", slug, pk)


@require_safe
@login_required
def delivery(request: HttpRequest, slug: str, pk: int, number: int) -> HttpResponse:
    """One message with all its tries."""
    launch, _actor = enter(request, slug, right=Right.MANAGE)
    hook = _hook(launch, pk)
    row = _delivery(hook, number)
    context = {"nav_active": "settings", "tab": "webhooks", "hook": hook, "row": row, "tries": row.log.order_by("-pk")}
    return render(request, "core/settings/delivery.html", context)


@require_POST
@login_required
def delivery_again(request: HttpRequest, slug: str, pk: int, number: int) -> HttpResponse:
    """Sends one message once more."""
    launch, actor = enter(request, slug, right=Right.MANAGE)
    hook = _hook(launch, pk)
    try:
        again.replay(_delivery(hook, number), actor=actor, now=clock.now())
        messages.success(request, _("It is sent again."))
    except Problem as problem:
        messages.error(request, problem.detail)
    return redirect("core:delivery", slug, pk, number)


def _switch_on(request: HttpRequest, hook: OutgoingWebhook) -> str:
    hooks.switch(hook, on=True, by=Principal.of(request), now=clock.now())
    return _("It is on.")


def _switch_off(request: HttpRequest, hook: OutgoingWebhook) -> str:
    hooks.switch(hook, on=False, by=Principal.of(request), now=clock.now())
    return _("It is off; what waits goes out when it is on again.")


def _test(request: HttpRequest, hook: OutgoingWebhook) -> str:
    again.send_test(hook, actor=Principal.of(request).actor, now=clock.now())
    return _("A test is on its way; the log says what came of it.")


def _replay(request: HttpRequest, hook: OutgoingWebhook) -> str:
    days = request.POST.get("days", "")
    known = {str(number): number for number in REPLAY_DAYS}
    now = clock.now()
    since = now - timedelta(days=known.get(days, REPLAY_DAYS[0]))
    number = again.replay_failed(hook, since=since, actor=Principal.of(request).actor, now=now)
    return _("%(number)s messages are sent again.") % {"number": number}


def _remove(request: HttpRequest, hook: OutgoingWebhook) -> str:
    hooks.remove(hook, actor=Principal.of(request).actor, now=clock.now())
    return _("Removed.")


_ORDERS: dict[str, Callable[[HttpRequest, OutgoingWebhook], str]] = {
    "on": _switch_on,
    "off": _switch_off,
    "test": _test,
    "replay": _replay,
    "remove": _remove,
}


def _page(
    request: HttpRequest, hook: OutgoingWebhook, *, form: WebhookForm | None = None, secret: str = ""
) -> HttpResponse:
    now = clock.now()
    hook = _hook(hook.launch, hook.pk)
    context = {
        "nav_active": "settings",
        "tab": "webhooks",
        "hook": hook,
        "why_off": hooks.why_off(hook),
        "form": form or WebhookForm(webhook=hook),
        "secret": secret,
        "overlap_hours": int(OVERLAP / timedelta(hours=1)),
        "both_sign_until": hook.before_until if hook.before_until and hook.before_until > now else None,
        "page": page_of(again.log_of(hook), request.GET, size=25),
        "replay_days": REPLAY_DAYS,
    }
    return render(request, "core/settings/webhook.html", context, status=400 if form else 200)


def _rows(launch: Launch) -> QuerySet[OutgoingWebhook]:
    return OutgoingWebhook.objects.filter(launch=launch).select_related("launch", "owner")


def _hook(launch: Launch, pk: int) -> OutgoingWebhook:
    found = _rows(launch).filter(pk=pk).first()
    if found is None:
        raise not_found(_("There is no such webhook in this launch."))
    return found


def _delivery(hook: OutgoingWebhook, number: int) -> WebhookDelivery:
    row = WebhookDelivery.objects.filter(webhook=hook, pk=number).select_related("webhook__launch").first()
    if row is None:
        raise not_found(_("There is no such message in the log; after 30 days it is deleted."))
    return row
