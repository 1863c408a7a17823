"""This module opens an issue by hand, from a page of its own; the board and the list have the same form in a dialog."""

import secrets

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.problem import Problem
from hypercare.core.roles import Right
from triage import opening


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """The form; then the issue's page. What was typed stays where it is refused."""
    principal = Principal.of(request)
    launch = access_launch(principal, slug, right=Right.TRIAGE)
    request.launch = launch  # type: ignore[attr-defined]  # the shell's context reads it
    given = {name: request.POST.get(name, "") for name in ("title", "severity", "component", "text", "once")}
    status = 200
    if request.method == "POST":
        try:
            issue = opening.open_issue(launch, opening.Wanted(**given), writer=principal.user, now=clock.now())
        except Problem as problem:
            messages.error(request, problem.detail)
            status = problem.status
        else:
            messages.success(request, _("%(key)s is open.") % {"key": issue.key})
            return redirect("triage:issue", slug, issue.key)
    context = {
        "nav_active": "board",
        "given": given,
        "usual_severity": given["severity"] or opening.USUAL_SEVERITY,
        "once": given["once"] or secrets.token_urlsafe(16),
        "component_names": list(launch.components.order_by("name").values_list("slug", "name")),
    }
    return render(request, "triage/issue_new.html", context, status=status)
