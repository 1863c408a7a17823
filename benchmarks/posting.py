"""This module posts bodies over kept connections from a process of its own, so cheaply that it is never the brake.

`python -m benchmarks.posting PORT PATH KIND CONNECTIONS FIRST COUNT` writes what it found as JSON.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import uvloop

ROOT = Path(__file__).resolve().parents[1]
KINDS_OF_STORM = 50


@dataclass(frozen=True)
class Sent:
    """How long all of it took, each answer's seconds, and how many answers had each status."""

    took: float
    seconds: list[float]
    statuses: dict[str, int]
    cpu: float

    @property
    def a_second(self) -> float:
        """How many were answered in a second."""
        return len(self.seconds) / self.took


def alert_fresh(number: int) -> bytes:
    """One alert as Alertmanager sends it, of an instance nobody has heard of."""
    return _notification(number, instance=f"node-{number}", key=f"{number:016x}")


def alert_again(number: int) -> bytes:
    """One alert of fifty that fire on and on, told in other words each time."""
    kind = number % KINDS_OF_STORM
    return _notification(number, instance=f"node-{kind}", key=f"storm{kind:011x}")


def _notification(number: int, *, instance: str, key: str) -> bytes:
    alert = {
        "status": "firing",
        "labels": {
            "alertname": "CatalogErrors",
            "severity": "critical",
            "service": "catalog_api",
            "instance": instance,
        },
        "annotations": {"summary": f"Product pages fail on {instance}", "description": "12% of requests end with 503."},
        "startsAt": f"2026-05-28T12:{number // 60 % 60:02d}:{number % 60:02d}Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example.org/graph?g0.expr=errors",
        "fingerprint": key,
    }
    envelope = {"version": "4", "receiver": "hypercare", "status": "firing", "groupKey": f"{{}}:{number}"}
    return json.dumps(envelope | {"alerts": [alert]}).encode()


def row(number: int) -> bytes:
    """One row for the plain view."""
    moment = f"2026-01-{1 + number // 1_000_000:02d}T00:00:00.{number % 1_000_000:06d}Z"
    return json.dumps({"launch": 1, "metric": "posted", "measured_at": moment, "value": number}).encode()


BODIES: dict[str, Callable[[int], bytes]] = {"alert_fresh": alert_fresh, "alert_again": alert_again, "row": row}


class _Poster(asyncio.Protocol):
    """One connection: sends the next request once the last is answered."""

    def __init__(self, requests: Iterator[bytes], done: "asyncio.Future[None]") -> None:
        self._requests, self._done = requests, done
        self._buffer, self._began = b"", 0.0
        self.seconds: list[float] = []
        self.statuses: Counter[str] = Counter()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.WriteTransport = transport  # type: ignore[assignment]  # a stream's transport writes
        self._next()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, gap, body = self._buffer.partition(b"\r\n\r\n")
        if not gap or len(body) < int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]):
            return
        self.seconds.append(time.perf_counter() - self._began)
        self.statuses[head[9:12].decode()] += 1
        self._buffer = b""
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(error or ConnectionError("the server hung up"))

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._done.set_result(None)
            self._transport.close()
            return
        self._began = time.perf_counter()
        self._transport.write(request)


async def _post_all(port: int, connections: int, requests: list[bytes]) -> Sent:
    loop, waiting = asyncio.get_running_loop(), iter(requests)
    posters, ends = [], []
    began, busy = time.perf_counter(), time.process_time()
    for _number in range(connections):
        done: asyncio.Future[None] = loop.create_future()
        _transport, poster = await loop.create_connection(lambda done=done: _Poster(waiting, done), "127.0.0.1", port)  # type: ignore[misc]
        posters.append(poster)
        ends.append(done)
    await asyncio.gather(*ends)
    took = time.perf_counter() - began
    statuses: Counter[str] = sum((poster.statuses for poster in posters), Counter())
    seconds = [each for poster in posters for each in poster.seconds]
    return Sent(took, seconds, dict(statuses), time.process_time() - busy)


def _main(port: str, path: str, kind: str, *numbers: str) -> None:
    body_of, (connections, first, count) = BODIES[kind], map(int, numbers)
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "
    bodies = (body_of(number) for number in range(first, first + count))
    requests = [f"{head}{len(body)}\r\n\r\n".encode() + body for body in bodies]
    sent = uvloop.run(_post_all(int(port), connections, requests))
    json.dump(sent.__dict__, sys.stdout)


def post(port: int, path: str, *, connections: int, first: int, count: int, kind: str) -> Sent:
    """Posts `count` bodies of a kind, over so many connections, each when the one before on it is answered."""
    numbers = [str(number) for number in (connections, first, count)]
    command = [sys.executable, "-m", "benchmarks.posting", str(port), path, kind, *numbers]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return Sent(**json.loads(done.stdout))


if __name__ == "__main__":
    _main(*sys.argv[1:])
