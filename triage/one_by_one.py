"""This module does work for many rows so that one that fails keeps no other from its turn."""

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def one_by_one(rows: Iterable[T], work: Callable[[T], object]) -> None:
    """Calls `work` for each row; raises what went wrong, all together, when every row had its turn."""
    errors = []
    for row in rows:
        try:
            work(row)
        except Exception as error:  # noqa: BLE001 - raised below, after the others had their turn
            errors.append(error)
    if errors:
        raise ExceptionGroup("some rows could not be done", errors)
