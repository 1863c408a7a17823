"""This module measures single alerts, one a request, each answered after its commit, beside an echo and a plain DRF insert."""

import argparse
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import psutil
from django.db import connection

from benchmarks.figures import machine, show, spread
from benchmarks.posting import Sent, post
from benchmarks.product import ROOT, wait_for
from gateway_ingest import sources
from hypercare.core import clock
from hypercare.core.launches import create_launch
from hypercare.core.models import Launch, User
from hypercare.core.timeline import SYSTEM
from hypercare.embedded.place import free_port

MEASURES = "single alerts a second, one a request, each answered after its commit, on one web process without workers"
REFERENCE = (
    "a bare ASGI app that sends the same body back, and a plain DRF view that inserts one row, each on the same server "
    "in the same run; the ratio is that of alerts nobody has heard of to the bare app"
)
CONNECTIONS = 16
GOALS = {"of_echo": 0.25, "of_plain_insert": 4.0, "p95_ms": 100.0}
APPS = {
    "echo": ("benchmarks.echo:echo", "benchmarks.plain_settings"),
    "plain_insert": ("benchmarks.serving:wsgi", "benchmarks.plain_settings"),
    "alerts": ("hypercare.asgi:application", "hypercare.settings"),
}


@dataclass(frozen=True)
class Server:
    """A uvicorn of ours."""

    port: int
    process: psutil.Process

    @property
    def cpu_seconds(self) -> float:
        """What it has spent so far."""
        spent = self.process.cpu_times()
        return float(spent.user + spent.system)

    @property
    def peak_mb(self) -> float:
        """The most memory it ever had."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:  # noqa: PTH123 - no real file
            return next(round(int(line.split()[1]) / 1024, 1) for line in status if line.startswith("VmHWM"))


def main(options: Sequence[str]) -> None:
    """Measures the references and the door one after the other, the whole several times, and prints the middle run."""
    chosen = _options(options)
    path = f"/ingest/{_key()}/"
    measured: dict[str, list[dict[str, Any]]] = {}
    for turn in range(chosen.turns):
        first = 1_000_000 * (1 + turn)
        with _serve("echo") as server:
            _note(measured, "echo", server, path="/", first=first, count=2 * chosen.alerts, kind="alert_fresh")
        with _serve("plain_insert") as server:
            _note(measured, "plain_insert", server, path="/insert/", first=first, count=chosen.alerts // 2, kind="row")
        with _serve("alerts") as server:
            _note(measured, "fresh", server, path=path, first=first, count=chosen.alerts, kind="alert_fresh")
            _note(measured, "again", server, path=path, first=first, count=chosen.alerts, kind="alert_again")
    middle = {name: sorted(runs, key=lambda run: run["a_second"])[len(runs) // 2] for name, runs in measured.items()}
    of_echo = {name: round(middle[name]["a_second"] / middle["echo"]["a_second"], 3) for name in ("fresh", "again")}
    of_insert = {
        name: round(middle[name]["a_second"] / middle["plain_insert"]["a_second"], 2) for name in ("fresh", "again")
    }
    show(
        "alert_ingest",
        MEASURES,
        connections=CONNECTIONS,
        alerts=chosen.alerts,
        turns=chosen.turns,
        figures=middle,
        all_runs={name: [run["a_second"] for run in runs] for name, runs in measured.items()},
        share_of_echo=of_echo,
        times_plain_insert=of_insert,
        goals=GOALS,
        reached_goals={
            name: of_echo[name] >= GOALS["of_echo"]
            and of_insert[name] >= GOALS["of_plain_insert"]
            and middle[name]["p95_ms"] < GOALS["p95_ms"]
            for name in ("fresh", "again")
        },
        load_before=machine()["load"],
        reference=REFERENCE,
        ratio=of_echo["fresh"],
        goal=None,
    )


def _options(options: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks alert_ingest", description=MEASURES)
    parser.add_argument("--alerts", type=int, default=10_000, help="how many in each run")
    parser.add_argument("--turns", type=int, default=3, help="how often all of it is measured")
    return parser.parse_args(options)


def _key() -> str:
    now = clock.now()
    owner = User.objects.create_superuser(email="benchmark@example.org", password="a-long-enough-one")
    days = {"go_live_on": date(2026, 5, 20), "planned_end_on": date(2036, 6, 8)}
    launch = create_launch(Launch(pk=1, slug="bench", name="Benchmark", **days), owner=owner, now=now)
    launch.components.create(slug="catalog-api", name="Catalog")
    return sources.create(launch, name="Alertmanager", actor=SYSTEM, now=now)[1]


def _note(measured: dict[str, list[dict[str, Any]]], name: str, server: Server, **what: Any) -> None:
    """Warms up with some of it, then measures."""
    warming = what | {"first": what["first"] + 900_000, "count": 400}
    post(server.port, connections=CONNECTIONS, **warming)
    busy = server.cpu_seconds
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM gateway_ingest_alert")
        (before,) = cursor.fetchone() or (0,)
    sent = post(server.port, connections=CONNECTIONS, **what)
    if set(sent.statuses) - {"201", "202"}:
        raise SystemExit(f"Not all of {name} was taken: {sent.statuses}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM gateway_ingest_alert")
        (after,) = cursor.fetchone() or (0,)
    if name == "fresh" and after - before != what["count"]:
        raise SystemExit(f"{what['count']} alerts were answered and {after - before} are stored.")
    measured.setdefault(name, []).append(_figures(sent, server, busy))


def _figures(sent: Sent, server: Server, busy: float) -> dict[str, Any]:
    count = len(sent.seconds)
    return {
        "a_second": round(sent.a_second),
        **spread(sent.seconds),
        "web_cpu_ms_each": round(1000 * (server.cpu_seconds - busy) / count, 3),
        "sender_cpu_ms_each": round(1000 * sent.cpu / count, 3),
        "web_peak_mb": server.peak_mb,
    }


@contextmanager
def _serve(name: str) -> Iterator[Server]:
    port = free_port()
    app, settings = APPS[name]
    command = [sys.executable, "-m", "uvicorn", app, "--port", str(port), "--log-level", "warning"]
    quiet = ["--no-access-log", "--lifespan", "off"]
    served = subprocess.Popen([*command, *quiet], cwd=ROOT, env=os.environ | {"DJANGO_SETTINGS_MODULE": settings})
    try:
        wait_for(lambda: _listens(port) or served.poll() is not None, what=f"uvicorn to serve {name}")
        yield Server(port, psutil.Process(served.pid))
    finally:
        served.terminate()
        served.wait(30)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
