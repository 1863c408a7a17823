"""This module brings people to their first page: by role, to their launches, to a new launch, or to whom to ask."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from hypercare.core import clock
from hypercare.core.access import Principal, access_launch, administrators, may_create_launches, visible_launches
from hypercare.core.models import Launch
from hypercare.core.roles import Right, Role

_LANDING = {Role.STAKEHOLDER: "triage:report", Role.REPORTER: "feedback:portal"}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Welcome for a guest, the one launch for who has one, the choice for who has several."""
    if not request.user.is_authenticated:
        return render(request, "core/welcome.html", {"empty": not Launch.objects.exists()})
    principal = Principal.of(request)
    launches = list(visible_launches(principal)[:2])
    if len(launches) == 1:
        return redirect(_landing(launches[0], principal))
    return redirect("core:my_launches") if launches else _without_a_launch(request, principal)


@require_safe
@login_required
def my_launches(request: HttpRequest) -> HttpResponse:
    """Every launch the person has a part in, with role, day and phase."""
    principal = Principal.of(request)
    launches = list(visible_launches(principal)[:200])
    if not launches:
        return _without_a_launch(request, principal)
    roles = {m.launch_id: Role(m.role) for m in principal.user.memberships.all()}
    if principal.user.is_superuser:
        roles = dict.fromkeys((launch.pk for launch in launches), Role.ADMIN) | roles
    now = clock.now()
    rows = [{"launch": one, "role": roles[one.pk].label, "day": one.day_on(now)} for one in launches]
    return render(request, "core/my_launches.html", {"rows": rows, "may_create": may_create_launches(principal)})


@require_safe
@login_required
def launch(request: HttpRequest, slug: str) -> HttpResponse:
    """The launch's first page for this person's role."""
    principal = Principal.of(request)
    return redirect(_landing(access_launch(principal, slug, right=Right.READ_OWN), principal))


def _landing(launch: Launch, principal: Principal) -> str:
    role = principal.role_in(launch)
    return reverse(_LANDING.get(Role(role) if role else Role.REPORTER, "triage:board"), args=[launch.slug])


def _without_a_launch(request: HttpRequest, principal: Principal) -> HttpResponse:
    if principal.user.is_superuser:
        return redirect("core:new_launch")
    return render(request, "core/no_launch.html", {"ask": administrators()})
