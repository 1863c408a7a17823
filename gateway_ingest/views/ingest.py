"""This module is the door machines post to: the key is in the address or in Authorization, no cookie is read."""

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from gateway_ingest.masking import masked
from gateway_ingest.models import Source
from gateway_ingest.receive import Delivery, receive
from gateway_ingest.sources import source_of_key
from gateway_ingest.unpacking import MAX_SENT
from hypercare.core import clock
from hypercare.core.middleware import problem_response
from hypercare.core.problem import Problem, not_found

# Alertmanager repeats only what is answered 5xx; so whatever is our fault must be one of those.
HEADERS = {
    401: {"WWW-Authenticate": 'Bearer realm="hypercare"'},
    405: {"Allow": "POST"},
    503: {"Retry-After": "10"},
}


@csrf_exempt
def by_key(request: HttpRequest, source_key: str, format_name: str = "") -> HttpResponse:
    """`POST /ingest/<source_key>/` and `/ingest/<source_key>/<format>/`."""
    return _answered(request, source_key, format_name=format_name)


@csrf_exempt
def by_bearer(request: HttpRequest, format_name: str = "") -> HttpResponse:
    """`POST /ingest/` and `/ingest/<format>/` with the key as `Authorization: Bearer`."""
    return _answered(request, None, format_name=format_name)


def _answered(request: HttpRequest, key: str | None, *, format_name: str) -> HttpResponse:
    try:
        check_method(request)
        source = source_of(request, key)
        answer = receive(source, delivery_of(request, format_name), now=clock.now())
    except Problem as problem:
        return _refused(problem, request)
    except (OperationalError, InterfaceError):
        return _refused(Problem(503, _("The alerts cannot be stored at the moment; send them again.")), request)
    return JsonResponse(answer.as_json(), status=202)


def check_method(request: HttpRequest) -> None:
    """Raises Problem 405 for whatever is no post."""
    if request.method != "POST":
        raise Problem(405, _("Post the alerts to this address."))


def source_of(request: HttpRequest, key: str | None) -> Source:
    """The source of the key; 404 where the address carries a wrong one, 401 where the header does."""
    if key is not None:
        source = source_of_key(key, now=clock.now())
        if source is None:
            raise not_found(
                _("No source has this key, or it was ended. Make a new one on the launch's page of sources.")
            )
        return source
    scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
    source = source_of_key(secret.strip(), now=clock.now()) if scheme.lower() == "bearer" else None
    if source is None:
        raise Problem(401, _("Send a source's key as Authorization: Bearer; this one is missing, unknown or ended."))
    return source


def delivery_of(request: HttpRequest, format_name: str) -> Delivery:
    """The request's body and what its headers say of it; raises Problem 400 for one that broke off."""
    try:
        body = request.read(MAX_SENT + 1)
    except UnreadablePostError as error:
        raise Problem(400, _("The body broke off; send it again.")) from error
    return Delivery(
        body=body,
        encoding=request.headers.get("Content-Encoding", ""),
        format_name=format_name,
        idempotency_key=request.headers.get("Idempotency-Key", ""),
        headers={name.lower(): value for name, value in request.headers.items()},
    )


def _refused(problem: Problem, request: HttpRequest) -> HttpResponse:
    response = problem_response(problem, instance=masked(request.path))
    for name, value in HEADERS.get(problem.status, {}).items():
        response[name] = value
    return response
