"""This module names each request and turns problems into answers people or machines can read."""

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from hypercare.core import timeline
from hypercare.core.problem import Problem, as_database_away

GIVEN_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")
_MACHINE_PATHS = ("/api/", "/w/", "/ingest/")

Next = Callable[[HttpRequest], HttpResponse]


def request_id(get_response: Next) -> Next:
    """Gives every request an id, from `X-Request-Id` when it looks like one; nothing of it outlives the request."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        name = given if GIVEN_ID.match(given) else uuid.uuid4().hex
        token = timeline.request_id.set(name)
        try:
            response = get_response(request)
        finally:
            timeline.request_id.reset(token)
            timezone.deactivate()
        response["X-Request-Id"] = name
        return response

    return middleware


class AnswerProblems:
    """Answers a raised Problem: problem+json for machines, a page for people."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The answer to a Problem; None leaves other exceptions to Django."""
        if is_for_machines(request):
            problem = exception if isinstance(exception, Problem) else as_database_away(exception)
            return problem_response(problem, instance=request.path) if problem else None
        if not isinstance(exception, Problem):
            return None
        template = f"{exception.status}.html" if exception.status in {403, 404} else "problem.html"
        return render(request, template, {"problem": exception}, status=exception.status)


def is_for_machines(request: HttpRequest) -> bool:
    """Whether machines ask at this address, which read problem+json and no pages."""
    return request.path.startswith(_MACHINE_PATHS)


def problem_response(problem: Problem, *, instance: str = "") -> JsonResponse:
    """The application/problem+json answer."""
    wait = problem.extra.get("retry_after")
    return JsonResponse(
        problem.as_json(instance=instance),
        status=problem.status,
        content_type="application/problem+json",
        headers={"Retry-After": str(wait)} if wait else None,
    )
