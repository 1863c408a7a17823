"""This module keeps one flooding source from taking what others need: a rate and a number at once for each."""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.utils.translation import gettext as _

from hypercare.core.problem import Problem

# Deliveries of one source that one process reads at the same time.
AT_ONCE = 3
_BURST_SECONDS = 10
_MAX_SOURCES = 10_000
_SAY_EVERY_SECONDS = 5.0


@dataclass
class _Share:
    left: float
    at: float
    busy: int = 0
    turned_away: int = 0
    said_at: float = float("-inf")


_shares: "OrderedDict[int, _Share]" = OrderedDict()
_guard = threading.Lock()


@dataclass
class Taken:
    """How many rows a delivery turned out to have."""

    rows: int = 0


@contextmanager
def place_of(source_id: int, *, rate: int) -> Iterator[Taken]:
    """One of a source's places for large deliveries; raises Problem 503 where all are taken."""
    with _guard:
        share = _share(source_id, rate)
        if share.busy >= AT_ONCE:
            share.turned_away += 1
            raise _later(1)
        share.busy += 1
    taken = Taken()
    try:
        yield taken
    finally:
        with _guard:
            share.busy -= 1
            share.left -= max(0, taken.rows - 1)  # the first was counted as it came in


def take(source_id: int, *, rate: int) -> None:
    """Counts one row of a source; raises Problem 503 with the seconds to wait where it has used up its share."""
    with _guard:
        share = _share(source_id, rate)
        if share.left < 0:
            share.turned_away += 1
            raise _later(min(60, 1 + int(-share.left / rate)))
        share.left -= 1


def charge(source_id: int, rows: int) -> None:
    """Counts further rows, which are in already."""
    with _guard:
        if rows > 0 and (share := _shares.get(source_id)):
            share.left -= rows


def turned_away(source_id: int) -> int:
    """How many deliveries were turned away since this was last asked; 0 again for some seconds after."""
    now = time.monotonic()
    with _guard:
        share = _shares.get(source_id)
        if share is None or not share.turned_away or now - share.said_at < _SAY_EVERY_SECONDS:
            return 0
        found, share.turned_away, share.said_at = share.turned_away, 0, now
        return found


def _share(source_id: int, rate: int) -> _Share:
    now = time.monotonic()
    share = _shares.setdefault(source_id, _Share(rate * _BURST_SECONDS, now))
    _shares.move_to_end(source_id)
    share.left = min(rate * _BURST_SECONDS, share.left + rate * (now - share.at))
    share.at = now
    while len(_shares) > _MAX_SOURCES and not next(iter(_shares.values())).busy:
        _shares.popitem(last=False)
    return share


def _later(seconds: int) -> Problem:
    return Problem(503, _("This source sends more than its share; send it again later."), retry_after=seconds)
