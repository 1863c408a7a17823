"""This module lines up the deliveries that wait at the door of alerts, and hands them out in groups, every key in its turn."""

import asyncio
from collections import deque
from dataclasses import dataclass

from django.utils.translation import gettext as _

from gateway_ingest.receive import Delivery
from gateway_ingest.storing import Answer
from hypercare.core.problem import Problem

LARGEST_GROUP = 64
# A group of more bytes would keep the senders of small ones waiting for seconds.
LARGEST_GROUP_BYTES = 256 * 1024
MOST_WAITING = 1000
MOST_BYTES = 32 * 1024 * 1024
# One key may fill this share of the line; the rest is for the others.
SHARE_OF_ONE_KEY = 0.5

Outcome = Answer | Problem


@dataclass(frozen=True)
class Waiting:
    """A delivery that waits for its group; `in_address` tells whether its key came there or as Bearer."""

    key: str
    in_address: bool
    caller: str
    delivery: Delivery
    answered: "asyncio.Future[Outcome]"

    @property
    def size(self) -> int:
        """What it takes of the room that all share."""
        return len(self.delivery.body)


class Turns:
    """Who waits, by key, the key whose turn is next first. Not safe for threads by itself."""

    def __init__(self) -> None:
        self._of_key: dict[str, deque[Waiting]] = {}
        self._number = 0
        self._bytes = 0

    def __len__(self) -> int:
        return self._number

    def has(self, key: str) -> bool:
        """Whether deliveries of this key wait."""
        return key in self._of_key

    def join(self, waiting: Waiting) -> None:
        """Lines a delivery up; raises Problem 503 where the line is full, or its key's share of it."""
        is_flood = len(self._of_key.get(waiting.key, ())) >= MOST_WAITING * SHARE_OF_ONE_KEY
        if is_flood or self._number >= MOST_WAITING or self._bytes + waiting.size > MOST_BYTES:
            raise Problem(503, _("More comes in than can be stored at the moment; send it again."))
        self._of_key.setdefault(waiting.key, deque()).append(waiting)
        self._count(1, waiting.size)

    def group(self) -> list[Waiting]:
        """The next group: one delivery of each key, and again, until it is full. Those of one key keep their order."""
        group: list[Waiting] = []
        room = LARGEST_GROUP_BYTES
        while self._of_key and len(group) < LARGEST_GROUP:
            key, line = next(iter(self._of_key.items()))
            if group and line[0].size > room:
                break
            group.append(line.popleft())
            room -= group[-1].size
            del self._of_key[key]
            if line:
                self._of_key[key] = line
        self._count(-len(group), -sum(waiting.size for waiting in group))
        return group

    def _count(self, number: int, size: int) -> None:
        self._number += number
        self._bytes += size
