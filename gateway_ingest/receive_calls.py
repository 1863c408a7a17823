"""This module takes one delivery of calls: stores its good rows whole and once, and says what is wrong with the rest."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback.intake import refuse_closed
from gateway_ingest import batches, call_kinds, dead_letters, feeds, flags, routing
from gateway_ingest.call_columns import Columns, columns_of, joined
from gateway_ingest.call_rows import MAX_ROWS, Numbered, Wrong, rows_of, too_many_rows, unpacked
from gateway_ingest.calls import STORE, keep_days
from gateway_ingest.formats.calls import CALL_FORMATS, CallError, CallFormat, IncomingCall, Row, recognised
from gateway_ingest.models import Backfill, Source
from gateway_ingest.routes import route_of
from gateway_ingest.routing import Routing
from hypercare.core.problem import Problem, not_found

MAX_SAID = 1000
AHEAD = timedelta(minutes=5)
BACKFILL_DAYS = 400
_LETTER_ROWS = 20
_QUERY = re.compile(r"\?[^\s\"]*")


@dataclass(frozen=True)
class CallDelivery:
    """A request as it came: `format_name` is empty where we shall find the format of each row."""

    body: bytes
    encoding: str = ""
    format_name: str = ""
    idempotency_key: str = ""


@dataclass
class CallAnswer:
    """What the sender gets with 202; only the first 1,000 of the rejected rows are named."""

    accepted: int = 0
    duplicate: bool = False
    rejected: list[dict[str, Any]] = field(default_factory=list)
    rejected_rows: int = 0
    capped_rows: int = 0
    dead_letter: str = ""

    def as_json(self) -> dict[str, Any]:
        """The body of the answer."""
        if self.duplicate:
            return {"accepted": 0, "duplicate": True}
        body: dict[str, Any] = {"accepted": self.accepted, "rejected": self.rejected}
        if self.rejected_rows > len(self.rejected):
            body["rejected_rows"] = self.rejected_rows
        if self.capped_rows:
            detail = _("Beyond 1,000 routes of one component, further ones are counted under “other”.")
            body["capped"] = {"rows": self.capped_rows, "detail": detail}
        return body | ({"dead_letter": self.dead_letter} if self.dead_letter else {})

    def reject(self, line: int, error: str) -> None:
        """Notes one row that is not taken."""
        self.rejected_rows += 1
        if len(self.rejected) < MAX_SAID:
            self.rejected.append({"line": line, "error": error})


@dataclass(frozen=True)
class Span:
    """The times a source's rows may have, in microseconds."""

    oldest: int
    newest: int

    def check(self, call: IncomingCall) -> None:
        """Raises CallError for a row outside."""
        if call.at < self.oldest:
            raise CallError(
                _("The row is from %(at)s, older than what is kept.") % {"at": f"{call.moment:%Y-%m-%d %H:%M}"}
            )
        if call.at > self.newest:
            raise CallError(
                _("The row is from %(at)s, which is more than 5 minutes ahead; check the sender's clock.")
                % {"at": f"{call.moment:%Y-%m-%d %H:%M}"}
            )


@dataclass(frozen=True)
class Limits:
    """Which launch gets each row of a source, and what times that launch takes."""

    routing: Routing
    spans: dict[int, Span]

    @classmethod
    def of(cls, source: Source, *, now: datetime) -> "Limits":
        """What each launch keeps, or far more while the source is in backfill; raises Problem 409 for a closed launch."""
        found = Routing.of(source)
        if not found.rules:
            refuse_closed(source.launch)
        is_backfill = Backfill.objects.filter(source=source, until__gt=now).exists()
        kept = keep_days(found.launches)
        oldest = {number: now - timedelta(days=BACKFILL_DAYS if is_backfill else days) for number, days in kept.items()}
        return cls(found, {number: Span(_micros(at), _micros(now + AHEAD)) for number, at in oldest.items()})

    def check(self, call: IncomingCall) -> None:
        """Raises CallError for a row that no launch takes."""
        launch = self.routing.launch_of_call(call)
        if launch is None:
            raise CallError(routing.refusal())
        if launch.closed_at:
            raise CallError(_("%(launch)s was closed and takes nothing more.") % {"launch": launch.name})
        self.spans[launch.pk].check(call)


def receive_calls(source: Source, delivery: CallDelivery, *, now: datetime) -> CallAnswer:
    """Stores what can be stored and says of the rest why not.

    Raises Problem 400, 413 or 415 for a body that cannot be read at all, 404 for a format nobody knows, 409 for a
    closed launch.
    """
    if delivery.format_name and delivery.format_name not in CALL_FORMATS:
        detail = _("There is no call format of that name; known are: %(known)s. Leave it out and we find it.")
        raise not_found(detail % {"known": ", ".join(CALL_FORMATS)})
    batches.check_key(delivery.idempotency_key)
    with _kept_if_unreadable(source, delivery, now=now):
        known_by = batch_id_of(delivery, unpacked(delivery.body, encoding=delivery.encoding))
    if batches.came_before(source, known_by, now=now):
        return _repeated(source, now=now)
    answer, unread, limits = CallAnswer(), list[str](), Limits.of(source, now=now)
    with _kept_if_unreadable(source, delivery, now=now):
        groups = rows_of(delivery.body, encoding=delivery.encoding)
        calls = _read_all(groups, CALL_FORMATS.get(delivery.format_name), limits, answer, unread)
    answer = store_calls(source, calls, answer, to=limits.routing, batch_id=known_by, now=now)
    if unread and not answer.duplicate:
        answer.dead_letter = _letter_of(source, delivery.format_name, unread, answer, now=now)
    return answer


def store_calls(
    source: Source,
    calls: list[IncomingCall],
    answer: CallAnswer,
    *,
    batch_id: str,
    now: datetime,
    to: Routing | None = None,
) -> CallAnswer:
    """Stores checked calls as one batch: the batch, the rows and their windows in one transaction, whatever launches get.

    `to` is the routing they were checked by; without it, it is looked up, and a closed launch is Problem 409.
    """
    to = to or Limits.of(source, now=now).routing
    columns = _columns(source, calls, answer, to) if calls else None
    if columns:
        STORE.prepare(columns)
    with transaction.atomic():
        lag = max(0, _micros(now) - max(call.at for call in calls)) // 1000 if calls else None
        rejected = answer.rejected_rows
        if not batches.first_time(source, batch_id, accepted=len(calls), rejected=rejected, lag=lag, now=now):
            return _repeated(source, now=now)
        if columns:
            STORE.add(columns)
            feeds.note(source.pk, set(columns.column("kind").tolist()), now=now)
            flags.note_calls(columns, now=now)
        _note_event(source, is_first=bool(calls), now=now)
    answer.accepted = len(calls)
    return answer


def batch_id_of(delivery: CallDelivery, body: Iterable[bytes]) -> str:
    """The sender's key, or the hash of what its body unpacks to, which is not looked at where there is a key."""
    return f"calls:{batches.batch_id(delivery.idempotency_key, body)}"


@contextmanager
def _kept_if_unreadable(source: Source, delivery: CallDelivery, *, now: datetime) -> Iterator[None]:
    try:
        yield
    except Problem as problem:
        Limits.of(source, now=now)  # a closed launch takes nothing, a letter no more than calls
        name = f"calls/{delivery.format_name}"
        raise dead_letters.refused(source, b"", problem, format_name=name, now=now) from problem


def _read_all(
    groups: Iterator[list[Numbered]], known: CallFormat | None, limits: Limits, answer: CallAnswer, unread: list[str]
) -> list[IncomingCall]:
    calls: list[IncomingCall] = []
    latest = known
    for group in groups:
        for line, row in group:
            if isinstance(row, Wrong):
                answer.reject(line, row.error)
                continue
            try:
                latest = known or _format_of(row, latest)
                call = latest.read(row)
                limits.check(call)
            except CallError as wrong:
                answer.reject(line, str(wrong))
                if len(unread) < _LETTER_ROWS:
                    unread.append(_without_contents(row))
                continue
            calls.append(call)
        if len(calls) + answer.rejected_rows > MAX_ROWS:
            raise too_many_rows()
    return calls


def _format_of(row: Row, latest: CallFormat | None) -> CallFormat:
    """Rows of one body are mostly of one format, so the latest is tried first; lines of others are looked at anew."""
    if latest and (latest.has_lines if isinstance(row, str) else latest.has_objects) and latest.recognises(row):
        return latest
    found = recognised(row)
    if found is None:
        raise CallError(_("We know no format of calls that is written like this."))
    return found


def _columns(source: Source, calls: list[IncomingCall], answer: CallAnswer, to: Routing) -> Columns:
    """Kinds and hashed consumers are each launch's own; the rows go in together."""
    if not to.rules:
        groups = {source.launch: calls}
    else:
        groups = routing.grouped((launch, call) for call in calls if (launch := to.launch_of_call(call)))
    parts = [
        _part(source, launch.pk, mine[start : start + 10_000], answer)
        for launch, mine in groups.items()
        for start in range(0, len(mine), 10_000)
    ]
    return joined(parts)


def _part(source: Source, launch_id: int, calls: list[IncomingCall], answer: CallAnswer) -> Columns:
    keys = [_kind_key(call) for call in calls]
    details = [call_kinds.DetailKey(call.host, call.answered_model, call.error_type) for call in calls]
    kind_ids, capped = call_kinds.kinds_of(launch_id, set(keys))
    detail_ids = call_kinds.details_of(source.pk, set(details))
    answer.capped_rows += sum(key in capped for key in keys) if capped else 0
    return columns_of(
        calls,
        kinds=[kind_ids[key] for key in keys],
        details=[detail_ids[key] for key in details],
        launch_id=launch_id,
    )


def _kind_key(call: IncomingCall) -> call_kinds.Key:
    return call_kinds.Key(
        call.component, call.method, route_of(call.path), call.status // 100, call.release, call.consumer_class,
        call.provider, call.model, call.prompt_version, call.scheme,
        call.error_format if call.status >= 400 else "", call.error_type)  # fmt: skip


def _repeated(source: Source, *, now: datetime) -> CallAnswer:
    Source.objects.filter(pk=source.pk).update(repeats=F("repeats") + 1, last_event_at=now)
    return CallAnswer(duplicate=True)


def _note_event(source: Source, *, is_first: bool, now: datetime) -> None:
    """Says when the source was last heard, to a few seconds, so that its deliveries do not wait for one another."""
    stale = Q(last_event_at=None) | Q(last_event_at__lt=now - timedelta(seconds=5))
    if is_first and source.first_event_at is None:
        Source.objects.filter(pk=source.pk, first_event_at=None).update(first_event_at=now)
    Source.objects.filter(stale, pk=source.pk).update(last_event_at=now)


def _letter_of(source: Source, format_name: str, unread: list[str], answer: CallAnswer, *, now: datetime) -> str:
    reason = ngettext(
        "%(number)d row was not taken: %(error)s",
        "%(number)d rows were not taken; the first because: %(error)s",
        answer.rejected_rows,
    ) % {"number": answer.rejected_rows, "error": answer.rejected[0]["error"]}
    body = "\n".join(unread).encode("utf-8", "replace")
    return dead_letters.keep(source, body, reason=reason, format_name=f"calls/{format_name}", now=now).key


def _without_contents(row: Row) -> str:
    """A line without its query; of an object only the names, for its values may be bodies and headers."""
    if isinstance(row, str):
        return _QUERY.sub("?…", row[:2000])
    return "{" + ", ".join(f"{str(name)[:40]}: …" for name in list(row)[:40]) + "}"


def _micros(moment: datetime) -> int:
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))
