"""This module measures how long evidence takes to find at a million calls and at many more: reach, near a report, a trace."""

import argparse
import random
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection, transaction

from benchmarks.figures import quantile, show, spread
from feedback.models import Feedback, Reporter
from gateway_ingest import evidence, hours, windows
from gateway_ingest.call_columns import _ROW, COLUMNS, Columns, consumer_hash
from gateway_ingest.call_kinds import DetailKey, Key, details_of, kinds_of
from gateway_ingest.calls import STORE
from gateway_ingest.evidence import Signature, Span
from gateway_ingest.models import Source
from hypercare.core import clock
from hypercare.core.launches import create_launch
from hypercare.core.models import Component, Launch, User

MEASURES = (
    "reach of a signature, calls and errors near a report, life of a trace, with more and more calls of two weeks"
)
REFERENCE = "the same questions at the first, smaller number of calls"
GOAL_P95_MS = 150
GOAL_RATIO = 2
FIRST, FULL = 1_000_000, 50_000_000
DAYS = 14
_ROUTES, _SERVICES, _CONSUMERS, _TRACE_CALLS = 40, 8, 5000, 4
_STATUSES = np.array([200, 404, 503])
_CHUNK = 100_000
_ASKED = 40
_EPOCH_OF_POSTGRES = 946_684_800_000_000


def main(options: Sequence[str]) -> None:
    """Loads calls in two stages, as the product stores a delivery, and asks after each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks evidence_queries", description=MEASURES)
    parser.add_argument("--calls", type=int, default=FIRST, help="how many in the end; 50000000 is the full size")
    parser.add_argument("--minutes", type=float, default=60, help="stop loading after so long and say how far it came")
    parser.add_argument("--loading", action="store_true", help="only load, as close together as in the full size")
    chosen = parser.parse_args(options)
    field = _Field()
    if chosen.loading:
        _measure_loading(field, chosen.calls // _CHUNK)
        return
    stages = [FIRST // 4 if chosen.calls <= FIRST else FIRST, chosen.calls]
    found, loaded, began = [], 0, time.perf_counter()
    for wanted in stages:
        chunks, before, from_here = max((wanted - loaded) // _CHUNK, 1), loaded, time.perf_counter()
        for chunk in range(chunks):
            if time.perf_counter() - began > chosen.minutes * 60:
                break
            field.load(_CHUNK, chunk / chunks, (chunk + 1) / chunks)
            loaded += _CHUNK
        pace = round((loaded - before) / (time.perf_counter() - from_here))
        hours.add_up(now=field.now)
        _settle()
        size = {"calls": loaded, "loaded_a_second": pace, "windows": _count("gateway_ingest_window")}
        found.append(size | {"database_mb": _megabytes()} | field.ask())
    first, last = found[0], found[-1]
    names = ("reach_of_an_hour", "reach_of_a_week", "near_a_report", "life_of_a_trace")
    ratios = {name: round(last[name]["p95_ms"] / first[name]["p95_ms"], 2) for name in names}
    worst = max(last[name]["p95_ms"] for name in names)
    show(
        "evidence_queries",
        MEASURES,
        stages=found,
        minutes_loading=round((time.perf_counter() - began) / 60, 1),
        whole_size_was_loaded=loaded >= chosen.calls // _CHUNK * _CHUNK,
        p95_ratios=ratios,
        goal_p95_ms=GOAL_P95_MS,
        p95_reached=worst <= GOAL_P95_MS,
        reference=REFERENCE,
        ratio=max(ratios.values()),
        goal=GOAL_RATIO,
    )


def _measure_loading(field: "_Field", chunks: int) -> None:
    """How fast calls go in, and how much room they take, beside what the full size may take."""
    empty, began, of = _megabytes(), time.perf_counter(), FULL // _CHUNK
    for chunk in range(chunks):
        field.load(_CHUNK, chunk / of, (chunk + 1) / of)
    seconds, calls = time.perf_counter() - began, chunks * _CHUNK
    minutes = FULL / calls * seconds / 60
    show(
        "evidence_loading",
        "calls stored with their windows, as close together as fifty million are in two weeks",
        calls=calls,
        loaded_a_second=round(calls / seconds),
        minutes_for_the_full_size=round(minutes, 1),
        gigabytes_for_the_full_size=round((_megabytes() - empty) * FULL / calls / 1000, 1),
        reference="an hour for fifty million calls",
        ratio=minutes / 60,
        goal=1,
    )


class _Field:
    """A launch with a gateway, and calls whose ids are known afterwards."""

    def __init__(self) -> None:
        self.now = clock.now().replace(second=0, microsecond=0)
        self.begins = self.now - timedelta(days=DAYS - 1)
        owner = User.objects.create_user(email="bench@example.org", name="Bench")
        day = self.begins.date()
        launch = Launch(slug="bench", name="Bench", go_live_on=day, planned_end_on=day + timedelta(days=30))
        self.launch = create_launch(launch, owner=owner, now=self.begins)
        for number in range(_SERVICES):
            Component.objects.create(launch=self.launch, slug=f"service{number}", name=f"Service {number}")
        source = Source.objects.create(launch=self.launch, name="gateway", digest="b", hint="b", created_at=self.now)
        self.kinds = self._kinds()
        self.detail = details_of(source.pk, [DetailKey("shop.example", "", "")])[DetailKey("shop.example", "", "")]
        self.consumers = np.array(
            [consumer_hash(f"user-{each}", launch_id=self.launch.pk) for each in range(_CONSUMERS)], dtype=np.int64
        )
        self.dice = np.random.default_rng(7)
        self.traces: list[tuple[bytes, datetime]] = []

    def _kinds(self) -> np.ndarray:
        """A number for each route and status; each route belongs to one service."""
        keys = [
            Key(f"service{route % _SERVICES}", "GET", f"/v1/things{route}/{{number}}", status // 100, "4.2", "user",
                "", "", "", "https")
            for route in range(_ROUTES) for status in _STATUSES.tolist()
        ]  # fmt: skip
        numbers, _capped = kinds_of(self.launch.pk, keys)
        return np.array([numbers[key] for key in keys]).reshape(_ROUTES, len(_STATUSES))

    def load(self, number: int, begins: float, ends: float) -> None:
        """Calls spread over a part of the two weeks, four to a trace, as the product stores a delivery."""
        rows = np.zeros(number, dtype=_ROW)
        rows["fields"] = len(COLUMNS)
        for name in COLUMNS:
            rows[f"{name}:size"] = 0 if name == "request_name" else _ROW[name].itemsize
        length = int((self.now - self.begins).total_seconds() * 1e6)
        first = int(self.begins.timestamp() * 1e6)
        at = np.sort(self.dice.integers(int(begins * length), int(ends * length), number)) + first
        status = self.dice.choice(3, number, p=[0.95, 0.04, 0.01])
        route = self.dice.integers(0, _ROUTES, number)
        traces = self.dice.bytes(16 * (number // _TRACE_CALLS + 1))
        rows["at"] = at - _EPOCH_OF_POSTGRES
        rows["cost"], rows["upstream"], rows["first_byte"] = -1, -1, -1
        rows["input_tokens"], rows["output_tokens"] = -1, -1
        rows["consumer"] = self.consumers[self.dice.integers(0, _CONSUMERS, number)]
        rows["trace_id"] = np.repeat(np.frombuffer(traces, dtype="V16"), _TRACE_CALLS)[:number]
        rows["request_id"] = np.frombuffer(self.dice.bytes(16 * number), dtype="V16")
        rows["duration"] = self.dice.lognormal(11.5, 1, number).astype(np.int64)
        rows["sent_bytes"] = 512
        rows["kind"], rows["detail"] = self.kinds[route, status], self.detail
        rows["status"] = _STATUSES[status]
        nobody = np.zeros(number, dtype=np.bool_)
        columns = Columns(rows, [b""] * number, nobody, nobody)
        STORE.prepare(columns)
        with transaction.atomic():
            STORE.add(columns)
        windows.fold()
        moment = datetime.fromtimestamp(int(at[0]) / 1e6, UTC)
        self.traces.append((traces[:16], moment))

    def ask(self) -> dict[str, Any]:
        """Each question some times, about another hour, route, report and trace each time."""
        chance = random.Random(3)
        return {
            "reach_of_an_hour": self._timed(lambda: self._reach(chance, timedelta(hours=1))),
            "reach_of_a_week": self._timed(lambda: self._reach(chance, timedelta(days=7))),
            "near_a_report": self._timed(lambda: self._near(chance)),
            "life_of_a_trace": self._timed(lambda: self._life(chance)),
            "page_of_a_day": self._timed(lambda: self._routes(timedelta(days=1)), turns=10),
            "page_of_a_week": self._timed(lambda: self._routes(timedelta(days=7)), turns=5),
            "governance_of_a_week": self._timed(lambda: self._governance(timedelta(days=7)), turns=5),
        }

    def _timed(self, prepare: Callable[[], Callable[[], object]], *, turns: int = _ASKED) -> dict[str, float]:
        seconds = []
        for _turn in range(turns):
            ask = prepare()
            began = time.perf_counter()
            ask()
            seconds.append(time.perf_counter() - began)
        return spread(seconds) | {"max_ms": round(1000 * quantile(seconds, 1.0), 1)}

    def _reach(self, chance: random.Random, length: timedelta) -> Callable[[], object]:
        ends = self.now - timedelta(minutes=chance.randrange(int((DAYS - 1) * 24 * 60 - length / timedelta(minutes=1))))
        route = chance.randrange(_ROUTES)
        wanted = Signature(
            component=f"service{route % _SERVICES}", route=f"/v1/things{route}/{{number}}", status_class=5
        )
        return lambda: evidence.reach(self.launch, wanted, Span.of(ends - length, ends), now=self.now)

    def _near(self, chance: random.Random) -> Callable[[], object]:
        trace, moment = chance.choice(self.traces)
        name = f"user-{chance.randrange(_CONSUMERS)}"
        person, _made = Reporter.objects.get_or_create(
            launch=self.launch, external_id=name, email="", defaults={"created_at": self.now}
        )
        report = Feedback.objects.create(
            launch=self.launch, channel="api", source="bench", content_digest="0" * 64, title="It fails", reporter=person,
            component=self.launch.components.get(slug=f"service{chance.randrange(_SERVICES)}"),
            trace_id=uuid.UUID(bytes=trace).hex, occurred_at=moment, received_at=moment,
        )  # fmt: skip
        return lambda: evidence.near(report, now=self.now)

    def _life(self, chance: random.Random) -> Callable[[], object]:
        trace, _moment = chance.choice(self.traces)
        return lambda: evidence.life_of(self.launch, uuid.UUID(bytes=trace).hex, now=self.now)

    def _routes(self, length: timedelta) -> Callable[[], object]:
        return lambda: evidence.routes(self.launch, Span.of(self.now - length, self.now))

    def _governance(self, length: timedelta) -> Callable[[], object]:
        return lambda: evidence.governance(self.launch, Span.of(self.now - length, self.now))


def _settle() -> None:
    """What autovacuum would have done by then."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _megabytes() -> int:
    """All tables and indexes, without the log of changes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0]) // 1_000_000


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])
