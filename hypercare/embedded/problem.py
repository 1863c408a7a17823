"""This module turns what hinders the services into one sentence that names the cure."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BRING_YOUR_OWN = "set DATABASE_URL and REDIS_URL to servers of your own"


class ServiceProblem(Exception):
    """Why database or broker cannot be used, as one sentence with the cure."""


@contextmanager
def explained(home: Path) -> Iterator[None]:
    """Says a full disk or a forbidden folder in one sentence; raises ServiceProblem."""
    try:
        yield
    except OSError as error:
        raise ServiceProblem(sentence_for(error, home=home)) from error


def sentence_for(error: OSError, *, home: Path) -> str:
    """The sentence for an error of the file system."""
    where = error.filename or home
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return disk_full(home)
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return f"{where} cannot be written by this user: make it writable, or set HYPERCARE_HOME to another."
        case errno.ENOTDIR | errno.EEXIST:
            return f"{where} is not a folder: move it away, or set HYPERCARE_HOME to another folder."
        case _:
            return f"{where} cannot be used ({error.strerror}): set HYPERCARE_HOME to another folder."


def disk_full(home: Path) -> str:
    """The sentence for a disk without room."""
    return f"The disk of {home} is full: free some space, or set HYPERCARE_HOME to a folder on another disk."
