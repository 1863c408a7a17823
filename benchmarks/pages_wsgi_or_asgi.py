"""This module measures a page and an API post served by WSGI in threads and by Django's ASGI handler, on one uvicorn each."""

import argparse
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import psutil
from django.conf import settings
from django.test import Client

from benchmarks import crowd
from benchmarks.figures import show, spread
from benchmarks.product import ROOT, wait_for
from hypercare.core import clock, tokens
from hypercare.core.launches import create_launch
from hypercare.core.models import Launch, User
from hypercare.core.timeline import SYSTEM
from hypercare.embedded.place import free_port

MEASURES = (
    "server CPU a request and requests a second of the inbox's page, an API list and an API post, by kind of serving"
)
REFERENCE = "the same requests through WSGI in threads (a2wsgi), as the product serves them; the ratio is CPU a post"
SENDERS = 8
REPORTS = 2000
WARMING = 40
SETTINGS = {"wsgi": "hypercare.settings", "asgi": "benchmarks.pooled_settings"}


@dataclass(frozen=True)
class Server:
    """A uvicorn of ours."""

    port: int
    process: psutil.Process

    def cpu_seconds(self) -> float:
        """What it has spent so far."""
        spent = self.process.cpu_times()
        return float(spent.user + spent.system)


@dataclass(frozen=True)
class Order:
    """A request that is sent many times; a body is made anew for each."""

    method: str
    path: str
    headers: dict[str, str]
    body: Callable[[int], str] | None = None


def main(options: Sequence[str]) -> None:
    """Serves both ways in turn and prints the figures side by side."""
    chosen = _options(options)
    orders = _orders()
    figures = {}
    for kind in SETTINGS:
        with _serve(kind) as server:
            figures[kind] = {name: _measure(server, order, chosen.requests) for name, order in orders.items()}
    show(
        "pages_wsgi_or_asgi",
        MEASURES,
        requests_each=chosen.requests,
        senders=SENDERS,
        figures=figures,
        cpu_of_asgi_to_wsgi={
            name: round(figures["asgi"][name]["cpu_ms"] / figures["wsgi"][name]["cpu_ms"], 2) for name in orders
        },
        reference=REFERENCE,
        ratio=figures["asgi"]["api_post"]["cpu_ms"] / figures["wsgi"]["api_post"]["cpu_ms"],
        goal=None,
    )


def _options(options: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks pages_wsgi_or_asgi", description=MEASURES)
    parser.add_argument("--requests", type=int, default=400, help="how many of each request; 2000 is the full size")
    return parser.parse_args(options)


def _orders() -> dict[str, Order]:
    now = clock.now()
    owner = User.objects.create_superuser(email="benchmark@example.org", password="a-long-enough-one")
    days = {"go_live_on": date(2026, 5, 20), "planned_end_on": date(2036, 6, 8)}
    launch = create_launch(Launch(slug="bench", name="Benchmark", active_users=9800, **days), owner=owner, now=now)
    crowd.fill(launch, first=1, last=REPORTS, now=now)
    client = Client()
    client.force_login(owner)
    cookie = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"}
    _token, secret = tokens.issue(
        owner, launch=launch, name="benchmark", scopes=["admin"], expires_at=None, actor=SYSTEM, now=now
    )
    bearer = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    return {
        "smallest": Order("GET", "/healthz", {}),
        "inbox_page": Order("GET", "/launches/bench/inbox/", cookie),
        "api_list": Order("GET", "/api/v1/feedback/?launch=bench", bearer),
        "api_post": Order("POST", "/api/v1/feedback/", bearer, _report),
    }


def _report(number: int) -> str:
    report: dict[str, Any] = {
        "launch": "bench",
        "channel": "api",
        "title": f"Basket {number} is empty after signing in",
    }
    return json.dumps(report | {"reporter": {"email": f"person{number}@example.org"}})


@contextmanager
def _serve(kind: str) -> Iterator[Server]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", f"benchmarks.serving:{kind}", "--port", str(port)]
    quiet = ["--log-level", "warning", "--no-access-log", "--lifespan", "off"]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": SETTINGS[kind]}
    served = subprocess.Popen([*command, *quiet], cwd=ROOT, env=environment)
    try:
        wait_for(lambda: _answers(port), what=f"uvicorn to serve {kind}")
        yield Server(port, psutil.Process(served.pid))
    finally:
        served.terminate()
        served.wait(30)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _measure(server: Server, order: Order, count: int) -> dict[str, float]:
    with ThreadPoolExecutor(max_workers=SENDERS) as senders:
        shares = [range(first, count + WARMING, SENDERS) for first in range(SENDERS)]
        list(senders.map(lambda share: _send(server.port, order, share[: WARMING // SENDERS]), shares))
        busy, began = server.cpu_seconds(), time.perf_counter()
        sent = list(senders.map(lambda share: _send(server.port, order, share[WARMING // SENDERS :]), shares))
        took, busy = time.perf_counter() - began, server.cpu_seconds() - busy
    seconds = [each for share in sent for each in share]
    figures = {"cpu_ms": round(1000 * busy / len(seconds), 2), "requests_a_second": round(len(seconds) / took, 1)}
    return figures | spread(seconds)


def _send(port: int, order: Order, numbers: Sequence[int]) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    seconds = []
    for number in numbers:
        began = time.perf_counter()
        connection.request(order.method, order.path, order.body(number) if order.body else None, order.headers)
        answer = connection.getresponse()
        said = answer.read()
        seconds.append(time.perf_counter() - began)
        if answer.status not in {200, 201}:
            raise RuntimeError(f"{order.path} answered {answer.status}: {said[:200]!r}")
    connection.close()
    return seconds
