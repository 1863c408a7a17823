"""These tests hold the guard for outgoing addresses: what it calls, what it refuses, and when it hangs up."""

import contextlib
import http.server
import ipaddress
import socket
import threading

import pytest
from django.core.exceptions import ImproperlyConfigured

from hypercare.core import outgoing
from hypercare.core.outgoing import Unreachable, fetch, is_public
from hypercare.settings.environment import hosts_and_networks


class Door(http.server.BaseHTTPRequestHandler):
    """Answers by path and remembers what was asked."""

    def do_GET(self):
        self.server.asked.append((self.path, self.headers["Host"]))
        if self.path == "/elsewhere":
            self.send_response(302)
            self.send_header("Location", "/other")
            self.end_headers()
            return
        if self.path == "/slow":
            self.server.may_go_on.wait()
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(b"x" * (outgoing.MAX_BYTES + 5) if self.path == "/large" else b"hello")

    def log_message(self, *_arguments):
        """Stays silent."""


@pytest.fixture
def door(settings):
    settings.OUTGOING_ALLOWED = ["127.0.0.0/8"]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.asked, server.may_go_on = [], threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.may_go_on.set()
    server.shutdown()
    server.server_close()


def address(door, path):
    return f"http://127.0.0.1:{door.server_port}{path}"


def test_listed_address_is_called_by_its_name(door):
    answer = fetch(address(door, "/a?b=c"))
    assert (answer.status, answer.body) == (200, b"hello")
    assert door.asked == [("/a?b=c", f"127.0.0.1:{door.server_port}")]


def test_host_may_be_listed_by_name(door, settings):
    settings.OUTGOING_ALLOWED = ["localhost"]
    assert fetch(f"http://localhost:{door.server_port}/").status == 200
    with pytest.raises(Unreachable):
        fetch(address(door, "/"))


def test_wrong_list_of_what_may_be_called_stops_the_start(monkeypatch):
    monkeypatch.setenv("HYPERCARE_OUTGOING_ALLOWED", "proxy.internal, 10.0.0.0/8, ::1")
    assert len(hosts_and_networks("HYPERCARE_OUTGOING_ALLOWED")) == 3
    monkeypatch.setenv("HYPERCARE_OUTGOING_ALLOWED", "10.0.0.0/33")
    with pytest.raises(ImproperlyConfigured, match=r"10\.0\.0\.0/33"):
        hosts_and_networks("HYPERCARE_OUTGOING_ALLOWED")


def test_redirect_is_answered_and_not_followed(door):
    assert fetch(address(door, "/elsewhere")).status == 302
    assert len(door.asked) == 1


def test_answer_above_one_megabyte_is_refused(door):
    with pytest.raises(Unreachable, match="one megabyte"):
        fetch(address(door, "/large"))


def test_slow_answer_is_ended(door, monkeypatch):
    monkeypatch.setattr(outgoing, "SECONDS", 0.3)
    with pytest.raises(Unreachable):
        fetch(address(door, "/slow"))


HANDSHAKE_OF_16_KB = bytes.fromhex("1603034000")


@pytest.mark.parametrize(
    ("scheme", "beginning"),
    [("http", b""), ("http", b"HTTP/1.0 200 OK\r\n\r\n"), ("https", HANDSHAKE_OF_16_KB)],
    ids=["head", "body", "handshake"],
)
def test_server_that_trickles_is_ended_as_a_whole(settings, monkeypatch, scheme, beginning):
    settings.OUTGOING_ALLOWED = ["127.0.0.1"]
    monkeypatch.setattr(outgoing, "SECONDS", 0.5)
    listener, ended = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def trickle():
        caller, _address = listener.accept()
        with contextlib.suppress(OSError), caller:
            caller.sendall(beginning)
            while not ended.wait(0.1):
                caller.sendall(b"H")

    threading.Thread(target=trickle, daemon=True).start()
    with pytest.raises(Unreachable):
        fetch(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/")
    ended.set()
    listener.close()


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://10.0.0.1/", "http://192.168.1.1/"),
        *(
            "http://169.254.169.254/latest/meta-data",
            "http://[::ffff:127.0.0.1]/",
            "http://0.0.0.0/",
            "http://2130706433/",
        ),
        *("http://0x7f.1/", "http://[fe80::1]/", "http://[fd00::1]/", "http://100.64.0.1/", "http://224.0.0.1/"),
    ],
)
def test_address_inside_is_never_called(url):
    with pytest.raises(Unreachable):
        fetch(url)


@pytest.mark.parametrize(
    "url",
    [
        *("", "ftp://example.org/", "file:///etc/passwd", "http://", "http:///x", "http://user:pw@example.org/"),
        *(
            "http://example.org:99999/",
            "http://example.org/a b",
            "http://exa\nmple.org/",
            "http://[::1",
            "//example.org",
        ),
    ],
)
def test_what_is_no_web_address_is_refused(url):
    with pytest.raises(Unreachable, match="no web address"):
        fetch(url)


def test_host_with_one_address_inside_is_refused_whole(monkeypatch):
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("93.184.216.34", "127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_given, **_named: both)
    with pytest.raises(Unreachable, match="inside a network"):
        fetch("http://two-faced.example/")


def test_name_is_resolved_once_and_its_address_called(door, settings, monkeypatch):
    answers = iter([[(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", door.server_port))]])
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *given, **named: real(host, *given, **named) if host != "shop.test" else next(answers),
    )
    assert fetch(f"http://shop.test:{door.server_port}/").status == 200
    assert door.asked == [("/", f"shop.test:{door.server_port}")]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::5db8:d822", True),
        ("2002:7f00:1::", False),
        ("::ffff:10.0.0.1", False),
        ("198.18.0.1", False),
        ("::127.0.0.1", False),
        ("fec0::1", False),
        ("64:ff9b:1::7f00:1", False),
        ("::ffff:0:127.0.0.1", False),
    ],
)
def test_address_packed_in_another_is_looked_at(address, public):
    assert is_public(ipaddress.ip_address(address)) is public
