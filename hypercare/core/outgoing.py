"""This module is the one guard for addresses that somebody else chose: it calls them so that nothing inside is reached.

The host is resolved once and that address is called; no private, loopback or link-local one unless an administrator
listed it; no redirect is followed; ten seconds and one megabyte at most.
"""

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

SECONDS = 10.0
MAX_BYTES = 1024 * 1024
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_GIVEN_OUT = ipaddress.ip_network(
    "2000::/3"
)  # all else of IPv6 is reserved, or packs an address in some way of its own
_PORTS = {"http": 80, "https": 443}

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Unreachable(Exception):
    """The address may not be called, or did not answer as it should; the text is a sentence."""


@dataclass(frozen=True)
class Answered:
    """What came back; a redirect is an answer like any other."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Fetch = Callable[[str], Answered]


def fetch(
    url: str, *, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Answered:
    """Calls an address once; raises Unreachable."""
    parts = _parts(url)
    host = parts.hostname or ""
    port = parts.port or _PORTS[parts.scheme]
    line: list[socket.socket] = []
    connection = _pinned(parts.scheme, host, port, _allowed_address(host, port), line)
    # A sender that trickles keeps each single wait short; the watch ends the whole.
    watch, begun = threading.Timer(SECONDS, _hang_up, [line]), time.monotonic()
    watch.daemon = True
    watch.start()
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path, body=body, headers=dict(headers or {}))
        answer = _answer(connection.getresponse())
        if time.monotonic() - begun >= SECONDS:
            raise TimeoutError  # the watch cut it short, which looks like an end
    except (OSError, http.client.HTTPException, ValueError) as error:
        detail = _("%(host)s did not answer as it should: %(error)s.")
        raise Unreachable(detail % {"host": host, "error": type(error).__name__}) from error
    finally:
        watch.cancel()
        connection.close()
    return answer


def check(url: str) -> None:
    """Looks whether an address may be called as it is known now, without calling it; raises Unreachable."""
    parts = _parts(url)
    _allowed_address(parts.hostname or "", parts.port or _PORTS[parts.scheme])


def is_public(address: Address) -> bool:
    """Whether an address, or the one packed inside it, is on the open internet."""
    inner = _unpacked(address)
    is_given_out = isinstance(inner, ipaddress.IPv4Address) or inner in _GIVEN_OUT
    return is_given_out and inner.is_global and not inner.is_multicast


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        is_fine = parts.scheme in _PORTS and bool(parts.hostname) and parts.username is None
        _port = parts.port
    except ValueError:
        is_fine = False
    if not is_fine or not url.isascii() or not url.isprintable() or " " in url:
        raise Unreachable(_("This is no web address that can be called."))
    return parts


def _allowed_address(host: str, port: int) -> str:
    """The first address of the host, if all that it has may be called."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(_("The host %(host)s is not known.") % {"host": host}) from error
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(_is_allowed(host, address) for address in addresses):
        detail = _("%(host)s is inside a network that is not called; an administrator can list it.")
        raise Unreachable(detail % {"host": host})
    return addresses[0]


def _is_allowed(host: str, address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    return is_public(found) or any(_is_listed(entry, host, found) for entry in settings.OUTGOING_ALLOWED)


def _is_listed(entry: str, host: str, address: Address) -> bool:
    try:
        network = ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return entry.lower() == host.lower()
    return address in network


def _unpacked(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)


def _pinned(scheme: str, host: str, port: int, address: str, line: list[socket.socket]) -> http.client.HTTPConnection:
    """A connection that asks for `host` by name and talks to `address`, whatever the name means by then.

    `line` holds its socket from the first moment to the last, which the connection itself does not.
    """
    secure = ssl.create_default_context() if scheme == "https" else None
    connection = http.client.HTTPConnection(host, port, timeout=SECONDS)

    def connect() -> None:
        connection.sock = socket.create_connection((address, port), timeout=SECONDS)
        if secure is not None:
            connection.sock = secure.wrap_socket(connection.sock, server_hostname=host, do_handshake_on_connect=False)
        line.append(connection.sock)
        if isinstance(connection.sock, ssl.SSLSocket):
            connection.sock.do_handshake()

    connection.connect = connect  # type: ignore[method-assign]  # the only step that would resolve again
    connection.default_port = _PORTS[scheme]  # so that the Host header leaves the usual port out
    return connection


def _hang_up(line: list[socket.socket]) -> None:
    for held in line:
        with contextlib.suppress(OSError):  # it ended by itself in the same moment
            socket.socket.shutdown(held, socket.SHUT_RDWR)  # below TLS, where another thread waits


def _answer(response: http.client.HTTPResponse) -> Answered:
    body = response.read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        raise Unreachable(_("The answer is larger than one megabyte."))
    return Answered(response.status, dict(response.headers.items()), body)
