"""This module decides at every door, before a body is opened, whether its sender comes in: from where, how much, signed or not.

It knows no HTTP request, so that every kind of door can ask it. Alertmanager repeats only what is answered 5xx, so what is
too much is 503 with a time to come again; what never will be right is 403.
"""

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext as _

from gateway_ingest import shares, signatures
from gateway_ingest.formats import Headers
from gateway_ingest.models import Source


@dataclass(frozen=True)
class Caller:
    """Who sends what: its address, its headers with names in small letters, and the body as it came."""

    address: str
    headers: Headers
    body: bytes


def admit(source: Source, caller: Caller, *, now: datetime) -> None:
    """Lets a delivery in and counts it, or raises Problem: 403 for a wrong address or signature, 503 for too much."""
    _take(source)
    _check_address(source, caller.address, now=now)
    if source.signature_header:
        signatures.check_hmac(source, caller.body, caller.headers, now=now)


@contextmanager
def admitted(source: Source, caller: Caller, *, now: datetime, small: int = 0) -> Iterator[shares.Taken]:
    """The same for a large delivery, which also needs one of its source's places; what it yields is told the rows.

    A plain body of at most `small` bytes needs none.
    """
    admit(source, caller, now=now)
    if len(caller.body) <= small and not caller.headers.get("content-encoding"):
        taken = shares.Taken()
        yield taken
        charge(source, taken.rows - 1)
        return
    with _counted(source), shares.place_of(source.pk, rate=rate_of(source)) as taken:
        yield taken


def charge(source: Source, rows: int) -> None:
    """Counts rows that a delivery turned out to hold beyond the one it came in by; the next one waits for them."""
    shares.charge(source.pk, rows)


def rate_of(source: Source) -> int:
    """Rows a second that one web process takes of a source."""
    return source.rows_a_second or settings.CALLS_A_SECOND_PER_SOURCE


def _take(source: Source) -> None:
    with _counted(source):
        shares.take(source.pk, rate=rate_of(source))


@contextmanager
def _counted(source: Source) -> Iterator[None]:
    """What is turned away is written down at most every few seconds: a flood must not become one of writes."""
    try:
        yield
    finally:
        if number := shares.turned_away(source.pk):
            Source.objects.filter(pk=source.pk).update(limited=F("limited") + number)


def _check_address(source: Source, address: str, *, now: datetime) -> None:
    if source.allowed_networks and not _is_in(address, source.allowed_networks):
        detail = _("This source takes nothing from the address %(address)s; its allowed networks are set on its page.")
        raise signatures.refused(source, "", detail % {"address": address[:50] or "?"}, now=now)


def _is_in(address: str, networks: list[str]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return any(found in ipaddress.ip_network(network) for network in networks)
