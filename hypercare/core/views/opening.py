"""This module shows the first ten minutes: the page that makes a launch, and the one that makes it hear."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from hypercare.core import clock, tokens
from hypercare.core.access import Principal, check_may_create_launches
from hypercare.core.forms.launch import NewLaunchForm
from hypercare.core.forms.parts import OriginsForm
from hypercare.core.launches import propose_slug
from hypercare.core.models import Launch
from hypercare.core.opening import first_steps, open_launch
from hypercare.core.roles import Right, Scope
from hypercare.core.views.place import enter
from hypercare.core.widget_keys import newest_key, snippet

PLANNED_DAYS = 20
FIRST_TOKEN_LIVES = timedelta(days=90)


@require_http_methods(["GET", "POST"])
@login_required
def new_launch(request: HttpRequest) -> HttpResponse:
    """Name, days, zone, components and people on one page."""
    principal = Principal.of(request)
    check_may_create_launches(principal)
    now = clock.now()
    today = now.date()
    initial = {"go_live_on": today, "planned_end_on": today + timedelta(days=PLANNED_DAYS), "zone": "UTC"}
    initial["language"] = get_language() or "en"
    form = NewLaunchForm(request.POST or None, initial=initial)
    if form.is_valid():
        parts, people = form.cleaned_data["parts"], form.cleaned_data["people"]
        try:
            launch = open_launch(form.instance, parts=parts, people=people, owner=principal.user, now=now)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return redirect("core:setup", launch.slug)
    context = {"form": form, "first": not Launch.objects.exists()}
    return render(request, "core/new_launch.html", context, status=400 if form.is_bound else 200)


@require_safe
@login_required
def proposed_slug(request: HttpRequest) -> HttpResponse:
    """The address a name gives, as the form's field; what somebody typed stays."""
    check_may_create_launches(Principal.of(request))
    typed, before = request.GET.get("slug", ""), request.GET.get("proposed", "")
    proposal = propose_slug(request.GET.get("name", "")[:120])
    form = NewLaunchForm(initial={"slug": typed if typed != before else proposal})
    return render(request, "core/_slug_field.html", {"field": form["slug"], "proposed": proposal})


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def setup(request: HttpRequest, slug: str) -> HttpResponse:
    """The widget's line, a first report, a token, a source of alerts; each with its tick."""
    launch, actor = enter(request, slug, right=Right.MANAGE)
    now = clock.now()
    secret = ""
    if request.method == "POST":
        _token, secret = tokens.issue(
            Principal.of(request).user,
            launch=launch,
            name=_("First token of %(launch)s") % {"launch": launch.name[:50]},
            scopes=[Scope.FEEDBACK_WRITE, Scope.FEEDBACK_READ],
            expires_at=now + FIRST_TOKEN_LIVES,
            actor=actor,
            now=now,
        )
    key = newest_key(launch)
    context = {
        "nav_active": "settings",
        "tab": "setup",
        "key": key,
        "origins": OriginsForm(initial={"origins": "\n".join(key.origins if key else [])}),
        "snippet": snippet(key) if key else "",
        "steps": {step.key: step for step in first_steps(launch, Principal.of(request).user)},
        "secret": secret,
        "command": _command(launch, secret),
    }
    return render(request, "core/setup.html", context)


def _command(launch: Launch, secret: str) -> str:
    body = f'{{"launch": "{launch.slug}", "channel": "api", "title": "Hello from a script"}}'
    return (
        f"curl {settings.PUBLIC_URL}/api/v1/feedback/ -H 'Authorization: Bearer {secret}'"
        f" -H 'Content-Type: application/json' -d '{body}'"
    )
