"""This module serves the product from a process of its own, on this test run's database."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

from hypercare.embedded.place import free_port

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_SECONDS = 150.0


class Site:
    """A running web process."""

    def __init__(self, log: Path, *, redis_url: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log
        run = {
            "HYPERCARE_TEST_RUN": f"{os.environ['HYPERCARE_TEST_RUN']}web{self.port}"
        }  # what it leaves is its own to clear
        places = run | {"DATABASE_URL": _database_url(), "REDIS_URL": redis_url, "HYPERCARE_URL": self.url}
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "uvicorn",
                "hypercare.asgi:application",
                "--port",
                str(self.port),
                "--log-level",
                "warning",
                "--no-proxy-headers",
            ],
            cwd=ROOT,
            env=os.environ
            | places
            | {
                "DJANGO_SETTINGS_MODULE": "tests.settings",
                "HYPERCARE_WEB_THREADS": "4",
                "HYPERCARE_HEARD_BY": os.environ["HYPERCARE_CHANNEL_PREFIX"],
            },
            stdout=log.open("w"),
            stderr=subprocess.STDOUT,
        )

    @property
    def pid(self) -> int:
        """The web process."""
        return self._process.pid

    def wait(self) -> None:
        """Until it answers; fails with its own last words."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.url}/healthz", timeout=2)
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
            else:
                return
        pytest.fail(f"the site does not answer: {self._log.read_text()[-2000:]}")

    def stop(self) -> None:
        """Ends it, so that the database has no other users."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _database_url() -> str:
    place = connection.settings_dict
    login = f"{quote(place['USER'], safe='')}:{quote(place['PASSWORD'], safe='')}"
    return f"postgresql://{login}@{place['HOST']}:{place['PORT']}/{quote(str(place['NAME']), safe='')}"


@pytest.fixture(scope="session")
def site(django_db_setup, tmp_path_factory) -> Iterator[Site]:
    """The product at work, for tests that speak to it over the network; they need `transactional_db`."""
    served = Site(tmp_path_factory.mktemp("site") / "web.log", redis_url=settings.REDIS_URL)
    served.wait()
    yield served
    served.stop()
