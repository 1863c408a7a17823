"""This module keeps a worker honest: it shows its heartbeat as a row, and works on without the broker.

Every second it looks whether the broker answers. While it does not, the sweeps run here, in this process, so an
outage of the broker delays nothing by more than a few seconds and ends without a wait for a reconnect. The heart beats
in a thread of its own, so that a long sweep is not taken for death.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable

import redis
from celery import Celery
from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection

from hypercare.core import heartbeat
from hypercare.schedule import STANDBY_TASKS

log = logging.getLogger(__name__)

BEAT_SECONDS = 3.0
LOOK_SECONDS = 1.0
AFTER_RETURN_SECONDS = 30.0
STOP_SECONDS = 1.0


class Standby:
    """Two threads of the worker process."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._lost_at: float | None = None
        self._swept_at: dict[str, float] = {}
        self._broker = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5)

    def start(self) -> None:
        """Begins to beat and to look."""
        for name, work, seconds in (("heart", self._beat, BEAT_SECONDS), ("standby", self._look, LOOK_SECONDS)):
            thread = threading.Thread(target=self._every, args=(seconds, work), name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Ends the threads and takes the heartbeat back, so that nobody counts on a worker that has gone."""
        self._ended.set()
        for thread in self._threads:
            thread.join(STOP_SECONDS)
        try:
            heartbeat.end(self._name)
        except DatabaseError:
            log.warning("the database is gone; the heartbeat of %s ages out by itself", self._name)
        finally:
            connection.close()

    def _every(self, seconds: float, work: Callable[[], None]) -> None:
        while not self._ended.is_set():
            close_old_connections()
            try:
                work()
            except Exception:  # a thread that ends would stop the heartbeat of a healthy worker
                log.exception("standby could not finish its round")
            self._ended.wait(seconds)

    def _beat(self) -> None:
        heartbeat.beat(self._name)

    def _look(self) -> None:
        if self._must_help():
            self._sweep()

    def _must_help(self) -> bool:
        """Whether the broker is away, or came back so lately that the consumer may still wait to reconnect."""
        try:
            self._broker.ping()
        except redis.RedisError:
            self._lost_at = time.monotonic()
        return self._lost_at is not None and time.monotonic() - self._lost_at < AFTER_RETURN_SECONDS

    def _sweep(self) -> None:
        for name, seconds in STANDBY_TASKS.items():
            if time.monotonic() - self._swept_at.get(name, float("-inf")) >= seconds:
                self._swept_at[name] = time.monotonic()
                self._app.tasks[name].run()
