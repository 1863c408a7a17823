"""This module stores what deliveries say, each whole and once, any number of them in one transaction."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import ngettext

from feedback.intake import refuse_closed
from gateway_ingest import alerts, batches, dead_letters, sources
from gateway_ingest.formats import Headers, IncomingAlert, Reading, Unreadable
from gateway_ingest.ledger import Key, Ledger
from gateway_ingest.models import Source
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

    def as_json(self) -> dict[str, Any]:
        """The body of the answer."""
        if self.duplicate:
            return {"accepted": 0, "duplicate": True}
        body = {"accepted": self.accepted, "rejected": self.rejected, "receipts": self.receipts}
        return body | ({"dead_letter": self.dead_letter} if self.dead_letter else {})


@dataclass(frozen=True)
class Told:
    """A delivery that was read: what it says, and what it is called; `named` where its sender chose that name.

    `request` names the request it came by, where several are stored together.
    """

    source: Source
    payload: JSON
    reading: Reading
    batch_id: str
    named: bool
    format_name: str
    headers: Headers
    request: str = ""


@dataclass
class _Turn:
    """One delivery in its turn: its source, and what of it is good."""

    told: Told
    source: Source
    ready: Reading
    touched: list[tuple[Key, int, int | None]] = field(default_factory=list)
    duplicate: bool = False

    @property
    def good(self) -> list[IncomingAlert]:
        return [one for one in self.ready if isinstance(one, IncomingAlert)]

    @property
    def rejected(self) -> list[dict[str, Any]]:
        return [
            {"index": index, "error": one.error} for index, one in enumerate(self.ready) if isinstance(one, Unreadable)
        ]

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
    held = {one.source.pk: one.source for one in told}
    turns = [_Turn(one, held[one.source.pk], _prepared(one.reading, now=now)) for one in told]
    with transaction.atomic():
        sources.lock(held.values())
        problems = [_problem_of(turn.source) for turn in turns]
        answers = iter(_stored([turn for turn, no in zip(turns, problems, strict=True) if no is None], now=now))
        return [problem or next(answers) for problem in problems]


def _prepared(reading: Reading, *, now: datetime) -> Reading:
    return [one if isinstance(one, Unreadable) else alerts.prepared(one, now=now) for one in reading]


def _problem_of(source: Source) -> Problem | None:
    try:
        sources.refuse_ended(source)
        refuse_closed(source.launch)
    except Problem as problem:
        return problem
    return None


def _stored(turns: Sequence[_Turn], *, now: datetime) -> list[Answer]:
    if not turns:
        return []
    ledger = Ledger.of([(turn.source, turn.good) for turn in turns], now=now)
    known = batches.came_before({turn.batch for turn in turns}, now=now)
    for turn in turns:
        _enter(turn, ledger, known)
    numbers = alerts.write(ledger, {turn.source.launch_id: turn.source.launch for turn in turns})
    answers = [_answer(turn, numbers, now=now) for turn in turns]
    accepted = {turn.batch: answer.accepted for turn, answer in zip(turns, answers, strict=True) if answer.accepted}
    batches.keep([(*batch, count) for batch, count in sorted(accepted.items())], now=now)
    _note_events(turns, now=now)
    return answers


def _enter(turn: _Turn, ledger: Ledger, known: set[tuple[int, str]]) -> None:
    """Enters what one delivery says; a batch that came before and tells no news is only a reminder."""
    named, good = turn.told.named, turn.good
    if turn.batch in known and (named or not ledger.is_news(turn.source, good)):
        turn.duplicate = True
        ledger.remind(turn.source, good, counts=not named)
        return
    turn.touched = ledger.enter(turn.source, good, actor=Actor(turn.source.name, request=turn.told.request))
    if good:
        known.add(turn.batch)


def _answer(turn: _Turn, numbers: alerts.Numbers, *, now: datetime) -> Answer:
    if turn.duplicate:
        return Answer(duplicate=True)
    rejected = turn.rejected
    return Answer(
        accepted=len(turn.ready) - len(rejected),
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
    with connection.cursor() as cursor:
        cursor.execute(_NOTE_EVENTS, [now, now, ids, repeated, is_first])


def _letter_of_rejected(source: Source, told: Told, rejected: list[dict[str, Any]], *, now: datetime) -> str:
    """Keeps the alerts that were not taken, in their envelope; the others are in."""
    kept = _only(told.payload, [one["index"] for one in rejected], of=len(told.reading))
    reason = ngettext(
        "%(number)d alert was not taken: %(error)s",
        "%(number)d alerts were not taken; the first because: %(error)s",
        len(rejected),
    ) % {"number": len(rejected), "error": rejected[0]["error"]}
    body = json.dumps(kept, ensure_ascii=False).encode()
    letter = dead_letters.keep(source, body, reason=reason, format_name=told.format_name, headers=told.headers, now=now)
    return letter.key


def _only(payload: JSON, indexes: list[int], *, of: int) -> JSON:
    """The payload with only these of its alerts, where they stand in a list that we can tell."""
    if isinstance(payload, list) and len(payload) == of:
        return [payload[index] for index in indexes]
    found = payload.get("alerts") if isinstance(payload, dict) else None
    if isinstance(payload, dict) and isinstance(found, list) and len(found) == of:
        return payload | {"alerts": [found[index] for index in indexes]}
    return payload
