"""This module shows a launch's widget keys, names the pages that may use them, and rotates them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hypercare.core import clock
from hypercare.core.forms.parts import OriginsForm
from hypercare.core.models import Launch, LaunchKey
from hypercare.core.problem import not_found
from hypercare.core.roles import Right
from hypercare.core.views.place import enter
from hypercare.core.widget_keys import OLD_KEY_LIVES, rotate_key, set_origins, snippet


@require_safe
@login_required
def keys(request: HttpRequest, slug: str) -> HttpResponse:
    """The keys in use, the newest first, with their line of HTML."""
    launch, _actor = enter(request, slug, right=Right.MANAGE)
    return _page(request, launch)


@require_POST
@login_required
def origins(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Names the pages that may send with a key."""
    launch, actor = enter(request, slug, right=Right.MANAGE)
    key = _key(launch, pk)
    form = OriginsForm(request.POST, auto_id=f"id_%s_{key.pk}")
    if not form.is_valid():
        return _page(request, launch, wrong={key.pk: form})
    set_origins(key, form.cleaned_data["origins"], actor=actor, now=clock.now())
    messages.success(request, _("Saved."))
    return redirect("core:setup" if "setup" in request.POST else "core:keys", slug)


@require_POST
@login_required
def rotate(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Makes a new key; the old one works on for a week."""
    launch, actor = enter(request, slug, right=Right.MANAGE)
    rotate_key(_key(launch, pk), actor=actor, now=clock.now())
    days = {"days": OLD_KEY_LIVES.days}
    messages.success(request, _("There is a new key. The old one works for %(days)s more days.") % days)
    return redirect("core:keys", slug)


def _page(request: HttpRequest, launch: Launch, wrong: dict[int, OriginsForm] | None = None) -> HttpResponse:
    now = clock.now()
    rows = []
    for key in launch.keys.order_by("-pk"):
        written = {"origins": "\n".join(key.origins)}
        form = (wrong or {}).get(key.pk) or OriginsForm(initial=written, auto_id=f"id_%s_{key.pk}")
        ended = bool(key.expires_at and key.expires_at <= now)
        rows.append({"key": key, "ended": ended, "snippet": snippet(key), "form": form})
    context = {"nav_active": "settings", "tab": "keys", "rows": rows}
    return render(request, "core/settings/keys.html", context, status=400 if wrong else 200)


def _key(launch: Launch, pk: int) -> LaunchKey:
    key = launch.keys.filter(pk=pk).select_related("launch").first()
    if key is None:
        raise not_found(_("There is no such key in this launch."))
    return key
