"""This module lets the event loop read the database in threads, whose connections are given up once they are broken."""

from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeVar

from channels.db import database_sync_to_async

P = ParamSpec("P")
R = TypeVar("R")


def in_a_thread(read: Callable[P, R]) -> Callable[P, Awaitable[R]]:
    """The function to await: it reads in a thread of the pool, as many at a time as the pool has threads."""
    awaited: Any = database_sync_to_async(read, thread_sensitive=False)
    return awaited  # type: ignore[no-any-return]  # channels ships no types
