"""This module commits deliveries of alerts in groups: many share a transaction, and each is answered after its commit.

Whoever waits while a group is being written makes the next group, so that nobody waits for company. A group that
fails is taken apart and stored one by one: no delivery suffers for its neighbour. Where a source is held by somebody else,
as by its own delivery of ten thousand alerts, a helper waits for it, and the line goes on.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import Enum
from http import HTTPStatus

from django.db import InterfaceError, OperationalError, connection
from django.utils.translation import gettext as _
from psycopg.errors import LockNotAvailable

from gateway_ingest import admission
from gateway_ingest.admission import Caller
from gateway_ingest.models import Source
from gateway_ingest.receive import finished, read
from gateway_ingest.senders import free_of, sources_of_keys, unknown_key
from gateway_ingest.storing import Answer, Told, store_all
from gateway_ingest.turns import LARGEST_GROUP, Outcome, Turns, Waiting
from hypercare.core.problem import Problem

log = logging.getLogger(__name__)

# After so long a silence the connection is tried before it is used: the database may have been restarted.
_TRUSTED_SECONDS = 1.0
# How long whoever was just answered may take to speak again before a group goes without them.
_MOMENT_SECONDS = 0.003
# What is raised where the database does not answer.
_AWAY = (OperationalError, InterfaceError)
# Longer than any group holds a source; whoever holds it longer stores much.
_PATIENCE = "100ms"
_HELPERS = 2


class _Held(Enum):
    """Stands for the outcome of a delivery whose source somebody else holds."""

    UP = "held up"


_impatient = threading.local()


class Committer:
    """A thread that takes what waits, group by group, on a connection of its own.

    It is one thread: two were slower, since they wait for one another's turn in Python and for the same source's lock.
    Its helpers wait for what is held as long as it takes; what a key sends meanwhile follows there, to keep its order.
    """

    def __init__(self, *, clock: Callable[[], datetime], helpers: int = _HELPERS) -> None:
        self._clock = clock
        self._helpers = [Committer(clock=clock, helpers=0) for _number in range(helpers)]
        self._turns = Turns()
        self._in_hand: frozenset[str] = frozenset()
        self._more = threading.Condition()
        self._thread: threading.Thread | None = None

    def take(self, waiting: Waiting) -> None:
        """Puts a delivery into the queue; raises Problem 503 where it is full."""
        with self._more:
            self._turns.join(waiting)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="commit", daemon=True)
                self._thread.start()
            self._more.notify()

    def _run(self) -> None:
        spoke_at, answered = time.monotonic(), 0
        while True:
            group = self._next_group(answered)
            if time.monotonic() - spoke_at > _TRUSTED_SECONDS:
                connection.close_if_unusable_or_obsolete()
            self._answer(group)
            spoke_at, answered = time.monotonic(), len(group)

    def _answer(self, group: Sequence[Waiting]) -> None:
        """Tells each what became of it; those that are held up are left to a helper, in their order."""
        mine = [waiting for waiting in group if not (self._helpers and self._helper_of(waiting.key).has(waiting.key))]
        found = outcomes_of(mine, now=self._clock(), is_patient=not self._helpers) if mine else []
        known = {id(waiting): one for waiting, one in zip(mine, found, strict=True) if not isinstance(one, _Held)}
        for waiting in group:
            if id(waiting) not in known and (full := self._handed_over(waiting)):
                known[id(waiting)] = full
        pairs = [(waiting, known[id(waiting)]) for waiting in group if id(waiting) in known]
        if pairs:
            _tell(pairs)

    def _handed_over(self, waiting: Waiting) -> Problem | None:
        """Why it could not be handed over; None where it was."""
        if not self._helpers:
            return _problem_of(OperationalError("a lock was waited for in vain"))
        try:
            self._helper_of(waiting.key).take(waiting)
        except Problem as full:
            return full
        return None

    def _helper_of(self, key: str) -> "Committer":
        return self._helpers[hash(key) % len(self._helpers)]

    def has(self, key: str) -> bool:
        """Whether deliveries of this key wait here or are being stored."""
        with self._more:
            return key in self._in_hand or self._turns.has(key)

    def _next_group(self, answered: int) -> list[Waiting]:
        """What waits; so many were just answered, and one group with what they say next costs less than two."""
        with self._more:
            self._in_hand = frozenset()
            wanted = min(LARGEST_GROUP, len(self._turns) + answered)
            self._more.wait_for(lambda: len(self._turns) >= wanted, _MOMENT_SECONDS)
            self._more.wait_for(lambda: self._turns)
            group = self._turns.group()
            self._in_hand = frozenset(waiting.key for waiting in group)
            return group


def outcomes_of(group: Sequence[Waiting], *, now: datetime, is_patient: bool = True) -> list[Outcome | _Held]:
    """What becomes of each delivery of a group; never raises, so that every sender is answered.

    A connection that was lost is known only once it is used, so what fails for that is tried once more on a new one.
    """
    try:
        if not is_patient:
            _be_impatient()
        return _outcomes(group, now=now)
    except _AWAY as error:
        log.warning("the database went away and is asked once more: %s", error)
        connection.close()
    except Exception as error:  # noqa: BLE001 - a thread that ended would leave all who come after unanswered
        return [_problem_of(error)] * len(group)
    try:
        return _outcomes(group, now=now)
    except Exception as error:  # noqa: BLE001 - as above
        return [_problem_of(error)] * len(group)


def _be_impatient() -> None:
    """Lets this thread's connection wait for a lock no longer than that; it is said once for each connection."""
    connection.ensure_connection()
    if getattr(_impatient, "on", None) is not connection.connection:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [_PATIENCE])
        _impatient.on = connection.connection


def _outcomes(group: Sequence[Waiting], *, now: datetime) -> list[Outcome | _Held]:
    found = sources_of_keys({waiting.key for waiting in group}, now=now)
    said = [_read(waiting, found.get(waiting.key), now=now) for waiting in group]
    stored = iter(_stored([one for one in said if isinstance(one, Told)], now=now))
    return [
        _charged(found.get(waiting.key), next(stored) if isinstance(one, Told) else one)
        for waiting, one in zip(group, said, strict=True)
    ]


def _read(waiting: Waiting, source: Source | None, *, now: datetime) -> Told | Outcome | _Held:
    try:
        if source is None:
            return unknown_key(in_address=waiting.in_address)
        delivery = waiting.delivery
        admission.admit(source, Caller(waiting.caller, delivery.headers, delivery.body), now=now)
        return read(source, delivery, now=now)
    except Exception as error:  # noqa: BLE001 - what one delivery breaks is no matter of its neighbours
        return _Held.UP if _is_held_up(error) else _problem_of(error)


def _stored(told: Sequence[Told], *, now: datetime) -> list[Outcome | _Held]:
    if not told:
        return []
    try:
        return [_finished(one, answer, now=now) for one, answer in zip(told, store_all(told, now=now), strict=True)]
    except _AWAY as error:
        if not _is_held_up(error):
            raise
        return _stored_but_held(told, now=now)
    except Exception as error:  # noqa: BLE001 - looked at one by one
        if len(told) == 1:
            return [_problem_of(error)]
        return [outcome for one in told for outcome in _stored([one], now=now)]


def _stored_but_held(told: Sequence[Told], *, now: datetime) -> list[Outcome | _Held]:
    """Stores those whose sources nobody holds. Where all are free again, it is for something else that they would wait."""
    free = free_of({one.source.pk for one in told})
    mine = [one for one in told if one.source.pk in free]
    if len(mine) == len(told):
        return [_Held.UP] * len(told)
    stored = iter(_stored(mine, now=now))
    return [next(stored) if one.source.pk in free else _Held.UP for one in told]


def _is_held_up(error: Exception) -> bool:
    return isinstance(error.__cause__, LockNotAvailable)


def _charged(source: Source | None, outcome: Outcome | _Held) -> Outcome | _Held:
    """Counts what a delivery held beyond the one that it was let in for."""
    if source is not None and isinstance(outcome, Answer):
        admission.charge(source, outcome.accepted + len(outcome.rejected) - 1)
    return outcome


def _finished(told: Told, outcome: Outcome, *, now: datetime) -> Outcome:
    try:
        return outcome if isinstance(outcome, Problem) else finished(told, outcome, now=now)
    except Exception as error:  # noqa: BLE001 - its alerts are in; sent again it is a duplicate
        return _problem_of(error)


def _problem_of(error: Exception) -> Problem:
    """What the sender is told; a database that is gone is let go, so that the next group asks for a new connection."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, _AWAY):
        log.error("the database did not answer: %s", error)
        connection.close()
        return Problem(503, _("The alerts cannot be stored at the moment; send them again."))
    log.error("a delivery could not be stored", exc_info=error)
    detail = _(
        "Something broke on our side and is written in the log. Nothing was stored by half; send it again later."
    )
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail)


def _tell(pairs: Sequence[tuple[Waiting, Outcome]]) -> None:
    """Wakes the requests that wait, all at once, in their own thread."""
    waiting, _outcome = pairs[0]
    waiting.answered.get_loop().call_soon_threadsafe(_wake, pairs)


def _wake(pairs: Sequence[tuple[Waiting, Outcome]]) -> None:
    for waiting, outcome in pairs:
        if not waiting.answered.done():
            waiting.answered.set_result(outcome)
