"""This module holds what every door for machines does: the method, the key, the body and the refusal."""

from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils.translation import gettext as _

from gateway_ingest.admission import Caller
from gateway_ingest.masking import masked
from gateway_ingest.models import Source
from gateway_ingest.senders import unknown_key
from gateway_ingest.sources import source_of_key
from gateway_ingest.unpacking import MAX_SENT
from hypercare.core import clock
from hypercare.core.addresses import address_of
from hypercare.core.middleware import problem_response
from hypercare.core.problem import Problem

# Alertmanager repeats only what is answered 5xx; so whatever is our fault must be one of those.
HEADERS_OF = {
    401: {"WWW-Authenticate": 'Bearer realm="hypercare"'},
    405: {"Allow": "POST"},
    503: {"Retry-After": "10"},
}


def check_method(request: HttpRequest) -> None:
    """405 for anything but a POST."""
    if request.method != "POST":
        raise Problem(405, _("Post to this address."))


def source_of(request: HttpRequest, key: str | None) -> Source:
    """The source of the key; 404 where the address carries a wrong one, 401 where the header does."""
    secret = key if key is not None else bearer_key(request.headers.get("Authorization", ""))
    source = source_of_key(secret, now=clock.now()) if secret else None
    if source is None:
        raise unknown_key(in_address=key is not None)
    return source


def bearer_key(authorization: str) -> str:
    """The key in an Authorization header; empty where there is none."""
    scheme, _space, secret = authorization.partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def caller_of(request: HttpRequest, body: bytes) -> Caller:
    """Who sends this body, as far as the connection and its headers say."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    address = address_of(request.META.get("REMOTE_ADDR", ""), headers.get("x-forwarded-for", ""))
    return Caller(address, headers, body)


def body_of(request: HttpRequest) -> bytes:
    """What was sent, up to one byte more than may be."""
    try:
        return request.read(MAX_SENT + 1)
    except UnreadablePostError as error:
        raise Problem(400, _("The body broke off; send it again.")) from error


def answered(
    request: HttpRequest,
    take: Callable[[], HttpResponse],
    *,
    away: str,
    refused: Callable[[Problem], HttpResponse] | None = None,
) -> HttpResponse:
    """What `take` answers to a POST, else the problem: as `refused` writes it, or as JSON with the key out of the address.

    `away` is what a sender is told while the database is gone.
    """
    try:
        check_method(request)
        return take()
    except Problem as found:
        problem = found
    except (OperationalError, InterfaceError):
        problem = Problem(503, away)
    response = refused(problem) if refused else problem_response(problem, instance=masked(request.path))
    for name, value in HEADERS_OF.get(problem.status, {}).items():
        response.headers.setdefault(name, value)
    return response
