"""This module shows under a public field, while somebody writes, what is known about it already; public words alone."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from feedback import known, origins, rates
from feedback.channels import widget
from feedback.models import KnownIssue
from feedback.uploads import refuse_large
from feedback.views.language import speak
from hypercare.core import clock
from hypercare.core.api.parsing import parse_json
from hypercare.core.middleware import problem_response
from hypercare.core.models import Launch, LaunchKey
from hypercare.core.problem import Problem, not_found

MAX_BYTES = 64 * 1024


@require_POST
def in_portal(request: HttpRequest, slug: str) -> HttpResponse:
    """A short list for htmx; empty where nothing is known, and for a sender who asks too often."""
    speak(request)
    launch = Launch.objects.filter(slug=slug).first()
    if launch is None:
        raise not_found(_("There is no portal at this address. Check the link you were given."))
    found = _look_up(request, launch, f"known:{launch.pk}", request.POST.get("text", ""))
    return render(request, "feedback/_known.html", {"found": found})


@csrf_exempt
@require_http_methods(["POST", "OPTIONS"])
def in_widget(request: HttpRequest, key: str) -> HttpResponse:
    """The same as JSON for a page that may send with this key."""
    found = None
    try:
        found = widget.live_key(key, now=clock.now())
        origins.check(request, found)
        response = origins.preflight() if request.method == "OPTIONS" else _answer(request, found)
    except Problem as problem:
        response = problem_response(problem, instance=request.path)
    return origins.allow(request, response, found)


def _answer(request: HttpRequest, key: LaunchKey) -> HttpResponse:
    refuse_large(request, limit=MAX_BYTES)
    data = parse_json(request.body, max_bytes=MAX_BYTES)
    text = data.get("text") if isinstance(data, dict) else None
    if not isinstance(text, str):
        raise Problem(400, _("Send an object in braces with a “text”."))
    rows = _look_up(request, key.launch, f"known:key:{key.pk}", text)
    return JsonResponse({"results": [{"title": row.title, "workaround": row.workaround} for row in rows]})


def _look_up(request: HttpRequest, launch: Launch, door: str, text: str) -> list[KnownIssue]:
    if rates.seconds_over(door, sender=rates.sender_of(request), now=clock.now()):
        return []
    return known.alike(launch, text)
