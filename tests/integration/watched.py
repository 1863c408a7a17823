"""This module sends made-up traffic through the door of calls and lets the rules look, minute by minute."""

import math
from datetime import datetime, timedelta

from gateway_ingest import sources, windows
from gateway_ingest.formats.calls import CallFlag, IncomingCall
from gateway_ingest.models import Baseline, TrafficWatch
from gateway_ingest.receive_calls import CallAnswer, store_calls
from gateway_ingest.routing import Routing
from gateway_ingest.rules import rows, tick
from gateway_ingest.rules.keys import as_text
from gateway_ingest.rules.stored import HOUR, hour_of
from hypercare.core.models import Launch
from hypercare.core.timeline import SYSTEM

MINUTE = timedelta(minutes=1)
CALL = {"component": "checkout", "method": "GET", "path": "/pay", "status": 200, "duration": 100_000, "release": "4.2"}


class Gateway:
    """A source of one launch that sends calls, and the clock by which its rules look."""

    def __init__(self, launch: Launch, now: datetime, name: str = "gateway") -> None:
        self.launch, self.begins = launch, now.replace(second=0, microsecond=0)
        self.source, self.key = sources.create(launch, name=name, actor=SYSTEM, now=now)
        self.minute, self.batches = self.begins, 0
        rows.ensure(launch, now=now)
        watch = tick.watch_of(launch, now=now)
        TrafficWatch.objects.filter(pk=watch.pk).update(looked_until=self.begins, learned_until=hour_of(self.begins))

    def call(self, at: datetime, number: int, **fields) -> IncomingCall:
        """One call some seconds into a minute."""
        given = CALL | fields
        moment = at + timedelta(seconds=number % 60)
        return IncomingCall(at=int(moment.timestamp() * 1_000_000), **given)

    def send(self, at: datetime, *groups: tuple[int, dict]) -> None:
        """So many calls of each sort in a minute, as one delivery."""
        calls = [self.call(at, number, **fields) for count, fields in groups for number in range(count)]
        self.batches += 1
        store_calls(
            self.source,
            calls,
            CallAnswer(),
            to=Routing(self.launch),
            batch_id=f"calls:key:{self.batches}",
            now=at + MINUTE,
        )

    def play(self, minutes: int, *groups: tuple[int, dict]) -> None:
        """The same in each of the next minutes, each looked at once it has settled."""
        for _minute in range(minutes):
            if groups:
                self.send(self.minute, *groups)
            self.minute += MINUTE
            self.look()

    def unseen(self, minutes: int, *groups: tuple[int, dict]) -> None:
        """The same in minutes that nobody looks at any more."""
        for _minute in range(minutes):
            self.send(self.minute, *groups)
            self.minute += MINUTE
        TrafficWatch.objects.filter(launch=self.launch).update(looked_until=self.minute)

    def look(self) -> bool:
        """Lets the rules of the launch look at what has settled."""
        windows.fold()
        return tick.watch_launch(self.launch, now=self.now)

    @property
    def now(self) -> datetime:
        """Half a minute after the last minute that was played."""
        return self.minute + tick.SETTLES

    def was_usual(self, per: str, key: tuple[str, ...], *, days: int = 10, **figures: float) -> None:
        """Tells what was learned of a key in each hour of the last days."""
        given = {"calls": 100.0, "malformed": 0.0, "refused": 0.0, "tokens_a_call": None, "p95_ms": None} | figures
        Baseline.objects.bulk_create(
            Baseline(launch=self.launch, per=per, key=as_text(key), hour=hour_of(self.begins) - number * HOUR, **given)
            for number in range(1, 24 * days + 1)
        )


def per_minute(count: int, bad: int, bad_fields: dict, good_fields: dict | None = None) -> list[tuple[int, dict]]:
    """A minute of `count` calls of which `bad` are bad."""
    return [(bad, bad_fields), (count - bad, good_fields or {})]


def spread(minutes: int, total: int) -> int:
    """How many a minute make a total."""
    return math.ceil(total / minutes)


FORGOT = {"flags": int(CallFlag.FORGOT_CONTEXT), "model": "m", "provider": "p"}
