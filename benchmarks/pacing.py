"""This module sends requests at a steady pace, whether or not the answers keep up."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Answer = TypeVar("Answer")

SENDERS = 16


def at_pace(send: Callable[[int], Answer], *, a_second: float, seconds: float) -> list[Answer]:
    """Calls `send` with 0, 1, 2 ... at its moment each; a slow answer delays no later call while a sender is free."""
    count = int(a_second * seconds)
    began = time.perf_counter()
    with ThreadPoolExecutor(max_workers=SENDERS) as senders:
        waiting = []
        for number in range(count):
            time.sleep(max(0.0, began + number / a_second - time.perf_counter()))
            waiting.append(senders.submit(send, number))
        return [future.result() for future in waiting]
