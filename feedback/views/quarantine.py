"""This module shows what came over the rate and lets the team decide on each."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from feedback import quarantine
from feedback.spoken import Kind
from hypercare.core import clock
from hypercare.core.problem import Problem
from hypercare.core.roles import Right
from hypercare.core.views.place import enter

PAGE = 50


@login_required
@require_safe
def waiting(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest reports in quarantine and how many there are; for htmx only the list."""
    launch, _actor = enter(request, slug, right=Right.TRIAGE)
    rows = quarantine.waiting_in(launch)
    kinds = dict(Kind.choices)
    context = {
        "rows": [{"kept": row, "kind": kinds.get(row.report["kind"], "")} for row in rows[:PAGE]],
        "count": rows.count(),
        "most": quarantine.MOST_WAITING,
        "page_of": PAGE,
        "nav_active": "inbox",
    }
    template = "feedback/_quarantine.html" if request.headers.get("HX-Request") else "feedback/quarantine.html"
    return render(request, template, {"launch": launch} | context)


@login_required
@require_POST
def decide(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Lets one in or drops it, and goes back to the list."""
    launch, actor = enter(request, slug, right=Right.TRIAGE)
    now = clock.now()
    match request.POST.get("do"):
        case "let_in":
            receipt = quarantine.release(launch, number, actor=actor, now=now)
            messages.success(request, _("Let in as %(key)s.") % {"key": receipt.key})
        case "drop":
            quarantine.drop(launch, number, actor=actor, now=now)
            messages.success(request, _("Dropped. The audit log keeps who decided."))
        case _:
            raise Problem(400, _("Choose “let in” or “drop”."))
    return redirect("feedback:quarantine", launch.slug)
