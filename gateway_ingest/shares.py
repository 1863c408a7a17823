"""This module keeps one flooding source from taking what others need: a rate and a number at once for each."""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from hypercare.core.problem import Problem

# Deliveries of one source that one process reads at the same time.
AT_ONCE = 3
_BURST_SECONDS = 10
_MAX_SOURCES = 10_000


@dataclass
class _Share:
    left: float
    at: float
    busy: int = 0


_shares: "OrderedDict[int, _Share]" = OrderedDict()
_guard = threading.Lock()


@contextmanager
def share_of(source_id: int) -> Iterator["Taken"]:
    """A place for one delivery; raises Problem 503 with the seconds to wait where the source has used up its share."""
    taken = Taken()
    _enter(source_id)
    try:
        yield taken
    finally:
        _leave(source_id, taken.rows)


@dataclass
class Taken:
    """How many rows a delivery turned out to have."""

    rows: int = 0


def _enter(source_id: int) -> None:
    rate, now = settings.CALLS_A_SECOND_PER_SOURCE, time.monotonic()
    with _guard:
        share = _shares.setdefault(source_id, _Share(rate * _BURST_SECONDS, now))
        _shares.move_to_end(source_id)
        share.left = min(rate * _BURST_SECONDS, share.left + rate * (now - share.at))
        share.at = now
        if share.left < 0 or share.busy >= AT_ONCE:
            wait = 1 if share.left >= 0 else min(60, 1 + int(-share.left / rate))
            raise Problem(503, _("This source sends more than its share; send it again later."), retry_after=wait)
        share.busy += 1
        while len(_shares) > _MAX_SOURCES and not next(iter(_shares.values())).busy:
            _shares.popitem(last=False)


def _leave(source_id: int, rows: int) -> None:
    with _guard:
        share = _shares[source_id]
        share.busy -= 1
        share.left -= rows
