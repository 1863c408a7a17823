"""This module keeps what a home folder remembers about its services: folders, passwords and ports."""

import json
import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Place:
    """The home folder as the services see it; everything in it is for its owner's eyes."""

    home: Path

    def folder(self, name: str) -> Path:
        """A private folder of the home, made where it is missing."""
        path = self.home / name
        for each in (self.home, path):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def log(self, name: str) -> Path:
        """Where a service or a child writes its log."""
        return self.folder("logs") / f"{name}.log"

    def secret(self, name: str) -> str:
        """The password of a service, made up once and kept in a file of mode 0600."""
        path = self.folder("secrets") / name
        if not path.exists() or not path.stat().st_size:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(32))
        return path.read_text()

    def port(self, name: str) -> int | None:
        """The port a service had last."""
        try:
            return int(json.loads((self.folder("run") / f"{name}.json").read_text())["port"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def choose_port(self, name: str) -> int:
        """The port a service had last if it is free, else another, remembered."""
        last = self.port(name)
        port = last if last and is_free(last) else free_port()
        (self.folder("run") / f"{name}.json").write_text(json.dumps({"port": port}))
        return port


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def last_line(log: Path) -> str:
    """The last line of a log that tells something, for the sentence about a failure."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4096))
        lines = file.read().decode(errors="replace").splitlines()
    telling = [line for line in lines if "FATAL" in line or "PANIC" in line or "rror" in line] or lines
    return telling[-1].strip() if telling else "it said nothing"
