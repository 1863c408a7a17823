"""This module lists a signed-in person's own reports over all launches."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from feedback import receipts
from feedback.models import MACHINE_CHANNELS, Feedback
from feedback.views.steps import steps_of
from hypercare.core.access import Principal
from hypercare.core.accounts import owns_address

PAGE = 25
_NEWEST = 2**63 - 1


@login_required
@require_safe
def my_reports(request: HttpRequest) -> HttpResponse:
    """Newest first; an address the account has not proven shows nothing."""
    user = Principal.of(request).user
    proven = owns_address(user)
    before = _before(request.GET.get("before", ""))
    own = Feedback.objects.filter(reporter__email=user.email.lower(), pk__lt=before).exclude(channel__in=MACHINE_CHANNELS)
    found = list(own.select_related("launch").order_by("-id")[: PAGE + 1]) if proven else []
    shown = found[:PAGE]
    context = {
        "reports": [{"feedback": one, "steps": steps_of(one), "link": receipts.path_of(one)} for one in shown],
        "is_proven": proven,
        "previous_url": request.path if before < _NEWEST else "",
        "next_url": f"{request.path}?before={shown[-1].pk}" if len(found) > PAGE else "",
    }
    response = render(request, "feedback/my_reports.html", context)
    response["Cache-Control"] = "no-store, private"
    return response


def _before(given: str) -> int:
    return min(int(given), _NEWEST) if given.isascii() and given.isdecimal() and len(given) < 20 else _NEWEST
