"""A request reaches the pages with its whole body, or is refused; who sends slowly keeps nobody else waiting."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from hypercare.core.whole_bodies import whole_bodies


def pieces(*parts: bytes, ends: str = "") -> list[dict]:
    """What a server hands on of a body in these parts; `ends` says how it breaks off."""
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts[:-1]]
    last = {"type": "http.request", "body": parts[-1], "more_body": bool(ends)}
    return [*messages, last, *([{"type": "http.disconnect"}] if ends == "disconnect" else [])]


def ask(messages, **more):
    """What the app was called with, and what was answered; in a thread, since a browser's loop may run in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _asked(messages, **more)).result()


async def _asked(messages, *, headers=(), max_bytes=1000, idle_seconds=5.0):
    seen, answered, waiting = [], [], list(messages)

    async def app(scope, receive, send):
        body = b""
        while True:
            message = await receive()
            body += message["body"]
            if not message["more_body"]:
                break
        seen.append((dict(scope["headers"]), body))
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive():
        if not waiting:
            await asyncio.sleep(60)
        return waiting.pop(0)

    async def send(message):
        answered.append(message)

    scope = {"type": "http", "headers": list(headers)}
    await whole_bodies(app, max_bytes=max_bytes, idle_seconds=idle_seconds)(scope, receive, send)
    return seen, answered


@pytest.mark.parametrize("parts", [[b""], [b"abc"], [b"ab", b"", b"c"], [b"x" * 400_000, b"y" * 1_700_000]])
def test_body_arrives_whole_in_any_number_of_pieces(parts):
    whole = b"".join(parts)
    length = (b"content-length", str(len(whole)).encode())

    seen, _answered = ask(pieces(*parts), headers=[length], max_bytes=10_000_000)

    assert seen == [(dict([length]), whole)]


def test_body_without_a_length_gets_one():
    seen, _answered = ask(pieces(b"ab", b"c"), headers=[(b"transfer-encoding", b"chunked"), (b"host", b"x")])

    assert seen == [({b"host": b"x", b"content-length": b"3"}, b"abc")]


def test_request_without_a_body_stays_without_one():
    seen, _answered = ask(pieces(b""), headers=[(b"host", b"x")])

    assert seen == [({b"host": b"x"}, b"")]


def test_header_with_an_underscore_goes():
    seen, _answered = ask(pieces(b""), headers=[(b"x_forwarded_for", b"1"), (b"x-forwarded-for", b"2")])

    assert seen[0][0] == {b"x-forwarded-for": b"2"}


@pytest.mark.parametrize(
    ("messages", "headers", "status"),
    [
        (pieces(b"x" * 600, b"x" * 600), [], 413),
        ([], [(b"content-length", b"1001")], 413),
        (pieces(b"abc", ends="silence"), [(b"content-length", b"9")], 408),
    ],
)
def test_body_too_large_or_too_slow_is_refused_as_a_problem(messages, headers, status):
    seen, answered = ask(messages, headers=headers, idle_seconds=0.05)

    assert not seen
    assert answered[0]["status"] == status
    assert dict(answered[0]["headers"])[b"content-type"] == b"application/problem+json"
    assert json.loads(answered[1]["body"])["status"] == status


def test_who_hangs_up_gets_no_answer():
    assert ask(pieces(b"abc", ends="disconnect")) == ([], [])
