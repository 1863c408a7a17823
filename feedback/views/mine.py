"""This module lists a signed-in person's own reports over all launches."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from feedback import own
from feedback.views.steps import lines_of
from hypercare.core.access import Principal
from hypercare.core.paging import page_of

PAGE = 25


@login_required
@require_safe
def my_reports(request: HttpRequest) -> HttpResponse:
    """Newest first; an address the account has not proven shows nothing."""
    user = Principal.of(request).user
    page = page_of(own.reports_of(user), request.GET, size=PAGE)
    context = {
        "reports": lines_of(page.rows),
        "is_proven": own.owns_address(user),
        "previous_url": page.newer,
        "next_url": page.older,
    }
    response = render(request, "feedback/my_reports.html", context)
    response["Cache-Control"] = "no-store, private"
    return response
