"""This module runs the whole product in a home of its own and speaks to it as outsiders do, by HTTP."""

import atexit
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.scratch import temporary_home
from hypercare import embedded
from hypercare.embedded.place import Place, free_port
from hypercare.embedded.valkey import Valkey

ROOT = Path(__file__).resolve().parents[1]
LAUNCH = "bench"
PATIENCE_SECONDS = 180.0


class Product:
    """A running `up` with one launch and a token; its broker is ours, so that it can be stopped."""

    def __init__(self) -> None:
        home = temporary_home()
        self.port = free_port()
        self.broker = Valkey(Place(home / "broker"))
        self._up: subprocess.Popen[bytes] | None = None
        atexit.register(self.end)
        self.start_broker()
        self._environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ} | {
            "HYPERCARE_HOME": str(home),
            "PORT": str(self.port),
            "REDIS_URL": self.broker.url,
            "HYPERCARE_ADMIN_EMAIL": "benchmark@example.org",
            "HYPERCARE_ADMIN_PASSWORD": "a-long-enough-one",
        }
        self._log = home / "up.log"
        with self._log.open("w") as log:
            command = [sys.executable, "manage.py", "up"]
            self._up = subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=log, stderr=log)
        wait_for(self._is_ready, what="the product to be ready")
        os.environ["REDIS_URL"] = self.broker.url
        embedded.attach(home)  # finds the database that `up` started
        self._database = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
        self.token = self._manage("issue_token", "benchmark@example.org", "--scope", "admin").split()[-1]
        self.client = Client(self.port, self.token)

    def prepare(self) -> None:
        """Makes the launch and lets the first report train the model, which happens once in a product's life."""
        self.client.post("/api/v1/launches/", {"name": "Benchmark", "slug": LAUNCH})
        self.client.post("/api/v1/feedback/", report(0, "warm up"))
        wait_for(lambda: self.untriaged() == 0, what="the first report to be triaged")

    @property
    def process_id(self) -> int:
        """That of `up`, whose children do the work."""
        assert self._up is not None
        return self._up.pid

    def untriaged(self) -> int:
        """How many reports wait for triage."""
        return int(self.rows("SELECT count(*) FROM feedback_feedback WHERE triaged_at IS NULL")[0][0])

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The answer of the product's database."""
        return self._database.execute(sql.encode()).fetchall()

    def stop_broker(self) -> None:
        """Takes the broker away; it forgets everything."""
        self.broker.stop()

    def start_broker(self) -> None:
        """Starts the broker, always on the same port."""
        self.broker.launch()
        self.broker.wait()

    def end(self) -> None:
        """Stops all that was started; at the end of the process in any case."""
        if self._up is not None and self._up.poll() is None:
            self._up.send_signal(signal.SIGTERM)
            self._up.wait(60)
        self.broker.stop()

    def _is_ready(self) -> bool:
        if self._up is not None and self._up.poll() is not None:
            raise SystemExit(f"up ended with {self._up.returncode}: {self._log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.HTTPError):
            return False

    def _manage(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self._environment, check=True, capture_output=True, text=True)
        return done.stdout


@contextmanager
def running_product() -> Iterator[Product]:
    """A product that is ready and warm, ended in any case."""
    product = Product()
    try:
        product.prepare()
        yield product
    finally:
        product.end()


class Client:
    """Posts and gets with one kept connection a thread."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._own = threading.local()

    def post(self, path: str, body: Any) -> Any:
        """The answer to a post; anything but success is an error."""
        return self.ask("POST", path, json.dumps(body).encode())

    def ask(self, method: str, path: str, body: bytes | None = None) -> Any:
        """The answer as JSON; a connection that the server closed meanwhile is opened again once."""
        for last in (False, True):
            connection = self._connection()
            try:
                connection.request(method, path, body, self._headers)
                answer = connection.getresponse()
                said = answer.read()
                break
            except (http.client.HTTPException, OSError):
                connection.close()
                if last:
                    raise
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path} answered {answer.status}: {said[:300]!r}")
        return json.loads(said)

    def _connection(self) -> http.client.HTTPConnection:
        if not hasattr(self._own, "connection"):
            self._own.connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        return self._own.connection  # type: ignore[no-any-return]  # a thread's own attribute has no type


_STORIES = (
    "Product page {n} answers 503 since the deploy",
    "Basket {n} is empty after signing in",
    "The invoice {n} shows the tax twice",
    "Search for item {n} never finishes loading",
    "Cannot change the delivery date of order {n}",
    "The assistant invents a phone number in answer {n}",
    "No reset mail arrives for account {n}",
    "Map of shop {n} is blank on my phone",
)


def report(number: int, name: str) -> dict[str, Any]:
    """One of several stories, told by one of many people."""
    return {
        "launch": LAUNCH,
        "channel": "api",
        "title": _STORIES[number % len(_STORIES)].format(n=number),
        "external_id": f"{name}-{number}",
        "reporter": {"email": f"person{number}@example.org"},
    }


def wait_for(holds: Any, *, what: str, seconds: float = PATIENCE_SECONDS, every: float = 0.1) -> float:
    """Seconds until something holds; ends the benchmark with a sentence where it never does."""
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        if holds():
            return time.perf_counter() - began
        time.sleep(every)
    raise SystemExit(f"Waited {seconds:.0f} s in vain for {what}.")
