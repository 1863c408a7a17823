"""This module is the page that carries a launch's own widget, to send a first report and see it arrive."""

import json

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from hypercare.core.roles import Right
from hypercare.core.views.place import enter
from hypercare.core.widget_keys import newest_key


@login_required
@require_safe
def widget_test(request: HttpRequest, slug: str) -> HttpResponse:
    """The snippet, the widget itself, and a line that changes when the first report is in."""
    launch, _actor = enter(request, slug, right=Right.READ)
    key = newest_key(launch)
    path = reverse("feedback:widget_script", args=[key.key]) if key else ""
    snippets = {"snippet": snippet(path), "pinned_snippet": snippet(path, integrity=_integrity())}
    context = {"key": key, "script_path": path} | snippets
    return render(request, "feedback/widget_test.html", context)


@login_required
@require_safe
def first_report(request: HttpRequest, slug: str) -> HttpResponse:
    """The line alone; it asks again by itself until the first report is there."""
    launch, _actor = enter(request, slug, right=Right.READ)
    return render(request, "feedback/_first_report.html", {"launch": launch, "key": newest_key(launch)})


def snippet(path: str, *, integrity: str = "") -> str:
    """The one tag a page needs; with a fingerprint it loads exactly this version and no other."""
    pin = f' integrity="{integrity}" crossorigin="anonymous"' if integrity else ""
    return f'<script src="{settings.PUBLIC_URL}{path}"{pin} defer></script>'


def _integrity() -> str:
    found = finders.find("vendor/widget.json")
    if not isinstance(found, str):
        return ""
    with open(found) as file:  # noqa: PTH123 - a path from the finder
        return str(json.load(file)["integrity"])
