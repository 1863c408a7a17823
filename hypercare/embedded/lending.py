"""This module lends the services of a home folder to any number of processes, and stops them after the last.

Every process that uses a home holds a shared lock on `run/users`; the kernel drops it even after kill -9, so no count
can go stale. Whoever starts or stops something holds `run/lock` meanwhile, so that one folder never has two servers.
Services that a killed process left behind are simply found and used by the next.
"""

import atexit
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TextIO

from .place import Place
from .postgres import Postgres
from .problem import ServiceProblem, explained
from .valkey import Valkey

ROOM_NEEDED = 200 * 1024 * 1024


class Service(Protocol):
    """A server that can be found, started and stopped."""

    name: str
    variable: str

    @property
    def url(self) -> str: ...
    def alive(self) -> bool: ...
    def launch(self) -> None: ...
    def wait(self) -> None: ...
    def stop(self) -> None: ...


class Running:
    """The services that this process uses; `services` holds only those of our own, not the user's."""

    def __init__(self, home: Path, services: list[Service]) -> None:
        self.home = home
        self.services = services
        self._users: TextIO | None = None
        self._owner = os.getpid()

    def take(self) -> None:
        """Counts this process among the users, and starts what does not run."""
        with self._alone():
            self._users = (self.home / "run" / "users").open("a")
            fcntl.flock(self._users, fcntl.LOCK_SH)
            self.start()

    def start(self) -> None:
        """Starts what does not run, side by side, and tells the environment where it is; raises ServiceProblem."""
        for service in self.services:
            service.launch()
        for service in self.services:
            service.wait()
            os.environ[service.variable] = service.url

    def revive(self) -> list[str]:
        """Starts what has died since, and names it."""
        dead = [service.name for service in self.services if not service.alive()]
        if dead:
            with self._alone():
                self.start()
        return dead

    def release(self) -> None:
        """Uses the services no longer, and stops them if nobody else does."""
        if self._users is None or self._owner != os.getpid():
            return
        with self._alone():
            self._users.close()
            self._users = None
            if self._unused():
                for service in reversed(self.services):
                    service.stop()
        for service in self.services:
            os.environ.pop(service.variable, None)
        _attached.pop(self.home, None)

    def _unused(self) -> bool:
        with (self.home / "run" / "users").open("a") as users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with explained(self.home), (self.home / "run" / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


_attached: dict[Path, Running] = {}


def home_folder() -> Path:
    """Where this copy keeps its data: HYPERCARE_HOME, or `var` beside the code."""
    return Path(os.environ.get("HYPERCARE_HOME") or Path(__file__).resolve().parents[2] / "var").resolve()


def attach(home: Path | None = None, *, durable: bool = True) -> Running:
    """Sets DATABASE_URL, REDIS_URL and HYPERCARE_HOME, starting what the user has not named; until this process ends.

    `durable=False` trades safety at power loss for speed, for tests. Raises ServiceProblem.
    """
    home = (home or home_folder()).resolve()
    if home in _attached:
        return _attached[home]
    os.environ["HYPERCARE_HOME"] = str(home)
    place = Place(home)
    running = Running(home, [])
    with explained(home):
        _make_room(place)
        if not os.environ.get("DATABASE_URL"):
            running.services.append(Postgres(place, durable=durable))
        if not os.environ.get("REDIS_URL"):
            running.services.append(Valkey(place))
    if running.services:
        atexit.register(running.release)
        running.take()
    _attached[home] = running
    return running


def _make_room(place: Place) -> None:
    place.folder("run")
    free = shutil.disk_usage(place.home).free
    if free < ROOM_NEEDED:
        raise ServiceProblem(
            f"The disk of {place.home} has {free // 2**20} MB left and {ROOM_NEEDED // 2**20} MB are needed: "
            "free some space, or set HYPERCARE_HOME to a folder on another disk."
        )
