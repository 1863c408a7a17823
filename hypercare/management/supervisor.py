"""This module keeps the children running until told to stop, and leaves no process behind."""

import fcntl
import http.client
import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import psutil
from django.utils.translation import gettext as _

from hypercare.embedded import Running, ServiceProblem

from .child import Child, shorten
from .stopping import stopping

GRACE_SECONDS = 10.0
LOOK_EVERY_SECONDS = 0.25
PATIENCE_SECONDS = 60.0


class OnlyOne:
    """The right to be the one `up` of a home folder; a killed one's children are ended before its successor begins."""

    def __init__(self, home: Path) -> None:
        self._children = home / "run" / "children.json"
        self._lock: TextIO = (home / "run" / "up").open("a+")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ServiceProblem(
                _("Hypercare already runs on %(home)s: stop it first, or set HYPERCARE_HOME to another folder.")
                % {"home": home}
            ) from None
        self._end_leftovers()

    def remember(self, pids: list[int]) -> None:
        """Notes the children, for a successor."""
        with suppress(psutil.NoSuchProcess):
            known = [[pid, psutil.Process(pid).create_time()] for pid in pids]
            self._children.write_text(json.dumps(known))

    def _end_leftovers(self) -> None:
        leftovers = []
        with suppress(FileNotFoundError, ValueError):
            for pid, created_at in json.loads(self._children.read_text()):
                with suppress(psutil.NoSuchProcess):
                    process = psutil.Process(pid)
                    if process.create_time() == created_at and process.status() != psutil.STATUS_ZOMBIE:
                        process.terminate()
                        leftovers.append(process)
        for process in psutil.wait_procs(leftovers, timeout=GRACE_SECONDS)[1]:
            process.kill()


class Supervisor:
    """Starts the children in order, restarts what dies, and stops all."""

    def __init__(
        self, children: list[Child], *, running: Running, only_one: OnlyOne, say: Callable[[str], None]
    ) -> None:
        self._children = children
        self._running = running
        self._only_one = only_one
        self._say = say
        self._due: dict[str, float] = {}

    def start(self, *names: str) -> None:
        """Starts the named children."""
        for child in self._children:
            if child.name in names:
                child.start()
        self._remember()

    def wait_until_ready(self, port: int, *, host: str) -> None:
        """Returns when /readyz says 200; says meanwhile what is missing."""
        patience = time.monotonic() + PATIENCE_SECONDS
        while (answer := _readiness(port, host=host))[0] != 200:
            self._look_after()
            if time.monotonic() > patience:
                self._say(_("Still not ready: %(answer)s") % {"answer": answer[1] or _("the site does not answer")})
                patience = time.monotonic() + PATIENCE_SECONDS
            time.sleep(0.05)

    def watch(self) -> None:
        """Looks after children and services for ever."""
        while True:
            self._look_after()
            time.sleep(LOOK_EVERY_SECONDS)

    def stop(self) -> None:
        """Ends all children: all are asked at once, the slow ones are killed."""
        for child in self._children:
            child.ask_to_stop()
        deadline = time.monotonic() + GRACE_SECONDS
        for child in self._children:
            child.stop(seconds=max(0.0, deadline - time.monotonic()))

    def _look_after(self) -> None:
        stopping.check()
        self._revive_services()
        for child in self._children:
            self._look_at(child)

    def _revive_services(self) -> None:
        before = [service.url for service in self._running.services]
        try:
            dead = self._running.revive()
        except ServiceProblem as problem:
            self._say(str(problem))
            return
        for name in dead:
            self._say(_("%(name)s had ended and was started again.") % {"name": name})
        if [service.url for service in self._running.services] != before:
            self._say(_("Its port was taken meanwhile; all parts are restarted with the new one."))
            self.stop()
            self.start(*(child.name for child in self._children))

    def _look_at(self, child: Child) -> None:
        if (due := self._due.get(child.name)) is not None:
            if time.monotonic() >= due:
                del self._due[child.name]
                self.start(child.name)
            return
        for line in child.troubles() if child.log.exists() else ():
            self._say(f"[{child.name}] {line}")
        shorten(child.log)
        code = child.ended()
        if code is None or (child.may_finish and code == 0):
            return
        pause = child.pause()
        self._due[child.name] = time.monotonic() + pause
        self._say(
            _("%(name)s ended with code %(code)s; it starts again in %(pause).1f s. Its log: %(log)s")
            % {"name": child.name, "code": code, "pause": pause, "log": child.log}
        )

    def _remember(self) -> None:
        self._only_one.remember([child.pid for child in self._children if child.pid is not None])


def _readiness(port: int, *, host: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/readyz", headers={"Host": host})
        response = connection.getresponse()
        return response.status, response.read(2000).decode(errors="replace")
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()
