"""This module reads figures of traffic: whole hours where they are added up, minutes elsewhere; never single calls."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
from django.db import connection

from gateway_ingest import distinct, hours, latencies, launch_minutes, windows
from gateway_ingest.evidence.signature import HOUR, Span
from gateway_ingest.latencies import Buckets
from gateway_ingest.windows import SUMS

SKETCHES = ("latencies", "first_bytes", "consumers")
# Beyond so many, two consumers may share the 32 bits that sketches know of them.
EXACT_UP_TO = 10_000
ORIGIN = datetime(2000, 1, 3, tzinfo=UTC)


@dataclass
class Figures:
    """What was counted of some calls; durations in microseconds, cost in billionths."""

    sums: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SUMS, 0))
    sketches: dict[str, list[bytes]] = field(default_factory=lambda: {name: [] for name in SKETCHES})
    first_at: datetime | None = None
    last_at: datetime | None = None

    def __getattr__(self, name: str) -> int:
        """The sums by name: `figures.calls`."""
        if name in SUMS:
            return self.sums[name]
        raise AttributeError(name)

    def add(self, other: "Figures") -> None:
        """Takes in what others counted."""
        for name in SUMS:
            self.sums[name] += other.sums[name]
        for name in SKETCHES:
            self.sketches[name] += other.sketches[name]
        self.first_at = min(filter(None, (self.first_at, other.first_at)), default=None)
        self.last_at = max(filter(None, (self.last_at, other.last_at)), default=None)

    @property
    def error_share(self) -> float | None:
        """The share of calls answered 500 and above."""
        return self.errors / self.calls if self.calls else None

    @property
    def durations(self) -> Buckets:
        """How many calls took how long."""
        return counted(self.sketches["latencies"])

    @property
    def consumers(self) -> distinct.Distinct:
        """How many different consumers."""
        return distinct_of(self.sketches["consumers"])

    def p(self, share: float) -> float | None:
        """The milliseconds that `share` of the calls did not exceed, within 1%."""
        return milliseconds(self.durations, share)

    def first_byte(self, share: float) -> float | None:
        """The milliseconds until the first byte or token that `share` of the answers did not exceed."""
        return milliseconds(counted(self.sketches["first_bytes"]), share)


def counted(sketches: Sequence[bytes]) -> Buckets:
    """The durations of several sketches together."""
    return sum((latencies.counts_of(each) for each in sketches), np.zeros(latencies.BUCKETS, dtype=np.int64))


def milliseconds(counts: Buckets, share: float) -> float | None:
    """A quantile of counted durations."""
    micros = latencies.quantile_of(counts, share)
    return None if micros is None else micros / 1000


def distinct_of(sketches: Sequence[bytes]) -> distinct.Distinct:
    """How many consumers several sketches hold: counted out while each lists its own, else by HyperLogLog."""
    held = [each for each in sketches if each]
    if all(each[0] == 0 for each in held):
        listed = [np.frombuffer(each, dtype="<u4", offset=1) for each in held]
        number = len(np.unique(np.concatenate(listed))) if listed else 0
        if number <= EXACT_UP_TO:
            return distinct.Distinct(number, 0.0)
    return distinct.count(distinct.union(held))


@dataclass(frozen=True)
class Wanted:
    """What to read: kinds by the group they are counted in, a span, and the step where points in time are wanted.

    What is not among `sums` and `sketches` stays nought.
    """

    groups: Mapping[int, int]
    span: Span
    step: timedelta | None = None
    sketches: tuple[str, ...] = ()
    sums: tuple[str, ...] = SUMS


def whole_hours(launch_id: int, span: Span, *, step: timedelta | None = None) -> list[datetime]:
    """The hours of a span that need not be read by the minute; what deliveries noted is brought in before."""
    windows.fold()
    if step and step < HOUR:
        return []
    return hours.ready(launch_id, span.begins, span.ends) if span.length >= HOUR else []


def read(
    launch_id: int, wanted: Wanted, *, whole: Sequence[datetime] | None = None
) -> dict[tuple[int, datetime | None], Figures]:
    """The figures of each group, and where a step is given of each step, that has any call."""
    if not wanted.groups:
        return {}
    if whole is None:
        whole = whole_hours(launch_id, wanted.span, step=wanted.step)
    parts = list(_between(wanted.span, whole))
    given = {
        "kinds": list(wanted.groups),
        "groups": list(wanted.groups.values()),
        "whole": whole,
        "begins": [part.begins for part in parts],
        "ends": [part.ends for part in parts],
        "step": wanted.step or timedelta(0),
        "origin": ORIGIN,
    }
    return {(row[0], row[1]): _figures(row, wanted) for row in _rows(_query(wanted), given)}


def total(
    launch_id: int,
    kinds: Iterable[int],
    span: Span,
    *,
    sketches: tuple[str, ...] = SKETCHES,
    sums: tuple[str, ...] = SUMS,
    whole: Sequence[datetime] | None = None,
) -> Figures:
    """All that was counted of some kinds in a span."""
    found = read(launch_id, Wanted(dict.fromkeys(kinds, 0), span, sketches=sketches, sums=sums), whole=whole)
    return found.get((0, None)) or Figures()


def active(launch_id: int, span: Span, *, whole: Sequence[datetime]) -> distinct.Distinct:
    """How many different consumers a launch had in a span."""
    parts = [(part.begins, part.ends) for part in _between(span, whole)]
    sketches = [*hours.consumers_of(launch_id, whole), *launch_minutes.consumers_between(launch_id, parts)]
    return distinct_of(sketches)


def _between(span: Span, whole: Sequence[datetime]) -> Iterator[Span]:
    """What of a span lies outside the whole hours."""
    begins = span.begins
    for hour in whole:
        if begins < hour:
            yield Span(begins, hour)
        begins = hour + HOUR
    if begins < span.ends:
        yield Span(begins, span.ends)


def _query(wanted: Wanted) -> str:
    bucket = "date_bin(%(step)s, at, %(origin)s)" if wanted.step else "NULL::timestamptz"
    sums = ", ".join(f"coalesce(sum({name}), 0)::bigint" for name in wanted.sums)
    lists = "".join(
        f", array_agg({name}) FILTER (WHERE {name} IS NOT NULL AND {name} <> '')" for name in wanted.sketches
    )
    columns = ", ".join(("at", *wanted.sums, *wanted.sketches))
    return f"""
    WITH wanted AS (SELECT * FROM unnest(%(kinds)s::integer[], %(groups)s::integer[]) AS named (kind_id, number))
    SELECT number, {bucket}, min(at), max(at), {sums}{lists} FROM (
        SELECT number, {columns} FROM wanted CROSS JOIN LATERAL (
            SELECT {columns} FROM gateway_ingest_hour h
            WHERE h.kind_id = wanted.kind_id AND h.at = ANY(%(whole)s::timestamptz[]) OFFSET 0
        ) hours
        UNION ALL
        SELECT number, {columns} FROM wanted
        CROSS JOIN unnest(%(begins)s::timestamptz[], %(ends)s::timestamptz[]) AS part (begins, ends)
        CROSS JOIN LATERAL (
            SELECT {columns} FROM gateway_ingest_window w
            WHERE w.kind_id = wanted.kind_id AND w.at >= part.begins AND w.at < part.ends OFFSET 0
        ) minutes
    ) counted GROUP BY 1, 2 ORDER BY 1, 2
    """  # noqa: S608 - the names of our own columns


def _rows(query: str, given: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Sketches travel as bytes, not as twice as many hex digits, which Django's own cursor would make of them."""
    connection.ensure_connection()
    opened: psycopg.Connection[Any] = connection.connection
    with connection.wrap_database_errors, psycopg.Cursor(opened) as cursor:
        cursor.execute(query.encode(), given, binary=True)
        return cursor.fetchall()


def _figures(row: Sequence[Any], wanted: Wanted) -> Figures:
    _group, _bucket, first, last, *counts = row
    found = Figures(first_at=first, last_at=last)
    number = len(wanted.sums)
    found.sums.update(zip(wanted.sums, counts[:number], strict=True))
    for name, held in zip(wanted.sketches, counts[number:], strict=True):
        found.sketches[name] = held or []
    return found
