"""This module keeps who called a launch in each minute, beside the windows of its kinds and in their transaction."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg
from django.db import connection

from gateway_ingest import distinct

# So many are listed one by one, which takes no more room than an estimate of them would.
EXACT = 4096

# A launch's number and a minute.
Minute = tuple[int, datetime]

_LAUNCHES = "SELECT id, launch_id FROM gateway_ingest_callkind WHERE id = ANY(%b::integer[])"
_INSERT = (
    "INSERT INTO gateway_ingest_minuteoflaunch (launch_id, at, consumers) "
    "SELECT * FROM unnest(%b::bigint[], %b::timestamptz[], %b::bytea[]) ON CONFLICT DO NOTHING RETURNING launch_id, at"
)
_LOCK = (
    "SELECT stored.launch_id, stored.at, stored.consumers FROM gateway_ingest_minuteoflaunch AS stored "
    "JOIN unnest(%b::bigint[], %b::timestamptz[]) AS wanted (launch_id, at) "
    "ON stored.launch_id = wanted.launch_id AND stored.at = wanted.at "
    "ORDER BY stored.launch_id, stored.at FOR UPDATE OF stored"
)
_UPDATE = (
    "UPDATE gateway_ingest_minuteoflaunch AS stored SET consumers = new.consumers "
    "FROM unnest(%b::bigint[], %b::timestamptz[], %b::bytea[]) AS new (launch_id, at, consumers) "
    "WHERE stored.launch_id = new.launch_id AND stored.at = new.at"
)
_READ = (
    "SELECT stored.consumers FROM unnest(%b::timestamptz[], %b::timestamptz[]) AS part (begins, ends) "
    "CROSS JOIN LATERAL (SELECT consumers FROM gateway_ingest_minuteoflaunch AS minute "
    "WHERE minute.launch_id = %b AND minute.at >= part.begins AND minute.at < part.ends OFFSET 0) AS stored"
)


def add_of_kinds(sketches: Iterable[tuple[int, datetime, bytes]]) -> None:
    """Adds the consumers of kinds' minutes to those of their launches, inside the caller's transaction."""
    some = [(kind, at, sketch) for kind, at, sketch in sketches if sketch]
    if not some:
        return
    launch_of: dict[int, int] = dict(_rows(_LAUNCHES, [sorted({kind for kind, _at, _sketch in some})]))
    parts: dict[Minute, list[bytes]] = defaultdict(list)
    for kind, at, sketch in some:
        parts[launch_of[kind], at].append(sketch)
    add({minute: union(found) for minute, found in parts.items()})


def union(sketches: Sequence[bytes]) -> bytes:
    """All consumers of several sketches, listed as long as that is worth it."""
    return distinct.union(sketches, exact=EXACT)


def add(minutes: Mapping[Minute, bytes]) -> None:
    """Adds consumers to launches' minutes; the same ones again change nothing. All take the rows in one order."""
    keys = sorted(minutes)
    mine = set(_rows(_INSERT, _columns(keys, minutes)))
    rest = [key for key in keys if key not in mine]
    if not rest:
        return
    stored = {(row[0], row[1]): row[2] for row in _rows(_LOCK, _columns(rest, minutes)[:2])}
    grown = {key: union([stored[key], minutes[key]]) for key in rest}
    changed = [key for key in rest if grown[key] != stored[key]]
    if changed:
        _rows(_UPDATE, _columns(changed, grown))


def consumers_between(launch_id: int, parts: Sequence[tuple[datetime, datetime]]) -> list[bytes]:
    """The sketches of a launch's minutes in some spans."""
    found = _rows(_READ, [[begins for begins, _ends in parts], [ends for _begins, ends in parts], launch_id])
    return [row[0] for row in found]


def _columns(keys: Sequence[Minute], minutes: Mapping[Minute, bytes]) -> list[Any]:
    return [[key[0] for key in keys], [key[1] for key in keys], [minutes[key] for key in keys]]


def _rows(query: str, given: list[Any]) -> list[tuple[Any, ...]]:
    """Sketches travel as bytes, not as twice as many hex digits, which Django's own cursor would make of them."""
    connection.ensure_connection()
    opened: psycopg.Connection[Any] = connection.connection
    with connection.wrap_database_errors, psycopg.Cursor(opened) as cursor:
        cursor.execute(query.encode(), given, binary=True)
        return cursor.fetchall() if cursor.description else []
