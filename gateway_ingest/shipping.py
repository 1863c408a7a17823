"""This module ships a growing log file: new whole lines in packed batches, each sent until it is taken, none twice.

Where we are stands in a state file: which file (its inode), and up to where. A batch is named by both, so one that was
taken but whose answer got lost is known to the server. A file that was rotated away is read to its end first, packed or
not, and so are those that were rotated after it.
"""

import bz2
import gzip
import hashlib
import http.client
import json
import lzma
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

LINES = 1000
# What unpacks to no more than this is taken however well it packs. The server takes no longer line either: one that is
# goes in pieces, which it names as wrong, and what follows arrives.
BYTES = 1024 * 1024
WAIT_SECONDS = 1.0
MAX_WAIT_SECONDS = 60.0
_BEGINNING = 256
_OPENERS: dict[str, Callable[..., object]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_ROTATED = re.compile(r"[.-]\d[\d.-]*(\.gz|\.bz2|\.xz)?")


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


class UnreadableError(Exception):
    """The server cannot read this batch, whoever sends it; says why."""


@dataclass(frozen=True)
class Target:
    """Where batches go."""

    url: str
    key: str
    format_name: str = ""

    def send(self, body: bytes, *, name: str) -> int:
        """How many rows were taken; raises OSError where another try may help, UnreadableError or RefusedError for good."""
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
            detail = f"{answer.status}: {said[:300].decode('utf-8', 'replace')}"
            is_about_body = answer.status == 400 and answer.headers.get_content_type() == "application/problem+json"
            raise UnreadableError(detail) if is_about_body else RefusedError(detail)
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
    read_through: Place | None = None

    def run(self, *, follow: bool) -> int:
        """Ships what is there, then waits for more if asked; the number of rows that were taken."""
        taken = 0
        while not self.is_told_to_stop():
            sent = sum(
                self._ship(file, place, last_line=is_done or not follow) for file, place, is_done in self._files()
            )
            taken += sent
            if not follow:
                break
            if not sent:
                self.sleep(WAIT_SECONDS)
        return taken

    def _files(self) -> Iterator[tuple[BinaryIO, Place, bool]]:
        """The file we were in, should it have been rotated away, those rotated since, and the one at the path.

        Each comes with where to go on in it, and whether one is done with it: whoever writes goes on in the old file
        until it opens the new one, so the new one waits until something is in it.
        """
        place = self._place()
        if place.inode and not self._is_at_path(place) and place != self.read_through:
            old = self._rotated(place)
            if old is None:
                self.say(_("The file that was read last is gone; what it held beyond that is lost."))
            elif not self._has_something() and not _is_packed(old):
                with old.open("rb") as file:
                    yield file, place, False
                return
            else:
                yield from self._rotated_since(old, place)
            self.read_through = self._place()
        with suppress(FileNotFoundError), self.path.open("rb") as file:
            yield file, self._place_in(file), False

    def _rotated_since(self, old: Path, place: Place) -> Iterator[tuple[BinaryIO, Place, bool]]:
        """The old file to its end, packed or not, and all that were rotated after it, the oldest first."""
        written = old.stat().st_mtime
        if not _is_packed(old):
            self.sleep(WAIT_SECONDS)
        with _opened(old) as file:
            yield file, place, True
        newer = [path for path in self._siblings() if path != old and path.stat().st_mtime > written]
        for path in sorted(newer, key=lambda path: path.stat().st_mtime):
            with _opened(path) as file:
                yield file, _start_of(file, path.stat().st_ino), True

    def _has_something(self) -> bool:
        try:
            return self.path.stat().st_size > 0
        except FileNotFoundError:
            return False

    def _is_at_path(self, place: Place) -> bool:
        try:
            with self.path.open("rb") as file:
                return _is_in(place, file)
        except FileNotFoundError:
            return False

    def _siblings(self) -> list[Path]:
        """What rotation made of the file: `access.log.1`, `access.log-20260528.gz`."""
        begins = len(self.path.name)
        found = self.path.parent.glob(f"{self.path.name}*")
        return sorted(path for path in found if _ROTATED.fullmatch(path.name[begins:]))

    def _rotated(self, place: Place) -> Path | None:
        """The file we were in under its new name, packed or copied: it begins alike, and an inode alone may be used anew."""
        for path in self._siblings():
            with suppress(OSError, EOFError, lzma.LZMAError), _opened(path) as file:
                if _hash(file, place.length) == place.beginning:
                    return path
        return None

    def _ship(self, file: BinaryIO, place: Place, *, last_line: bool) -> int:
        taken = 0
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
        place = self._place()
        return place if _is_in(place, file) else _start_of(file, os.fstat(file.fileno()).st_ino)

    def _send(self, body: bytes, *, name: str) -> int | None:
        """Tries until the batch is taken, or leaves it out with a word; None where we are told to stop before."""
        wait = WAIT_SECONDS
        while not self.is_told_to_stop():
            try:
                return self.target.send(body, name=name)
            except UnreadableError as error:
                told = {"bytes": len(body), "error": error}
                self.say(_("%(bytes)d bytes cannot be read and are left out: %(error)s") % told)
                return 0
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
    """Whole lines from where we are; a line still being written waits, unless it is too long or nobody will finish it."""
    file.seek(place.offset)
    if place.sending:
        yield file.read(place.sending)
    lines, size = list[bytes](), 0
    while line := file.readline(BYTES):
        if not line.endswith(b"\n") and len(line) < BYTES and not last_line:
            break
        if len(lines) == LINES or size + len(line) > BYTES:
            yield b"".join(lines)
            lines, size = [], 0
        lines.append(line)
        size += len(line)
    if lines:
        yield b"".join(lines)


def _is_in(place: Place, file: BinaryIO) -> bool:
    found = os.fstat(file.fileno())
    is_as_long = place.inode == found.st_ino and place.offset <= found.st_size
    return is_as_long and _hash(file, place.length) == place.beginning


def _start_of(file: BinaryIO, inode: int) -> Place:
    file.seek(0)
    length = len(file.read(_BEGINNING))
    return Place(inode, _hash(file, length), length, 0)


def _is_packed(path: Path) -> bool:
    return path.suffix in _OPENERS


def _opened(path: Path) -> BinaryIO:
    """The file's own bytes, unpacked where rotation packed it."""
    return cast("BinaryIO", _OPENERS.get(path.suffix, open)(path, "rb"))


def _hash(file: BinaryIO, length: int) -> str:
    file.seek(0)
    return hashlib.sha256(file.read(length)).hexdigest()
