"""This module is the door of alerts without Django's middleware: it reads a delivery, waits for its group, and answers.

Only what is ordinary comes in here: a POST of at most 64 kB, plain, whole and in no language of its own. Whatever is
not goes the long way through Django, whose view of the same address calls the same functions.
"""

import asyncio
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port, validate_host
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware

from gateway_ingest.committing import Committer
from gateway_ingest.formats import FORMATS
from gateway_ingest.masking import masked
from gateway_ingest.receive import Delivery
from gateway_ingest.turns import Outcome, Waiting
from gateway_ingest.views import door
from hypercare.core.addresses import address_of as origin_of
from hypercare.core.middleware import GIVEN_ID
from hypercare.core.problem import Problem
from hypercare.core.whole_bodies import App, Receive, Scope, Send

LARGEST = 64 * 1024
# A body that is not there by then is a slow sender's, for whom others are patient.
_AT_HAND_SECONDS = 0.5
_PREFIX = "/ingest/"
# Addresses below the prefix that are other doors'.
_OTHERS = frozenset({"calls", "deploys", "otlp", "heartbeat"})
# Headers that ask for more than is done here.
_OUT_OF_THE_ORDINARY = frozenset({"content-encoding", "transfer-encoding", "accept-language", "expect"})


@dataclass(frozen=True)
class Address:
    """What a path of the door says; without a key it is looked for in Authorization."""

    key: str | None
    format_name: str


def alert_door(others: App, committer: Committer) -> App:
    """The app: ordinary deliveries of alerts are taken here, all else by `others`."""

    async def lean(scope: Scope, receive: Receive, send: Send) -> None:
        scope = _with_last_slash(scope)
        address = address_of(scope["path"]) if scope["method"] == "POST" else None
        headers = _ordinary_headers(scope) if address else None
        if address is None or headers is None:
            await others(scope, receive, send)
            return
        try:
            async with asyncio.timeout(_AT_HAND_SECONDS):
                message = await receive()
        except TimeoutError:
            await others(scope, receive, send)
            return
        if message["type"] == "http.request" and message.get("more_body"):
            await others(scope, _once_more(message, receive), send)
        elif message["type"] == "http.request":
            delivery = _delivery(address, headers, message.get("body", b""))
            outcome = await _outcome(committer, _waiting(scope, address, delivery))
            await _send(send, scope, outcome, delivery.request)

    return lean


def _with_last_slash(scope: Scope) -> Scope:
    """An address below ours without its last slash is the same one: a redirect would make a sender's POST a GET."""
    path = scope["path"]
    is_short = (
        scope["method"] == "POST" and path.startswith(_PREFIX) and not path.endswith("/") and "/otlp/" not in path
    )
    return {**scope, "path": f"{path}/"} if is_short else scope


def address_of(path: str) -> Address | None:
    """What the path says; None where it is no address of this door."""
    *parts, last = path.removeprefix(_PREFIX).split("/")
    if last or not path.startswith(_PREFIX) or len(parts) > 2 or not all(parts) or not _OTHERS.isdisjoint(parts):
        return None
    if len(parts) == 2:
        return Address(parts[0], parts[1])
    if not parts or parts[0] in FORMATS:
        return Address(None, "".join(parts))
    return Address(parts[0], "")


def _ordinary_headers(scope: Scope) -> dict[str, str] | None:
    """The headers by their names in small letters; None where one of them asks for more than is done here."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if "_" not in name:
            headers[name] = f"{headers[name]},{value}" if name in headers else value
    length = headers.get("content-length", "")
    is_small = length.isascii() and length.isdecimal() and len(length) < 10 and int(length) <= LARGEST
    is_ordinary = is_small and _OUT_OF_THE_ORDINARY.isdisjoint(headers)
    is_ours = _is_our_host(headers.get("host", "")) and not (settings.SECURE_SSL_REDIRECT and not _is_secure(scope))
    return headers if is_ordinary and is_ours else None


@lru_cache(maxsize=64)
def _is_our_host(host: str) -> bool:
    domain, _port = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


def _is_secure(scope: Scope) -> bool:
    if settings.BEHIND_PROXY:
        return (b"x-forwarded-proto", b"https") in scope["headers"]
    return bool(scope.get("scheme") == "https")


def _once_more(message: object, receive: Receive) -> Receive:
    """Gives the message that was taken before those that follow it."""
    first = [message]

    async def again() -> object:
        return first.pop() if first else await receive()

    return again  # type: ignore[return-value]  # the message is the one that came


def _delivery(address: Address, headers: dict[str, str], body: bytes) -> Delivery:
    given = headers.get("x-request-id", "")
    return Delivery(
        body=body,
        format_name=address.format_name,
        idempotency_key=headers.get("idempotency-key", ""),
        headers=headers,
        request=given if GIVEN_ID.match(given) else uuid.uuid4().hex,
    )


def _waiting(scope: Scope, address: Address, delivery: Delivery) -> Waiting:
    key = address.key if address.key is not None else door.bearer_key(delivery.headers.get("authorization", ""))
    return Waiting(
        key=key,
        in_address=address.key is not None,
        caller=origin_of((scope.get("client") or ("",))[0], delivery.headers.get("x-forwarded-for", "")),
        delivery=delivery,
        answered=asyncio.get_running_loop().create_future(),
    )


async def _outcome(committer: Committer, waiting: Waiting) -> Outcome:
    try:
        committer.take(waiting)
    except Problem as full:
        return full
    return await waiting.answered


async def _send(send: Send, scope: Scope, outcome: Outcome, request: str) -> None:
    status, content_type, more = 202, b"application/json", []
    if isinstance(outcome, Problem):
        status, content_type = outcome.status, b"application/problem+json"
        more = _headers_of_problem(outcome)
        said = outcome.as_json(instance=masked(scope["path"]))
    else:
        said = outcome.as_json()
    content = json.dumps(said).encode()
    headers = [
        (b"content-type", content_type),
        (b"content-length", str(len(content)).encode()),
        (b"x-request-id", request.encode()),
        *more,
        *_lasting_headers(_is_secure(scope)),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def _headers_of_problem(problem: Problem) -> list[tuple[bytes, bytes]]:
    wait = problem.extra.get("retry_after")
    found = door.HEADERS_OF.get(problem.status, {}) | ({"Retry-After": str(wait)} if wait else {})
    return [*_encoded(found.items())]


@lru_cache
def _lasting_headers(is_secure: bool) -> list[tuple[bytes, bytes]]:
    """What Django's middleware puts on every answer of this door."""
    request = HttpRequest()
    request.META = {"wsgi.url_scheme": "https" if is_secure else "http", "HTTP_X_FORWARDED_PROTO": "https" * is_secure}

    def plain(_request: HttpRequest) -> HttpResponse:
        return HttpResponse(headers={"Vary": "Accept-Language", "Content-Language": settings.LANGUAGE_CODE})

    response = cast("HttpResponse", SecurityMiddleware(XFrameOptionsMiddleware(CSPMiddleware(plain)))(request))
    del response["Content-Type"]
    return [*_encoded(response.items())]


def _encoded(headers: Iterable[tuple[str, str]]) -> Iterable[tuple[bytes, bytes]]:
    return ((name.lower().encode(), value.encode("latin-1")) for name, value in headers)
