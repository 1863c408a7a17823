"""This module runs one child process: its log, its end, and its return after a growing pause."""

import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

LOG_LIMIT = 20 * 1024 * 1024
FIRST_PAUSE, LONGEST_PAUSE, HEALTHY_AFTER = 0.5, 30.0, 30.0
_TROUBLE = re.compile(r"\b(ERROR|CRITICAL)\b")
_PARENT_DEATH = 1  # PR_SET_PDEATHSIG of prctl(2)
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass
class Child:
    """A program that should run as long as `up` does."""

    name: str
    command: list[str]
    log: Path
    descriptors: tuple[int, ...] = ()
    may_finish: bool = False
    _process: subprocess.Popen[bytes] | None = None
    _started_at: float = 0.0
    _pause: float = FIRST_PAUSE
    _shown: int = field(default=0)

    @property
    def pid(self) -> int | None:
        """The process's number while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Starts the program in a process group of its own, so that Ctrl-C reaches only `up`."""
        shorten(self.log)
        with self.log.open("ab") as log:
            self._shown = log.tell()
            self._started_at = time.monotonic()
            self._process = subprocess.Popen(  # noqa: S603 - our own programs, no shell
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=self.descriptors,
                process_group=0,
                preexec_fn=_end_with(os.getpid()),  # noqa: PLW1509 - `up` has no threads
            )

    def ended(self) -> int | None:
        """The exit code if the program has ended by itself."""
        return None if self._process is None else self._process.poll()

    def pause(self) -> float:
        """How long to wait before the next start: longer each time it ends early."""
        healthy = time.monotonic() - self._started_at > HEALTHY_AFTER
        pause = FIRST_PAUSE if healthy else self._pause
        self._pause = min(pause * 2, LONGEST_PAUSE)
        return pause

    def ask_to_stop(self) -> None:
        """Asks the program to finish what it does and end."""
        if self.pid is not None:
            self._signal(signal.SIGTERM)

    def stop(self, *, seconds: float) -> None:
        """Ends the program and whatever it started: kindly for some seconds, then without asking."""
        if self._process is None:
            return
        self.ask_to_stop()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=seconds)
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._process = None

    def troubles(self) -> Iterator[str]:
        """The lines about errors since the last look."""
        size = self.log.stat().st_size
        with self.log.open("rb") as log:
            log.seek(self._shown if self._shown <= size else 0)
            for line in log:
                if _TROUBLE.search(text := line.decode(errors="replace").rstrip()):
                    yield text
            self._shown = log.tell()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)


def shorten(log: Path) -> None:
    """Keeps a log and its predecessor below the limit, also while somebody writes to it."""
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        shutil.copyfile(log, log.with_suffix(".log.1"))
        os.truncate(log, 0)


def _end_with(parent: int):  # type: ignore[no-untyped-def] # the callable's type is subprocess's business
    """Lets the kernel end a child whose parent was killed; elsewhere the next start does it."""
    if _libc is None:
        return None

    def arrange() -> None:
        _libc.prctl(_PARENT_DEATH, signal.SIGTERM)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)

    return arrange
