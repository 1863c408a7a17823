"""This module adds minutes up to hours once they are over, so that questions about days need not read every minute.

Whatever changes minutes leaves a mark on their hours, in its own transaction. Adding up takes the marks it sees and reads
the minutes after, so no minute is missed: what commits in between leaves a mark of its own.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from gateway_ingest import distinct, latencies, launch_minutes, windows
from gateway_ingest.models import CallKind, Hour, HourMark, HourOfLaunch
from gateway_ingest.windows import SUMS

HOUR = timedelta(hours=1)
# Deliveries of the last minutes of an hour come a little after it.
SETTLING = timedelta(minutes=5)
_HOURS_AT_ONCE = 200

_SUMS = ", ".join(f"coalesce(sum({name}), 0)::bigint" for name in SUMS)
_READ = f"""
SELECT stored.kind_id, {_SUMS}, array_agg(latencies) FILTER (WHERE latencies IS NOT NULL),
    array_agg(first_bytes) FILTER (WHERE first_bytes IS NOT NULL),
    array_agg(consumers) FILTER (WHERE consumers IS NOT NULL)
FROM unnest(%s::integer[]) AS wanted (kind_id)
CROSS JOIN LATERAL (
    SELECT * FROM gateway_ingest_window w WHERE w.kind_id = wanted.kind_id AND w.at >= %s AND w.at < %s OFFSET 0
) stored GROUP BY stored.kind_id
"""  # noqa: S608 - the names of our own columns


_READ_MINUTES = """
SELECT stored.at, array_agg(stored.consumers) FROM gateway_ingest_callkind kind
CROSS JOIN LATERAL (
    SELECT at, consumers FROM gateway_ingest_window w
    WHERE w.kind_id = kind.id AND w.at >= %s AND w.at < %s AND w.consumers IS NOT NULL AND NOT EXISTS (
        SELECT FROM gateway_ingest_minuteoflaunch known WHERE known.launch_id = kind.launch_id AND known.at = w.at
    ) OFFSET 0
) stored WHERE kind.launch_id = %s GROUP BY stored.at
"""


def add_up(*, now: datetime) -> int:
    """Adds up every marked hour that is over; returns how many hours of launches were written."""
    windows.fold()
    before = (now - SETTLING).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    written = 0
    while waiting := _waiting(before):
        for launch_id, at in waiting:
            _add_up(launch_id, at)
        written += len(waiting)
    return written


def ready(launch_id: int, begins: datetime, ends: datetime) -> list[datetime]:
    """The whole hours in a span that are added up and that no delivery has touched since."""
    rows = HourOfLaunch.objects.filter(launch_id=launch_id, at__gte=begins, at__lte=ends - HOUR)
    touched = HourMark.objects.filter(launch_id=launch_id, at__gte=begins, at__lte=ends)
    return sorted(set(rows.values_list("at", flat=True)) - set(touched.values_list("at", flat=True)))


def consumers_of(launch_id: int, whole: Sequence[datetime]) -> list[bytes]:
    """The sketch of all consumers in each of these hours."""
    rows = HourOfLaunch.objects.filter(launch_id=launch_id, at__in=whole)
    return [bytes(each) for each in rows.values_list("consumers", flat=True)]


def _waiting(before: datetime) -> list[tuple[int, datetime]]:
    marks = HourMark.objects.filter(at__lt=before).order_by("at", "launch_id").distinct()
    return list(marks.values_list("launch_id", "at")[:_HOURS_AT_ONCE])


@transaction.atomic
def _add_up(launch_id: int, at: datetime) -> None:
    with connection.cursor() as cursor:
        # Two workers that add up the same hour would write it in turn, the older one perhaps last.
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [launch_id, int(at.timestamp()) // 3600])
    HourMark.objects.filter(launch_id=launch_id, at=at).delete()
    rows = [_hour(row, at) for row in _read(launch_id, at)]
    Hour.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["kind", "at"], update_fields=[*SUMS, *_SKETCHES], batch_size=500
    )
    launch_minutes.add({(launch_id, minute): sketch for minute, sketch in _consumers_by_minute(launch_id, at).items()})
    whole = {
        "calls": sum(row.calls for row in rows),
        "consumers": launch_minutes.union(launch_minutes.consumers_between(launch_id, [(at, at + HOUR)])),
    }
    HourOfLaunch.objects.update_or_create(launch_id=launch_id, at=at, defaults=whole)


_SKETCHES = ("latencies", "first_bytes", "consumers")


def _read(launch_id: int, at: datetime) -> list[Sequence[Any]]:
    kinds = list(CallKind.objects.filter(launch_id=launch_id).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_READ, [kinds, at, at + HOUR])
        rows: list[Sequence[Any]] = cursor.fetchall()
    return rows


def _consumers_by_minute(launch_id: int, at: datetime) -> dict[datetime, bytes]:
    """Who called in the minutes whose windows are from before launches' minutes were kept."""
    with connection.cursor() as cursor:
        cursor.execute(_READ_MINUTES, [at, at + HOUR, launch_id])
        return {minute: launch_minutes.union(_as_bytes(sketches)) for minute, sketches in cursor.fetchall()}


def _hour(row: Sequence[Any], at: datetime) -> Hour:
    kind_id, *sums = row[: 1 + len(SUMS)]
    durations, firsts, consumers = (_as_bytes(each) for each in row[1 + len(SUMS) :])
    return Hour(
        kind_id=kind_id,
        at=at,
        **dict(zip(SUMS, sums, strict=True)),
        latencies=latencies.union(durations),
        first_bytes=latencies.union(firsts),
        consumers=distinct.union(consumers),
    )


def _as_bytes(sketches: Iterable[bytes] | None) -> list[bytes]:
    return [bytes(each) for each in sketches or ()]
