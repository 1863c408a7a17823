"""This module measures what a rule's chart and its dry run take of memory, queries and time at many keys."""

import argparse
import resource
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from benchmarks.figures import show
from benchmarks.rules_watch import fill, launch_of
from gateway_ingest.rules.course import courses
from gateway_ingest.rules.defaults import DEFAULTS
from gateway_ingest.rules.dry_run import try_out
from gateway_ingest.rules.stored import whole_minute
from hypercare.core import clock
from hypercare.core.models import Launch

MEASURES = (
    "a rule's chart of 72 hours and its dry run of 7 days, when so many routes were called every quarter of an hour"
)
REFERENCE = "the same with 50 routes"
_FEW = 50
_RULES = ("error_burst", "latency_breach")


def main(options: Sequence[str]) -> None:
    """Each is asked for in a process of its own, so that its peak is its own."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks rules_on_the_past", description=MEASURES)
    parser.add_argument("--keys", type=int, default=2_000, help="how many routes the large launch has")
    parser.add_argument("--rules", nargs="+", default=_RULES, help="which rules are asked for")
    chosen = parser.parse_args(options)
    found = {name: _measured(name, keys, chosen.rules) for name, keys in (("few", _FEW), ("many", chosen.keys))}
    first = f"dry_run_{chosen.rules[0]}"
    ratio = found["many"][first]["peak_mb"] / found["few"][first]["peak_mb"]
    show("rules_on_the_past", MEASURES, **found, reference=REFERENCE, ratio=ratio, goal=None)


def _measured(slug: str, keys: int, rules: Sequence[str]) -> dict[str, Any]:
    now = whole_minute(clock.now())
    launch = launch_of(f"past-{slug}", now)
    fill(launch, keys, keys, now, minutes=range(0, 7 * 24 * 60, 15))
    found: dict[str, Any] = {"keys": keys}
    for name in rules:
        found[f"chart_{name}"] = _alone(launch, name, now, _chart)
        found[f"dry_run_{name}"] = _alone(launch, name, now, _dry_run)
    return found


def _chart(launch: Launch, name: str, now: datetime) -> None:
    courses(launch, DEFAULTS[name], now - timedelta(hours=72), now)


def _dry_run(launch: Launch, name: str, now: datetime) -> None:
    try_out(launch, DEFAULTS[name], days=7, now=now)


def _alone(launch: Launch, name: str, now: datetime, ask: Callable[[Launch, str, datetime], None]) -> dict[str, Any]:
    """What asking takes above what the process had before."""
    connections.close_all()
    ours, theirs = get_context("fork").Pipe()
    process = get_context("fork").Process(target=_asked, args=(theirs, launch, name, now, ask))
    process.start()
    found: dict[str, Any] = ours.recv()
    process.join()
    return found


def _asked(
    told: Connection, launch: Launch, name: str, now: datetime, ask: Callable[[Launch, str, datetime], None]
) -> None:
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    with CaptureQueriesContext(connection) as asked:
        ask(launch, name, now)
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    told.send({"queries": len(asked), "peak_mb": round(peak, 1), "seconds": round(time.perf_counter() - began, 2)})
