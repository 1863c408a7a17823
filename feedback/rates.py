"""This module counts what comes in through public doors, per door and per address, with or without the broker."""

import ipaddress
import logging
import threading
import time
from collections import Counter
from datetime import datetime

import redis
from django.conf import settings
from django.db import connection
from django.http import HttpRequest

from hypercare.core.addresses import address_of
from hypercare.core.secrets import derived

log = logging.getLogger(__name__)

WINDOW_SECONDS = 60
_BROKER_LIMIT_SECONDS = 0.1
_QUIET_SECONDS = 5.0


class Tally:
    """Counts by name within one window: in the broker for all processes, in this process while the broker is away."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._window = 0
        self._counts: Counter[str] = Counter()
        self._broker: redis.Redis | None = None
        self._quiet_until = 0.0

    def count(self, names: list[str], *, window: int) -> list[int]:
        """Adds one to each name and says how many that makes."""
        if time.monotonic() >= self._quiet_until:
            try:
                return self._in_broker(names, window=window)
            except redis.RedisError as error:
                log.warning("broker not reachable, rates are counted here: %s", type(error).__name__)
                self._quiet_until = time.monotonic() + _QUIET_SECONDS
        return self._here(names, window=window)

    def _in_broker(self, names: list[str], *, window: int) -> list[int]:
        if self._broker is None:
            limit = _BROKER_LIMIT_SECONDS
            self._broker = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=limit, socket_connect_timeout=limit)
        home = connection.settings_dict["NAME"]
        pipeline = self._broker.pipeline(transaction=False)
        for name in names:
            key = f"hc:rate:{home}:{name}:{window}"
            pipeline.incr(key)
            pipeline.expire(key, 2 * WINDOW_SECONDS)
        return [int(answer) for answer in pipeline.execute()[::2]]

    def _here(self, names: list[str], *, window: int) -> list[int]:
        with self._lock:
            if window != self._window:
                self._window, self._counts = window, Counter()
            self._counts.update(names)
            return [self._counts[name] for name in names]


_tally = Tally()


def seconds_over(door: str, *, sender: str, now: datetime) -> int:
    """Counts one report at a door from a sender; 0 within the rates, else after how many seconds to come again."""
    window, gone = divmod(int(now.timestamp()), WINDOW_SECONDS)
    limits = [settings.REPORTS_A_MINUTE_PER_DOOR, settings.REPORTS_A_MINUTE_PER_SENDER]
    counts = _tally.count([door, f"{door}:{sender}"], window=window)
    over = any(count > limit for count, limit in zip(counts, limits, strict=True))
    return WINDOW_SECONDS - gone if over else 0


def sender_of(request: HttpRequest) -> str:
    """A name for the address a request came from that does not give the address away; one IPv6 network is one sender."""
    address = address_of(request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""))
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return derived("sender", address)
    if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped is None:
        return derived("sender", str(ipaddress.ip_network((known, 64), strict=False)))
    return derived("sender", str(known))
