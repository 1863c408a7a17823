"""This module runs the real programs that send to us, each on loopback with a folder of its own, and ends what it started."""

import os
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

PLACES = os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin"
PATIENCE_SECONDS = 60.0
_OURS = ("HYPERCARE", "DJANGO", "DATABASE_URL", "REDIS_URL")


def program(*names: str) -> str:
    """Where the program is, by the first of its names; the test is skipped with a sentence where there is none."""
    found = next(filter(None, (shutil.which(name, path=PLACES) for name in names)), None)
    return found or pytest.skip(f"{names[0]} is not installed, so its configuration was not tried here")


def python_with(*modules: str) -> str:
    """The Python of HYPERCARE_TRIAL_PYTHON, if it has these modules; else the test is skipped with a sentence."""
    found = os.environ.get("HYPERCARE_TRIAL_PYTHON", "")
    wanted = "; ".join(f"import {name}" for name in modules)
    if not found or subprocess.run([found, "-c", wanted], capture_output=True, check=False, timeout=120).returncode:
        pytest.skip(f"set HYPERCARE_TRIAL_PYTHON to a Python that has {', '.join(modules)} to try this configuration")
    return found


@contextmanager
def running(command: list[str], log: Path, *, env: dict[str, str] | None = None) -> Iterator[subprocess.Popen]:
    """The program until the block ends; it sees nothing of our own environment."""
    theirs = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    with log.open("w") as file:
        process = subprocess.Popen(
            command, stdout=file, stderr=subprocess.STDOUT, cwd=log.parent, env=theirs | (env or {})
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def until(found: Callable[[], Any], what: str, *, seconds: float = PATIENCE_SECONDS) -> Any:
    """What is found once it is something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := found():
            return answer
        time.sleep(0.1)
    return pytest.fail(f"{what} did not come within {seconds:.0f} s")


def ask(port: int, path: str, **headers: str) -> int:
    """The status that a program answers on loopback; 0 while nobody listens."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


@contextmanager
def serving(answer: Callable[[str, bytes], tuple[int, str, bytes]], *, port: int = 0) -> Iterator[int]:
    """A small service behind a gateway; `answer` gets path and body and says status, type and body."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, kind, content = answer(self.path, body)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815 - the server's own name for it

        def log_message(self, *_said: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@contextmanager
def system_log(place: Path, log: Path) -> Iterator[None]:
    """Writes what comes to a socket such as /dev/log into a file, a line each, as a syslog server does."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(place))
    listener.settimeout(0.2)
    ended = threading.Event()

    def write() -> None:
        with log.open("a") as file:
            while not ended.is_set():
                try:
                    line = listener.recv(65536).decode()
                except TimeoutError:
                    continue
                file.write(line.partition(">")[2].rstrip("\n") + "\n")
                file.flush()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        ended.set()
        writer.join(5)
        listener.close()
