"""This module rings the workers after a commit without ever making a request wait or fail.

A ring only saves time: the row is the queue, and a sweep finds whatever a lost ring left behind. One thread does
the talking, so a missing broker costs requests nothing; after a failure it stays silent for five seconds.
"""

import asyncio
import logging
import threading
import time
from typing import Any

from celery import current_app
from channels.layers import get_channel_layer
from django.db import transaction

log = logging.getLogger(__name__)

QUIET_SECONDS = 5.0
_TELL_LIMIT_SECONDS = 0.5


class Bell:
    """Coalesces rings of the same task and tells board groups, in one background thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending = threading.Event()
        self._tasks: set[str] = set()
        # The newest message by group and person: a second one about the same outdates the first.
        self._groups: dict[tuple[str, object], dict[str, Any]] = {}
        self._thread: threading.Thread | None = None

    def ring(self, task: str) -> None:
        """Asks a worker to run `task` soon; several rings before it goes out are one."""
        with self._lock:
            self._tasks.add(task)
        self._start()

    def tell(self, group: str, message: dict[str, Any]) -> None:
        """Sends the newest message of a group to whoever listens."""
        with self._lock:
            self._groups[group, message.get("user")] = message
        self._start()

    def _start(self) -> None:
        self._pending.set()
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="wake", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        loop = asyncio.new_event_loop()
        while True:
            self._pending.wait()
            self._pending.clear()
            with self._lock:
                tasks, self._tasks = self._tasks, set()
                groups, self._groups = self._groups, {}
            try:
                for (group, _person), message in groups.items():
                    loop.run_until_complete(_tell(group, message))
                for task in tasks:
                    current_app.send_task(task, retry=False, expires=60)
            except Exception as error:  # noqa: BLE001 - any broker failure means the same: the sweep will do it
                log.warning("broker not reachable, sweeps take over: %s", type(error).__name__)
                time.sleep(QUIET_SECONDS)
                self._keep(groups)

    def _keep(self, groups: dict[tuple[str, object], dict[str, Any]]) -> None:
        """Tells groups again what they may not have heard: no sweep would tell a socket that its rights ended."""
        with self._lock:
            self._groups = groups | self._groups
        if groups:
            self._pending.set()


async def _tell(group: str, message: dict[str, Any]) -> None:
    layer = get_channel_layer()
    await asyncio.wait_for(layer.group_send(group, message), _TELL_LIMIT_SECONDS)


bell = Bell()


def worker_after_commit(task: str) -> None:
    """Rings a worker once the surrounding transaction is committed."""
    transaction.on_commit(lambda: bell.ring(task))


def group_after_commit(group: str, message: dict[str, Any]) -> None:
    """Tells a channel group once the surrounding transaction is committed."""
    transaction.on_commit(lambda: bell.tell(group, message))
