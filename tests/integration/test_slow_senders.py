"""Over the network: slow and unusual senders keep nobody waiting, and every body is read whatever its framing."""

import gzip
import json
import select
import socket
import time
from contextlib import ExitStack, closing
from urllib.parse import urlsplit

import pytest

from gateway_ingest.models import Alert
from gateway_ingest.sources import create as create_source
from hypercare.core import clock, tokens
from hypercare.core.timeline import SYSTEM
from tests.integration.doors import alert, report

pytestmark = pytest.mark.django_db(transaction=True)


def opened(site, head: str, body: bytes = b"") -> socket.socket:
    """A connection on which this was sent."""
    place = urlsplit(site.url)
    line = socket.create_connection((place.hostname, place.port), timeout=10)
    line.sendall(head.replace("{host}", place.netloc).replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
    return line


def answer(line: socket.socket) -> tuple[int, bytes]:
    """Status and body of what comes back on a connection that then closes."""
    with closing(line):
        said = b"".join(iter(lambda: line.recv(65536), b""))
    head, _gap, body = said.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def chunked(*parts: bytes) -> bytes:
    """The parts as chunks."""
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


@pytest.fixture
def secret(people):
    """The lead's token."""
    return tokens.issue(
        people["lead"], launch=None, name="slow", scopes=["admin"], expires_at=None, actor=SYSTEM, now=clock.now()
    )[1]


def test_senders_that_stop_in_the_middle_keep_nobody_else_waiting(site, launch):
    head = f"POST /w/{launch.keys.get().key}/reports HTTP/1.1\nHost: {{host}}\nContent-Type: application/json\nContent-Length: 5000"
    with ExitStack() as held:
        lines = [held.enter_context(closing(opened(site, head, b'{"text": "'))) for _number in range(20)]
        time.sleep(0.5)
        status, _body = answer(opened(site, "GET /healthz HTTP/1.1\nHost: {host}\nConnection: close"))
        answered_or_cut, _, _ = select.select(lines, [], [], 0)
    assert status == 200
    assert not answered_or_cut


def test_body_in_chunks_is_read_at_every_door(site, launch, secret):
    _source, key = create_source(launch, name="gateway", actor=SYSTEM, now=clock.now())
    common = "HTTP/1.1\nHost: {host}\nContent-Type: application/json\nTransfer-Encoding: chunked\nConnection: close"
    sent = json.dumps(report()).encode()
    fired = gzip.compress(json.dumps({"receiver": "x", "alerts": [alert()]}).encode())
    doors = [
        (f"POST /api/v1/feedback/ {common}\nAuthorization: Bearer {secret}", chunked(sent[:9], sent[9:]), 201),
        (f"POST /api/v1/feedback/bulk/ {common}\nAuthorization: Bearer {secret}", chunked(b"[", sent, b"]"), 200),
        (f"POST /w/{launch.keys.get().key}/reports {common}", chunked(b'{"text": "It broke"}'), 201),
        (f"POST /ingest/{key}/ {common}\nContent-Encoding: gzip", chunked(fired[:20], fired[20:]), 202),
    ]
    for head, body, status in doors:
        assert answer(opened(site, head, body))[0] == status, head
    assert Alert.objects.count() == 1


def test_body_that_says_it_is_too_large_is_refused_before_it_is_sent(site, launch):
    head = "POST /api/v1/feedback/bulk/ HTTP/1.1\nHost: {host}\nExpect: 100-continue\nContent-Length: 999999999999"

    status, body = answer(opened(site, head))

    assert status == 413
    assert json.loads(body)["status"] == 413


def test_socket_at_an_address_that_is_none_is_refused_without_a_defect(site, launch, secret):
    upgrade = "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="

    for path in ("/ws/nothing/", "/", "/ws/launches/shop/other/"):
        head = f"GET {path} HTTP/1.1\nHost: {{host}}\nAuthorization: Bearer {secret}\n{upgrade}"
        assert answer(opened(site, head))[0] == 403, path
