"""This module stores what deliveries say, each whole and once, any number of them in one transaction."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import ngettext

from gateway_ingest import alerts, batches, dead_letters, senders
from gateway_ingest.alert_routes import Places, Routed, routed
from gateway_ingest.formats import Headers, IncomingAlert, Reading, Unreadable
from gateway_ingest.formats.otlp_logs import Logs
from gateway_ingest.ledger import Ledger, Touched
from gateway_ingest.models import Source
from gateway_ingest.rest_of_body import items_of, only
from gateway_ingest.routing import Routing
from hypercare.core import prepared
from hypercare.core.models import Launch
from hypercare.core.problem import Problem
from hypercare.core.strict_json import JSON
from hypercare.core.timeline import Actor


@dataclass(frozen=True)
class Answer:
    """What the sender gets with 202."""

    accepted: int = 0
    duplicate: bool = False
    rejected: list[dict[str, Any]] = field(default_factory=list)
    receipts: list[str] = field(default_factory=list)
    dead_letter: str = ""
    quiet: int = 0
    waiting_ratings: int = 0
    lost_ratings: int = 0

    def as_json(self) -> dict[str, Any]:
        """The body of the answer; of logs also how many records were below a warning, and of ratings without a call."""
        if self.duplicate:
            return {"accepted": 0, "duplicate": True}
        body: dict[str, Any] = {"accepted": self.accepted, "rejected": self.rejected, "receipts": self.receipts}
        counted = {"quiet": self.quiet, "waiting_ratings": self.waiting_ratings, "lost_ratings": self.lost_ratings}
        body |= {name: number for name, number in counted.items() if number}
        return body | ({"dead_letter": self.dead_letter} if self.dead_letter else {})


@dataclass(frozen=True)
class Told:
    """A delivery that was read: what it says, and what it is called; `named` where its sender chose that name.

    `request` names the request it came by, where several are stored together; `logs` is what alerts were read from,
    `items` what a mapping found each of them in.
    """

    source: Source
    payload: JSON
    reading: Reading
    batch_id: str
    named: bool
    format_name: str
    headers: Headers
    request: str = ""
    logs: Logs | None = None
    items: list[JSON] = field(default_factory=list)


@dataclass
class _Turn:
    """One delivery in its turn: what of it each launch gets, and what came of it."""

    told: Told
    source: Source
    routed: Routed
    touched: list[Touched] = field(default_factory=list)
    duplicate: bool = False

    @property
    def good(self) -> list[IncomingAlert]:
        return [one for one in self.routed.ready if isinstance(one, IncomingAlert)]

    @property
    def rejected(self) -> list[dict[str, Any]]:
        ready = enumerate(self.routed.ready)
        return [{"index": index, "error": one.error} for index, one in ready if isinstance(one, Unreadable)]

    @property
    def batch(self) -> tuple[int, str]:
        return self.source.pk, self.told.batch_id


def store(told: Told, *, now: datetime) -> Answer:
    """Stores one delivery; raises Problem 404 for a source that was ended and 409 for a launch that is closed."""
    (answer,) = store_all([told], now=now)
    if isinstance(answer, Problem):
        raise answer
    return answer


def store_all(told: Sequence[Told], *, now: datetime) -> list[Answer | Problem]:
    """Stores deliveries in their order, all or none; the number of queries does not grow with theirs.

    Answers each in its place: a Problem where its source was ended or its launch is closed. The sources' row locks come
    first, so deliveries of one source follow one another and never cross.
    """
    prepared = [_prepared(one.reading, now=now) for one in told]
    held = {one.source.pk: one.source for one in told}
    with transaction.atomic():
        senders.lock(held.values())
        routings = Routing.of_all(list(held.values()))
        places = Places.of(((held[one.source.pk], ready) for one, ready in zip(told, prepared, strict=True)), routings)
        turns = [_turn(one, held, ready, routings, places) for one, ready in zip(told, prepared, strict=True)]
        answers = iter(_stored([turn for turn in turns if isinstance(turn, _Turn)], now=now))
        return [turn if isinstance(turn, Problem) else next(answers) for turn in turns]


def _prepared(reading: Reading, *, now: datetime) -> Reading:
    return [one if isinstance(one, Unreadable) else alerts.prepared(one, now=now) for one in reading]


def _turn(
    told: Told, held: dict[int, Source], ready: Reading, routings: dict[int, Routing], places: Places
) -> _Turn | Problem:
    source = held[told.source.pk]
    try:
        senders.refuse_ended(source)
        return _Turn(told, source, routed(source, ready, routings[source.pk], places))
    except Problem as problem:
        return problem


def _stored(turns: Sequence[_Turn], *, now: datetime) -> list[Answer]:
    if not turns:
        return []
    ledger = Ledger.of([part for turn in turns for part in turn.routed.parts], now=now)
    seen = batches.seen_of({turn.batch for turn in turns}, now=now)
    for turn in turns:
        _enter(turn, ledger, seen)
    launches: dict[int, Launch] = {
        aimed.launch_id: aimed.launch for turn in turns for aimed, _part in turn.routed.parts
    }
    numbers = alerts.write(ledger, launches)
    came = {turn.batch: _came(turn, now=now) for turn in turns if turn.good and not turn.duplicate}
    nothing_taken = [_came(turn, now=now) for turn in turns if turn.rejected and not turn.good]
    batches.keep([one for _batch, one in sorted(came.items())] + nothing_taken, now=now)
    _note_events(turns, now=now)
    return [_answer(turn, numbers, now=now) for turn in turns]


def _enter(turn: _Turn, ledger: Ledger, seen: set[tuple[int, str]]) -> None:
    """Enters what one delivery says; a batch that came before and tells no news is only a reminder."""
    named, parts = turn.told.named, turn.routed.parts
    if turn.batch in seen and (named or not any(ledger.is_news(aimed, part) for aimed, part in parts)):
        turn.duplicate = True
        for aimed, part in parts:
            ledger.remind(aimed, part, counts=not named)
        return
    actor = Actor(turn.source.name, request=turn.told.request)
    for aimed, part in parts:
        turn.touched += ledger.enter(aimed, part, actor=actor)
    if parts:
        seen.add(turn.batch)


def _came(turn: _Turn, *, now: datetime) -> batches.Came:
    good = turn.good
    name = turn.told.batch_id if good else batches.rejected_name()
    return batches.Came(turn.source.pk, name, accepted=len(good), rejected=len(turn.rejected), lag=_lag(good, now=now))


def _lag(good: list[IncomingAlert], *, now: datetime) -> int | None:
    """Milliseconds since the newest thing that the alerts tell of."""
    told = [moment for one in good if (moment := one.ends_at or one.starts_at)]
    return max(0, int((now - max(told)).total_seconds() * 1000)) if told else None


def _answer(turn: _Turn, numbers: alerts.Numbers, *, now: datetime) -> Answer:
    if turn.duplicate:
        return Answer(duplicate=True)
    rejected = turn.rejected
    return Answer(
        accepted=len(turn.good),
        rejected=rejected,
        receipts=alerts.receipts_of(turn.touched, numbers),
        dead_letter=_letter_of_rejected(turn.source, turn.told, rejected, now=now) if rejected else "",
    )


_NOTE_EVENTS = """UPDATE gateway_ingest_source AS source SET last_event_at = %s, repeats = repeats + said.repeated,
    first_event_at = CASE WHEN said.is_first THEN coalesce(first_event_at, %s) ELSE first_event_at END
FROM unnest(%s::bigint[], %s::int[], %s::bool[]) AS said(id, repeated, is_first) WHERE source.id = said.id"""


def _note_events(turns: Sequence[_Turn], *, now: datetime) -> None:
    """When each source spoke first and last, and how often it repeated itself."""
    ids = sorted({turn.source.pk for turn in turns})
    repeated = [sum(turn.duplicate for turn in turns if turn.source.pk == pk) for pk in ids]
    is_first = [any(turn.touched for turn in turns if turn.source.pk == pk) for pk in ids]
    with prepared.cursor() as cursor:
        cursor.execute(_NOTE_EVENTS, [now, now, ids, repeated, is_first])


def _letter_of_rejected(source: Source, told: Told, rejected: list[dict[str, Any]], *, now: datetime) -> str:
    """Keeps the alerts that were not taken, in their envelope; the others are in."""
    items = told.items or items_of(told.payload, len(told.reading))
    kept = only(told.payload, items, [one["index"] for one in rejected])
    reason = ngettext(
        "%(number)d alert was not taken: %(error)s",
        "%(number)d alerts were not taken; the first because: %(error)s",
        len(rejected),
    ) % {"number": len(rejected), "error": rejected[0]["error"]}
    body = json.dumps(kept, ensure_ascii=False).encode()
    letter = dead_letters.keep(source, body, reason=reason, format_name=told.format_name, headers=told.headers, now=now)
    return letter.key
