"""This module takes in a request's whole body before a thread is spent on it, so that slow senders cost no thread.

What comes in pieces without a length gets one, since what stands behind cannot read it otherwise. Headers with an
underscore go, for behind this door they could not be told from those with a hyphen.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.utils.translation import gettext as _

from hypercare.core.problem import Problem

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BYTES = 64 * 1024 * 1024
IN_MEMORY_BYTES = 1024 * 1024
IDLE_SECONDS = 30.0
_PIECE = 64 * 1024


class _GoneError(Exception):
    """Whoever asked has hung up; nobody waits for an answer."""


def whole_bodies(app: App, *, max_bytes: int = MAX_BYTES, idle_seconds: float = IDLE_SECONDS) -> App:
    """The app, called once a body is there: 413 for one too large, 408 for one that stops coming."""

    async def taken_in(scope: Scope, receive: Receive, send: Send) -> None:
        with SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as body:
            try:
                _refuse_announced(scope, max_bytes)
                size = await _take_in(receive, body, max_bytes, idle_seconds)
            except Problem as problem:
                await _answer(send, problem)
            except _GoneError:
                return
            else:
                body.seek(0)
                await app(_with_length(scope, size), _from_file(body, size, receive), send)

    return taken_in


def _refuse_announced(scope: Scope, max_bytes: int) -> None:
    """A body that says it is too large is refused before a byte of it is read."""
    announced = dict(scope["headers"]).get(b"content-length", b"0")
    if announced.isdigit() and int(announced) > max_bytes:
        raise _too_large(max_bytes)


async def _take_in(receive: Receive, body: IO[bytes], max_bytes: int, idle_seconds: float) -> int:
    size = 0
    while True:
        try:
            message = await asyncio.wait_for(receive(), idle_seconds)
        except TimeoutError:
            raise Problem(HTTPStatus.REQUEST_TIMEOUT, _("The body stopped coming; send it again.")) from None
        if message["type"] == "http.disconnect":
            raise _GoneError
        piece = message.get("body", b"")
        size += len(piece)
        if size > max_bytes:
            raise _too_large(max_bytes)
        body.write(piece)
        if not message.get("more_body", False):
            return size


def _too_large(max_bytes: int) -> Problem:
    detail = _("This is more than %(limit)s MB in all; send less at once.") % {"limit": max_bytes // 1024 // 1024}
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)


def _with_length(scope: Scope, size: int) -> Scope:
    framing = {b"transfer-encoding", b"content-length"}
    had_body = any(name in framing for name, _value in scope["headers"])
    headers = [(name, value) for name, value in scope["headers"] if name not in framing and b"_" not in name]
    if had_body:
        headers.append((b"content-length", str(size).encode()))
    return {**scope, "headers": headers}


def _from_file(body: IO[bytes], size: int, receive: Receive) -> Receive:
    async def again() -> MutableMapping[str, Any]:
        if size and body.tell() >= size:
            return await receive()
        piece = body.read(_PIECE)
        return {"type": "http.request", "body": piece, "more_body": body.tell() < size}

    return again


async def _answer(send: Send, problem: Problem) -> None:
    content = json.dumps(problem.as_json()).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(content)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
