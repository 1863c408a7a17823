"""This module rolls calls up into minute windows, so that late, repeated and out-of-order deliveries give the same rows.

A delivery only notes what it adds, in its own transaction; notes of many deliveries are brought into a window at once.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import psycopg
from django.db import connection, transaction
from numpy.typing import NDArray

from gateway_ingest import distinct, hour_marks, latencies, launch_minutes
from gateway_ingest.call_columns import Columns
from gateway_ingest.formats.calls import CallFlag

_MINUTE = 60_000_000
_LARGE = ("duration_sum", "input_tokens", "output_tokens", "cost")
FLAGGED = CallFlag.FILTERED | CallFlag.UNSAFE | CallFlag.BIASED | CallFlag.PRIVACY_LEAK
_RATED = {
    "flagged": FLAGGED,
    "forgot": CallFlag.FORGOT_CONTEXT,
    "helpful": CallFlag.HELPFUL,
    "unhelpful": CallFlag.UNHELPFUL,
}
_SMALL = ("calls", "errors", "unavailable", "malformed", "limited", "refused", "provider_errors", *_RATED)
SUMS = (*_LARGE, *_SMALL)
_SKETCHES = ("latencies", "first_bytes", "consumers")
_TYPES = dict.fromkeys(_LARGE, "bigint") | dict.fromkeys(_SMALL, "integer") | dict.fromkeys(_SKETCHES, "bytea")
_NAMES = ("kind_id", "at", *_TYPES)
_ARRAYS = "unnest(%b::integer[], %b::timestamptz[], " + ", ".join(f"%b::{kind}[]" for kind in _TYPES.values()) + ")"

# As many notes as one transaction brings in; with sketches that is a few MB.
_AT_ONCE = 10_000

Numbers = NDArray[np.int64]
Key = tuple[int, datetime]


@dataclass(slots=True)
class Sums:
    """One window's worth of calls."""

    sums: tuple[int, ...]
    latencies: bytes
    first_bytes: bytes
    consumers: bytes


def together(parts: Sequence[Sums]) -> Sums:
    """All of them as one, the same in whatever order they come."""
    if len(parts) == 1:
        return parts[0]
    return Sums(
        tuple(map(sum, zip(*(part.sums for part in parts), strict=True))),
        _joined(latencies.union, [part.latencies for part in parts]),
        _joined(latencies.union, [part.first_bytes for part in parts]),
        _joined(distinct.union, [part.consumers for part in parts]),
    )


def _joined(union: Callable[[Sequence[bytes]], bytes], sketches: list[bytes]) -> bytes:
    some = [each for each in sketches if each]
    return union(some) if len(some) > 1 else some[0] if some else b""


def rolled_up(columns: Columns) -> dict[Key, Sums]:
    """The windows of some calls."""
    at, kind = columns.column("at"), columns.column("kind")
    order = np.lexsort((at // _MINUTE, kind))
    minutes, kinds = (at // _MINUTE)[order], kind[order]
    starts = np.flatnonzero(np.r_[True, (np.diff(kinds) != 0) | (np.diff(minutes) != 0)])
    measures = _measures(columns, order)
    totals = [np.add.reduceat(each, starts).tolist() for each in measures]
    sketches = zip(*_sketches(columns, order, starts), strict=True)
    keys = zip(kinds[starts].tolist(), minutes[starts].tolist(), strict=True)
    return {
        (kind_id, datetime.fromtimestamp(minute * 60, UTC)): Sums(sums, *three)
        for (kind_id, minute), sums, three in zip(keys, zip(*totals, strict=True), sketches, strict=True)
    }


def _measures(columns: Columns, order: Numbers) -> list[Numbers]:
    """What is summed, in the order of the columns; what is unknown counts as nothing."""
    known = [
        np.maximum(columns.column(name)[order], 0) for name in ("duration", "input_tokens", "output_tokens", "cost")
    ]
    status, flags = columns.column("status")[order], columns.column("flags")[order]
    failed = status >= 500
    masks = (
        np.ones(len(order), dtype=np.bool_),
        failed,
        (status == 503) | (status == 504),
        (status == 400) | (status == 422),
        status == 429,
        (status == 401) | (status == 403),
        (failed | (status == 408)) & columns.is_of_provider[order],
        *(flags & int(flag) > 0 for flag in _RATED.values()),
    )
    return [*known, *(mask.astype(np.int64) for mask in masks)]


def _sketches(columns: Columns, order: Numbers, starts: Numbers) -> tuple[list[bytes], list[bytes], list[bytes]]:
    durations, firsts = columns.column("duration")[order], columns.column("first_byte")[order]
    is_timed, is_first = durations >= 0, (firsts >= 0) & columns.is_of_model[order]
    buckets, first_buckets = latencies.buckets_of(durations), latencies.buckets_of(firsts)
    consumers = columns.column("consumer")[order]
    hashes = (consumers & 0xFFFFFFFF).astype(np.uint32)
    found: tuple[list[bytes], list[bytes], list[bytes]] = ([], [], [])
    for start, end in zip(starts.tolist(), [*starts.tolist()[1:], len(order)], strict=True):
        part = slice(start, end)
        found[0].append(latencies.merged(b"", buckets[part][is_timed[part]]))
        found[1].append(latencies.merged(b"", first_buckets[part][is_first[part]]) if is_first[part].any() else b"")
        found[2].append(distinct.merged(b"", hashes[part][consumers[part] != 0]))
    return found


def of_ratings(counted: Mapping[tuple[int, datetime, int], int]) -> dict[Key, Sums]:
    """The windows of ratings that came without a call: how often these flags were given to a kind in a minute."""
    parts: dict[Key, list[Sums]] = defaultdict(list)
    for (kind, minute, flags), times in counted.items():
        sums = dict.fromkeys(SUMS, 0) | {name: times for name, flag in _RATED.items() if flags & int(flag)}
        parts[kind, minute].append(Sums(tuple(sums.values()), b"", b"", b""))
    return {key: together(found) for key, found in parts.items()}


def add(windows: dict[Key, Sums]) -> None:
    """Notes what a delivery adds to the windows, inside the caller's transaction; `fold` brings it in."""
    rows = (
        (kind, at, *(each or None for each in (*part.sums, part.latencies, part.first_bytes, part.consumers)))
        for (kind, at), part in windows.items()
    )
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(_COPY) as copy:
        copy.set_types(["integer", "timestamptz", *_TYPES.values()])
        for row in rows:
            copy.write_row(row)


def fold() -> int:
    """Brings all that deliveries noted into their windows and says how many notes that were; whoever reads calls it first.

    Several may fold at once: each takes notes that no other holds, and adds them in the transaction that removes them.
    """
    folded = 0
    while taken := _fold_some():
        folded += taken
        if taken < _AT_ONCE:
            break
    return folded


def _fold_some() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM gateway_ingest_windowpart)")
        if not cursor.fetchone()[0]:
            return 0
    with transaction.atomic(), connection.wrap_database_errors, psycopg.Cursor(_open_connection()) as cursor:
        cursor.execute(_TAKE, [_AT_ONCE], binary=True)
        parts: dict[Key, list[Sums]] = defaultdict(list)
        for row in (rows := cursor.fetchall()):
            parts[row[0], row[1]].append(_sums(row))
        if parts:
            _merge(cursor, {key: together(found) for key, found in parts.items()})
            launch_minutes.add_of_kinds(
                (kind, at, each.consumers) for (kind, at), found in parts.items() for each in found
            )
            hour_marks.mark(parts)
    return len(rows)


def _merge(cursor: "psycopg.Cursor[Any]", windows: dict[Key, Sums]) -> None:
    """New rows go in first and the others are locked after, both in one order for all, so that nobody waits in a ring."""
    keys = sorted(windows)
    # Sketches travel as bytes, not as twice as many hex digits, which Django's own cursor would make of them.
    cursor.execute(_INSERT, _arrays(keys, windows), binary=True)
    mine = set(cursor.fetchall())
    rest = [key for key in keys if key not in mine]
    if not rest:
        return
    cursor.execute(_LOCK, [[key[0] for key in rest], [key[1] for key in rest]], binary=True)
    stored = {(row[0], row[1]): _sums(row) for row in cursor.fetchall()}
    cursor.execute(_UPDATE, _arrays(rest, {key: together([stored[key], windows[key]]) for key in rest}))


def _open_connection() -> "psycopg.Connection[Any]":
    """The connection of the transaction around."""
    opened: psycopg.Connection[Any] = connection.connection
    return opened


def _sums(row: Sequence[Any]) -> Sums:
    sketches = 2 + len(SUMS)
    return Sums(tuple(each or 0 for each in row[2:sketches]), *(bytes(each or b"") for each in row[sketches:]))


def _arrays(keys: list[Key], windows: dict[Key, Sums]) -> list[Any]:
    """The columns of some windows; what is nothing is null there, which takes no room in its row."""
    rows = [windows[key] for key in keys]
    columns: Iterator[tuple[int, ...]] = zip(*(row.sums for row in rows), strict=True)
    sketches = [[row.latencies for row in rows], [row.first_bytes for row in rows], [row.consumers for row in rows]]
    values = [[each or None for each in column] for column in (*columns, *sketches)]
    return [[key[0] for key in keys], [key[1] for key in keys], *values]


_COPY = f"COPY gateway_ingest_windowpart ({', '.join(_NAMES)}) FROM STDIN (FORMAT binary)"
# As an array, which is made once: a plan may run a subquery of IN again for each row, as often as there are rows.
_TAKE = (
    "DELETE FROM gateway_ingest_windowpart WHERE id = ANY (ARRAY"  # noqa: S608 - fixed names
    "(SELECT id FROM gateway_ingest_windowpart ORDER BY id LIMIT %b FOR UPDATE SKIP LOCKED)) "
    f"RETURNING {', '.join(_NAMES)}"
)
_INSERT = (
    f"INSERT INTO gateway_ingest_window ({', '.join(_NAMES)}) SELECT * FROM {_ARRAYS} "  # noqa: S608 - fixed names
    "ON CONFLICT DO NOTHING RETURNING kind_id, at"
)
_LOCK = (
    f"SELECT {', '.join(f'stored.{name}' for name in _NAMES)} FROM gateway_ingest_window AS stored "  # noqa: S608
    "JOIN unnest(%b::integer[], %b::timestamptz[]) AS wanted (kind_id, at) "
    "ON stored.kind_id = wanted.kind_id AND stored.at = wanted.at "
    "ORDER BY stored.kind_id, stored.at FOR UPDATE OF stored"
)
_UPDATE = (
    f"UPDATE gateway_ingest_window AS stored SET {', '.join(f'{name} = new.{name}' for name in _TYPES)} "  # noqa: S608
    f"FROM {_ARRAYS} AS new ({', '.join(_NAMES)}) WHERE stored.kind_id = new.kind_id AND stored.at = new.at"
)
