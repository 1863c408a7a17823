"""This module measures what one look of the rules costs at few kinds of calls and at a hundred thousand."""

import argparse
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.figures import quantile, show, spread
from gateway_ingest import latencies
from gateway_ingest.models import CallKind, TrafficWatch
from gateway_ingest.rules import tick
from gateway_ingest.rules.stored import hour_of, whole_minute
from hypercare.core import clock
from hypercare.core.launches import create_launch
from hypercare.core.models import Launch, User

MEASURES = "one look of all rules at the minute that has ended, when each minute so many kinds of calls were called"
REFERENCE = "the same look with 200 kinds, of which 200 are called each minute"
LOOKS = 5
BACK_MINUTES = 12
_FEW = 200


def main(options: Sequence[str]) -> None:
    """Fills windows by INSERT ... SELECT, and lets the rules look minute by minute."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks rules_watch", description=MEASURES)
    parser.add_argument("--kinds", type=int, default=100_000, help="how many kinds of calls the large launch has")
    parser.add_argument("--active", type=int, default=5_000, help="how many of them are called each minute")
    chosen = parser.parse_args(options)
    few, many = _measured("few", _FEW, _FEW), _measured("many", chosen.kinds, chosen.active)
    show(
        "rules_watch",
        MEASURES,
        few=few,
        many=many,
        queries_are_as_many=abs(many["queries"] - few["queries"]) <= 1,
        reference=REFERENCE,
        ratio=many["p95_ms"] / few["p95_ms"],
        goal=None,
    )


def _measured(slug: str, kinds: int, active: int) -> dict[str, Any]:
    now = whole_minute(clock.now())
    launch = launch_of(slug, now)
    fill(launch, kinds, active, now, minutes=range(LOOKS + BACK_MINUTES + 1))
    tick.watch_of(launch, now=now)
    seconds, queries = [], 0
    for number in range(LOOKS):
        at = now - (LOOKS - number) * timedelta(minutes=1)
        TrafficWatch.objects.filter(launch=launch).update(
            looked_until=at, learned_until=hour_of(now) + timedelta(hours=1)
        )
        began = time.perf_counter()
        with CaptureQueriesContext(connection) as asked:
            tick.watch_launch(launch, now=at + timedelta(minutes=1) + tick.SETTLES)
        seconds.append(time.perf_counter() - began)
        queries = len(asked)
    return {
        "kinds": kinds,
        "active_a_minute": active,
        "queries": queries,
        "worst_ms": round(1000 * quantile(seconds, 1)),
    } | (spread(seconds))


def launch_of(slug: str, now: datetime) -> Launch:
    """A launch of the benchmark's own."""
    owner, _made = User.objects.get_or_create(email="bench@example.org", defaults={"created_at": now})
    days = {"go_live_on": now.date(), "planned_end_on": now.date()}
    return create_launch(Launch(slug=slug, name=slug.title(), **days), owner=owner, now=now)


def fill(launch: Launch, kinds: int, active: int, now: datetime, *, minutes: range) -> None:
    """In each of these minutes ago the first kinds are called thirty times each, about a hundred milliseconds a call."""
    sketch = latencies.merged(b"", latencies.buckets_of(np.full(30, 100_000)))
    CallKind.objects.bulk_create(
        (
            CallKind(
                launch=launch, hint=f"part{number % 50}", method="GET", route=f"/r{number}", status_class=2, release="1"
            )
            for number in range(kinds)
        ),
        batch_size=5000,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO gateway_ingest_window (kind_id, at, calls, duration_sum, latencies) "
            "SELECT k.id, %s::timestamptz - minute * interval '1 minute', 30, 3000000, %s "
            "FROM (SELECT id FROM gateway_ingest_callkind WHERE launch_id = %s ORDER BY id LIMIT %s) k, "
            "unnest(%s::integer[]) AS minute",
            [now, sketch, launch.pk, active, list(minutes)],
        )
        cursor.execute("ANALYZE gateway_ingest_window, gateway_ingest_callkind")
