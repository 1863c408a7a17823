"""This module measures how far our sketches are from exact values: on the log of a real nginx under load, and on hard series."""

import argparse
import hashlib
import os
import random
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import create_server
from typing import Any

import numpy as np

from benchmarks.figures import show
from benchmarks.scratch import temporary_home
from gateway_ingest import distinct, latencies

MEASURES = "error of distinct consumers and of latency quantiles against exact values"
REFERENCE = "the exact values of the same rows"
GOAL = 0.02
SHARES = (0.5, 0.9, 0.95, 0.99, 0.999)
_SENDERS = 8
_NO_NGINX = "nginx is not installed, so the log of a real gateway was left out; apt-get install nginx brings it."

_CONFIG = """
worker_processes 1; daemon off; master_process off; pid {home}/nginx.pid; error_log {home}/error.log;
events {{ worker_connections 512; }}
http {{
    log_format timed '$http_x_consumer $request_time $status';
    access_log {home}/access.log timed;
    client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
    server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{upstream}; }} }}
}}
"""


def main(options: Sequence[str]) -> None:
    """Series first, then the gateway, if there is one."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks sketch_errors", description=MEASURES)
    parser.add_argument("--requests", type=int, default=6000, help="how many go through nginx")
    chosen = parser.parse_args(options)
    dice = np.random.default_rng(11)
    series = {name: _errors_of(values) for name, values in _series(dice).items()}
    consumers = {str(number): _error_of_distinct(dice, number) for number in (50, 64, 65, 1000, 20_000, 500_000)}
    log = _through_nginx(chosen.requests)
    worst = max(
        *(error for found in series.values() for error in found.values()),
        *consumers.values(),
        *(log["latency_errors"].values() if log else ()),
        log["consumers_error"] if log else 0.0,
    )
    show(
        "sketch_errors",
        MEASURES,
        latency_errors=series,
        consumers_errors=consumers,
        nginx=log or _NO_NGINX,
        worst=round(worst, 4),
        reference=REFERENCE,
        ratio=worst / GOAL,
        goal=1,
    )


def _series(dice: np.random.Generator) -> dict[str, np.ndarray]:
    """Durations in microseconds that make quantiles hard."""
    fast, slow = dice.normal(80_000, 5_000, 60_000), dice.normal(2_000_000, 100_000, 40_000)
    return {
        "pareto": (dice.pareto(1.2, 100_000) + 1) * 5_000,
        "two_peaks": np.abs(np.concatenate([fast, slow])),
        "log_normal": dice.lognormal(11.5, 1.2, 100_000),
        "few": (dice.pareto(1.2, 40) + 1) * 5_000,
    }


def _errors_of(micros: np.ndarray) -> dict[str, float]:
    """In minute windows that are merged, as the product does it; the exact quantile is the value at the same rank."""
    whole = np.sort(micros.astype(np.int64))
    parts = np.array_split(np.random.default_rng(5).permutation(whole), max(len(whole) // 500, 1))
    sketch = latencies.union([latencies.merged(b"", latencies.buckets_of(part)) for part in parts])
    found = {}
    for share in SHARES:
        exact = float(whole[max(int(np.ceil(share * len(whole))), 1) - 1])
        found[f"p{100 * share:g}"] = round(abs((latencies.quantile(sketch, share) or 0.0) - exact) / exact, 4)
    return found


def _error_of_distinct(dice: np.random.Generator, number: int) -> float:
    """The mean of ten draws, so that one lucky or unlucky draw does not decide."""
    errors = []
    for _turn in range(10):
        hashes = dice.integers(0, 2**32, number, dtype=np.uint64).astype(np.uint32)
        exact = len(np.unique(hashes))
        sketch = distinct.union([distinct.merged(b"", part) for part in np.array_split(hashes, max(number // 500, 1))])
        errors.append(abs(distinct.count(sketch).number - exact) / exact)
    return round(float(np.mean(errors)), 4)


def _through_nginx(requests: int) -> dict[str, Any] | None:
    """Sends requests through a real nginx to a slow and a fast service behind it, and reads its log."""
    program = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if program is None:
        return None
    home = temporary_home()
    with _upstream() as upstream, _nginx(program, home, upstream) as port:
        began = time.perf_counter()
        with ThreadPoolExecutor(_SENDERS) as senders:
            list(senders.map(lambda sender: _send(port, sender, requests // _SENDERS), range(_SENDERS)))
        took = time.perf_counter() - began
    rows = [line.split() for line in (home / "access.log").read_text().splitlines()]
    # nginx tells milliseconds; what took less than one is told as nought, which the sketch keeps as its first bucket.
    micros = np.array([round(float(row[1]) * 1e6) for row in rows], dtype=np.int64)
    names = [row[0] for row in rows]
    hashes = np.array([_hash_of(name) for name in names], dtype=np.uint32)
    sketch = distinct.union([distinct.merged(b"", part) for part in np.array_split(hashes, 20)])
    exact = len(set(names))
    counted = distinct.count(sketch)
    return {
        "requests": len(rows),
        "requests_a_second": round(len(rows) / took),
        "latency_errors": _errors_of(np.maximum(micros, 1)),
        "consumers": exact,
        "consumers_counted": counted.number,
        "consumers_error": round(abs(counted.number - exact) / exact, 4),
    }


def _hash_of(name: str) -> int:
    """The low half of the keyed number that stands for a consumer."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8, key=b"benchmark").digest()[4:], "big")


class _Service(BaseHTTPRequestHandler):
    """Answers after a delay of two peaks with a long tail."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        dice = random.Random(self.path)
        time.sleep(min(dice.paretovariate(1.5) * 0.002 if dice.random() < 0.7 else dice.gauss(0.06, 0.01), 1.0))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_arguments: object) -> None:
        """Silent: nginx writes the log."""


@contextmanager
def _upstream() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Service)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()


@contextmanager
def _nginx(program: str, home: Path, upstream: int) -> Iterator[int]:
    with create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    home.chmod(0o711)
    config = home / "nginx.conf"
    # As root, nginx would hand the work to another user, who may not write here.
    owner = "user root;" if os.geteuid() == 0 else ""
    config.write_text(owner + _CONFIG.format(home=home, port=port, upstream=upstream))
    process = subprocess.Popen([program, "-e", str(home / "error.log"), "-c", str(config), "-p", str(home)])
    try:
        _wait_for(port)
        yield port
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(timeout=20)


def _wait_for(port: int) -> None:
    for _turn in range(100):
        try:
            HTTPConnection("127.0.0.1", port, timeout=5).connect()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("nginx did not start.")


def _send(port: int, sender: int, number: int) -> None:
    dice = random.Random(sender)
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    for each in range(number):
        connection.request("GET", f"/{sender}/{each}", headers={"X-Consumer": f"user-{dice.randrange(3000)}"})
        connection.getresponse().read()
    connection.close()
