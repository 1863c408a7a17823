"""This module stores calls as the door for traffic would, for tests that ask about them."""

import itertools
from datetime import datetime, timedelta

from gateway_ingest.formats.calls import IncomingCall
from gateway_ingest.models import Source
from gateway_ingest.receive_calls import CallAnswer, store_calls
from gateway_ingest.routing import Routing
from hypercare.core.models import Launch

_numbers = itertools.count()


def source_of(launch: Launch, *, now: datetime) -> Source:
    """The launch's gateway."""
    given = {"digest": f"t{launch.pk}", "hint": "hcs", "created_at": now}
    return Source.objects.get_or_create(launch=launch, name="traffic", defaults=given)[0]


def call(at: datetime, **fields) -> IncomingCall:
    """A good answer of the shop's product pages to a known user, unless the fields say otherwise."""
    given = {
        "component": "catalog-api", "method": "GET", "path": "/products/7", "status": 200, "consumer": "user-1",
        "consumer_class": "user", "duration": 100_000, "scheme": "https",
    }  # fmt: skip
    return IncomingCall(at=round(at.timestamp() * 1_000_000), **given | fields)


def calls(number: int, at: datetime, *, every: timedelta = timedelta(seconds=1), **fields) -> list[IncomingCall]:
    """So many calls one after the other, each by another consumer where `consumer` has a place for a number."""
    name = fields.pop("consumer", "user-1")
    return [call(at + each * every, consumer=name.format(each), **fields) for each in range(number)]


def store(launch: Launch, found: list[IncomingCall], *, now: datetime) -> None:
    """Stores them as one delivery."""
    source = source_of(launch, now=now)
    answer = store_calls(source, found, CallAnswer(), to=Routing(launch), batch_id=f"test-{next(_numbers)}", now=now)
    assert answer.accepted == len(found)
