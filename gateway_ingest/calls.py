"""This module stores calls and finds them again; whatever keeps traffic elsewhere one day stands behind the same Store."""

import re
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from django.db import connection, transaction
from psycopg import sql

from gateway_ingest import partitions, windows
from gateway_ingest.call_columns import COLUMNS, Columns, consumer_hash, id_bytes
from gateway_ingest.models import CallRetention, Window
from hypercare.core.models import Launch

_HEADER = b"PGCOPY\n\xff\r\n\0" + b"\0" * 8
_TRAILER = b"\xff\xff"
_NO_ID = "'00000000-0000-0000-0000-000000000000'"
_EPOCH = date(1970, 1, 1)
_CODE_BEGINS = "code:"
_CODE = re.compile(_CODE_BEGINS + "[0-9a-f]{16}")


@dataclass(frozen=True)
class Wanted:
    """Which calls to find: by exactly one of a trace, a request or a consumer, in a span where one is given.

    A consumer is known by its name, whatever that looks like, or by the code that stands in its place on lists.
    """

    trace_id: str = ""
    request_id: str = ""
    consumer: str = ""
    consumer_code: str = ""
    begins: datetime | None = None
    ends: datetime | None = None

    @classmethod
    def of_consumer(cls, asked: str) -> "Wanted":
        """What a reader asks for: the code that a list shows, else a name."""
        return cls(consumer_code=asked) if _CODE.fullmatch(asked) else cls(consumer=asked)


@dataclass(frozen=True)
class FoundCall:
    """A call as it is stored; durations in microseconds, cost in billionths, -1 where nobody said."""

    launch: str
    at: datetime
    source: str
    component: str
    method: str
    route: str
    host: str
    status: int
    duration: int
    upstream: int
    first_byte: int
    sent_bytes: int
    trace_id: str
    request_id: str
    consumer: str
    consumer_class: str
    release: str
    provider: str
    model: str
    answered_model: str
    prompt_version: str
    input_tokens: int
    output_tokens: int
    cost: int
    flags: int
    error_type: str

    @property
    def duration_ms(self) -> float | None:
        """How long it took; None where nobody said."""
        return None if self.duration < 0 else self.duration / 1000


class Store(Protocol):
    """What the rest of the product asks of traffic. `add` runs inside the caller's transaction."""

    def prepare(self, columns: Columns) -> None:
        """Makes room for the days of these calls, before the transaction."""

    def add(self, columns: Columns) -> None:
        """Stores calls and adds them to their windows."""

    def find(
        self, launches: Sequence[Launch], wanted: Wanted, *, limit: int, skip: int, now: datetime
    ) -> list[FoundCall]:
        """The newest calls of one id."""

    def kinds_of_requests(self, launch: Launch, request_ids: Sequence[str], *, now: datetime) -> dict[str, int]:
        """The kind of each request that is known."""

    def first_failures(self, launch: Launch, trace_ids: Sequence[str], *, now: datetime) -> dict[str, str]:
        """In which component each trace failed first; without those where nothing failed on a server."""

    def drop_old(self, *, now: datetime) -> int:
        """Forgets single calls beyond their launch's days; windows stay."""

    def close_days(self, *, now: datetime) -> int:
        """Makes the days that are over smaller; says how many it made so."""


class PostgresStore:
    """Calls in daily partitions, written by binary COPY; windows beside them."""

    def prepare(self, columns: Columns) -> None:
        """Makes the partitions that these calls need."""
        partitions.ensure(_EPOCH + timedelta(days=day) for day in set(columns.days().tolist()))

    def add(self, columns: Columns) -> None:
        """Copies each day's calls straight into its partition, and what they add to windows beside them."""
        days = columns.days()
        found = sorted(set(days.tolist()))
        for day in found:
            rows = columns.as_copied(None if len(found) == 1 else days == day)
            with _copy(partitions.name_of(_EPOCH + timedelta(days=day))) as copy:
                copy.write(_HEADER)
                copy.write(rows)
                copy.write(_TRAILER)
        windows.add(windows.rolled_up(columns))

    def find(
        self, launches: Sequence[Launch], wanted: Wanted, *, limit: int, skip: int, now: datetime
    ) -> list[FoundCall]:
        """By index; the kinds say whose launch a call is. A consumer's number differs from launch to launch."""
        oldest = now - timedelta(days=max(keep_days(launches).values(), default=CallRetention.DAYS))
        condition, values = _condition(wanted, launches)
        query = _FIND.replace("CONDITION", condition)
        begins, ends = max(oldest, wanted.begins or oldest), wanted.ends or now + timedelta(days=1)
        with connection.cursor() as cursor:
            cursor.execute(query, [begins, ends, [launch.pk for launch in launches], *values, limit, skip])
            return [_found(row) for row in cursor.fetchall()]

    def kinds_of_requests(self, launch: Launch, request_ids: Sequence[str], *, now: datetime) -> dict[str, int]:
        """By index, as `find` does."""
        names = {uuid.UUID(bytes=id_bytes(name)): name for name in request_ids if name}
        oldest = now - timedelta(days=keep_days([launch])[launch.pk])
        with connection.cursor() as cursor:
            cursor.execute(_KINDS_OF_REQUESTS, [list(names), list(names), oldest, launch.pk])
            return {names[number]: kind for number, kind in cursor.fetchall()}

    def first_failures(self, launch: Launch, trace_ids: Sequence[str], *, now: datetime) -> dict[str, str]:
        """By index, one statement over all traces.

        A caller waits for what it calls, so the failure that began last is the one that the others answer for.
        """
        names = {uuid.UUID(bytes=id_bytes(name.lower())): name for name in trace_ids if name}
        oldest = now - timedelta(days=keep_days([launch])[launch.pk])
        with connection.cursor() as cursor:
            cursor.execute(_FIRST_FAILURES, [list(names), list(names), oldest, launch.pk])
            return {names[number]: component for number, component in cursor.fetchall()}

    def drop_old(self, *, now: datetime) -> int:
        """Whole days go with their partitions; launches that keep less than the longest have their rows deleted."""
        kept = keep_days(Launch.objects.all())
        longest = max(kept.values(), default=CallRetention.DAYS)
        today = now.astimezone(UTC).date()
        dropped = partitions.drop_before(today - timedelta(days=longest))
        for launch, days in kept.items():
            if days < longest:
                _delete_before(launch, now.astimezone(UTC) - timedelta(days=days))
        return dropped

    def close_days(self, *, now: datetime) -> int:
        """Yesterday is left as it is, for rows that come late."""
        return partitions.close_before(now.astimezone(UTC).date() - timedelta(days=1))


STORE: Store = PostgresStore()


def keep_days(launches: Any) -> dict[int, int]:
    """How many days each launch keeps its single calls."""
    numbers = [launch.pk for launch in launches]
    own = dict(CallRetention.objects.filter(launch__in=numbers).values_list("launch_id", "keep_days"))
    return {number: own.get(number, CallRetention.DAYS) for number in numbers}


@contextmanager
def _copy(table: str) -> Iterator[Any]:
    columns = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(sql.Identifier(table), columns)
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        yield copy


def _condition(wanted: Wanted, launches: Sequence[Launch]) -> tuple[str, list[Any]]:
    if wanted.trace_id:
        return _is_id("trace_id", wanted.trace_id.lower())
    if wanted.request_id:
        return _is_id("request_id", wanted.request_id)
    if wanted.consumer_code:
        hashes = [int.from_bytes(bytes.fromhex(wanted.consumer_code[len(_CODE_BEGINS) :]), "big", signed=True)]
    else:
        hashes = [consumer_hash(wanted.consumer, launch_id=launch.pk) for launch in launches]
    return "c.consumer = ANY(%s) AND c.consumer <> 0", [hashes]


def _is_id(column: str, wanted: str) -> tuple[str, list[Any]]:
    """Days that are over are indexed by the id's hash, today by the id."""
    number = uuid.UUID(bytes=id_bytes(wanted))
    condition = f"uuid_hash(c.{column}) = uuid_hash(%s) AND c.{column} = %s AND c.{column} <> {_NO_ID}"
    return condition, [number, number]


_FIND = """
SELECT launch.slug, c.at, source.name, coalesce(component.slug, k.hint), k.method, k.route, d.host, c.status, c.duration,
    c.upstream, c.first_byte, c.sent_bytes, c.trace_id, c.request_id, c.request_name, c.consumer, k.consumer_class,
    k.release, k.provider, k.model, d.answered_model, k.prompt_version, c.input_tokens, c.output_tokens, c.cost, c.flags,
    d.error_type
FROM gateway_ingest_call c
JOIN gateway_ingest_callkind k ON k.id = c.kind
JOIN core_launch launch ON launch.id = k.launch_id
JOIN gateway_ingest_calldetail d ON d.id = c.detail
JOIN gateway_ingest_source source ON source.id = d.source_id
LEFT JOIN core_component component ON component.id = k.component_id
WHERE c.at >= %s AND c.at < %s AND k.launch_id = ANY(%s) AND CONDITION
ORDER BY c.at DESC, c.trace_id, c.request_id, c.kind LIMIT %s OFFSET %s
"""
_KINDS_OF_REQUESTS = f"""
SELECT c.request_id, c.kind FROM gateway_ingest_call c JOIN gateway_ingest_callkind k ON k.id = c.kind
WHERE uuid_hash(c.request_id) = ANY(SELECT uuid_hash(each) FROM unnest(%s::uuid[]) AS each)
    AND c.request_id = ANY(%s::uuid[]) AND c.request_id <> {_NO_ID} AND c.at >= %s AND k.launch_id = %s
"""  # noqa: S608 - a fixed id
_FIRST_FAILURES = f"""
SELECT DISTINCT ON (c.trace_id) c.trace_id, coalesce(component.slug, k.hint)
FROM gateway_ingest_call c
JOIN gateway_ingest_callkind k ON k.id = c.kind
LEFT JOIN core_component component ON component.id = k.component_id
WHERE uuid_hash(c.trace_id) = ANY(SELECT uuid_hash(each) FROM unnest(%s::uuid[]) AS each)
    AND c.trace_id = ANY(%s::uuid[]) AND c.trace_id <> {_NO_ID} AND c.at >= %s AND k.launch_id = %s AND c.status >= 500
ORDER BY c.trace_id, c.at DESC, c.duration
"""  # noqa: S608 - a fixed id


def _found(row: Sequence[Any]) -> FoundCall:
    trace, request, name, consumer = row[12:16]
    ids = (
        trace.hex if trace.int else "",
        name or (request.hex if request.int else ""),
        code_of(consumer) if consumer else "",
    )
    return FoundCall(*[*row[:12], *ids, *row[16:]])


def code_of(consumer: int) -> str:
    """What stands in the place of a consumer's name, and finds its calls."""
    return _CODE_BEGINS + consumer.to_bytes(8, "big", signed=True).hex()


def _delete_before(launch_id: int, moment: datetime) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM gateway_ingest_call WHERE at < %s AND kind IN "
            "(SELECT id FROM gateway_ingest_callkind WHERE launch_id = %s)",
            [moment, launch_id],
        )


def windows_between(launch: Launch, begins: datetime, ends: datetime) -> Any:
    """The windows of a launch in a span of time, with their kinds, the oldest first."""
    windows.fold()
    return (
        Window.objects.filter(kind__launch=launch, at__gte=begins, at__lt=ends)
        .select_related("kind__component")
        .order_by("at", "kind_id")
    )
