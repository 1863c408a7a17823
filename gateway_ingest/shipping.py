"""This module ships a growing log file: new whole lines in packed batches, each sent until it is taken, none twice.

Where we are stands in a state file: which file (its inode), and up to where. A batch is named by both, so one that was
taken but whose answer got lost is known to the server. A file that was rotated away is read to its end first.
"""

import gzip
import hashlib
import http.client
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

LINES = 1000
BYTES = 2 * 1024 * 1024
WAIT_SECONDS = 1.0
MAX_WAIT_SECONDS = 60.0
_BEGINNING = 256


@dataclass(frozen=True)
class Place:
    """A file by inode and the hash of its beginning, and the first byte of it that was not taken yet.

    `sending` is how many bytes are on their way: after a crash the very same ones go again under the same name.
    """

    inode: int = 0
    beginning: str = ""
    length: int = 0
    offset: int = 0
    sending: int = 0


class RefusedError(Exception):
    """The server will never take what we send; says why."""


@dataclass(frozen=True)
class Target:
    """Where batches go."""

    url: str
    key: str
    format_name: str = ""

    def send(self, body: bytes, *, name: str) -> int:
        """How many rows were taken; raises RefusedError for good, OSError where another try may help."""
        parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "127.0.0.1", parts.port, timeout=60)
        path = f"{parts.path.rstrip('/')}/ingest/calls/" + (f"{self.format_name}/" if self.format_name else "")
        headers = {"Authorization": f"Bearer {self.key}", "Content-Encoding": "gzip", "Idempotency-Key": name}
        try:
            connection.request("POST", path, gzip.compress(body, 6), headers)
            answer = connection.getresponse()
            said = answer.read()
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()
        if answer.status >= 500 or answer.status in {408, 429}:
            raise OSError(f"{answer.status}")
        if answer.status != 202:
            raise RefusedError(f"{answer.status}: {said[:300].decode('utf-8', 'replace')}")
        return int(json.loads(said)["accepted"])


@dataclass
class Shipper:
    """Follows one path; `sleep` is told how long to wait, and `is_told_to_stop` is asked between batches."""

    path: Path
    state: Path
    target: Target
    say: Callable[[str], object]
    sleep: Callable[[float], object] = time.sleep
    is_told_to_stop: Callable[[], bool] = lambda: False

    def run(self, *, follow: bool) -> int:
        """Ships what is there, then waits for more if asked; the number of rows that were taken."""
        taken = 0
        while not self.is_told_to_stop():
            sent = sum(self._ship(file, last_line=is_done or not follow) for file, is_done in self._files())
            taken += sent
            if not follow:
                break
            if not sent:
                self.sleep(WAIT_SECONDS)
        return taken

    def _files(self) -> Iterator[tuple[BinaryIO, bool]]:
        """The file we were in, should it have been rotated away, and the one at the path; and whether one is done with.

        Whoever writes goes on in the old file until it opens the new one, so the new one waits until something is in it.
        """
        place = self._place()
        if place.inode and (old := self._rotated(place)):
            is_done = self._has_something()
            if is_done:
                self.sleep(WAIT_SECONDS)
            with old.open("rb") as file:
                yield file, is_done
            if not is_done:
                return
        with suppress(FileNotFoundError), self.path.open("rb") as file:
            yield file, False

    def _has_something(self) -> bool:
        try:
            return self.path.stat().st_size > 0
        except FileNotFoundError:
            return False

    def _rotated(self, place: Place) -> Path | None:
        for path in sorted(self.path.parent.glob(f"{self.path.name}*")):
            with suppress(OSError):
                if path != self.path and path.stat().st_ino == place.inode:
                    return path
        return None

    def _ship(self, file: BinaryIO, *, last_line: bool) -> int:
        place, taken = self._place_in(file), 0
        for body in _batches(file, place, last_line=last_line):
            self._remember(replace(place, sending=len(body)))
            found = self._send(body, name=f"{place.inode:x}-{place.beginning[:16]}-{place.offset}")
            if found is None:
                break
            taken += found
            place = replace(place, offset=place.offset + len(body), sending=0)
            self._remember(place)
            if self.is_told_to_stop():
                break
        return taken

    def _place_in(self, file: BinaryIO) -> Place:
        """Where to go on in this file: where we were, or at the start of one that is new or was cut."""
        place, found = self._place(), os.fstat(file.fileno())
        if (
            place.inode == found.st_ino
            and place.offset <= found.st_size
            and _hash(file, place.length) == place.beginning
        ):
            return place
        length = min(_BEGINNING, found.st_size)
        return Place(found.st_ino, _hash(file, length), length, 0)

    def _send(self, body: bytes, *, name: str) -> int | None:
        """Tries until the batch is taken; None where we are told to stop before."""
        wait = WAIT_SECONDS
        while not self.is_told_to_stop():
            try:
                return self.target.send(body, name=name)
            except OSError as error:
                self.say(_("Not taken (%(error)s); next try in %(wait).0f s.") % {"error": error, "wait": wait})
            self.sleep(wait)
            wait = min(2 * wait, MAX_WAIT_SECONDS)
        return None

    def _place(self) -> Place:
        try:
            return Place(**json.loads(self.state.read_text()))
        except FileNotFoundError:
            return Place()

    def _remember(self, place: Place) -> None:
        """Written beside and moved over, so that the state is whole whenever we are stopped."""
        fresh = self.state.with_name(self.state.name + ".new")
        with fresh.open("w") as file:
            json.dump(asdict(place), file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.state)


def _batches(file: BinaryIO, place: Place, *, last_line: bool) -> Iterator[bytes]:
    """Whole lines from where we are; a line still being written waits, unless nobody will finish it."""
    file.seek(place.offset)
    if place.sending:
        yield file.read(place.sending)
    lines, size = list[bytes](), 0
    for line in file:
        if not line.endswith(b"\n") and not last_line:
            break
        lines.append(line)
        size += len(line)
        if len(lines) == LINES or size >= BYTES:
            yield b"".join(lines)
            lines, size = [], 0
    if lines:
        yield b"".join(lines)


def _hash(file: BinaryIO, length: int) -> str:
    file.seek(0)
    return hashlib.sha256(file.read(length)).hexdigest()
