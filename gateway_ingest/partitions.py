"""This module makes and drops the daily partitions of the calls: a day's calls go at once, without a row touched."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql

AHEAD_DAYS = 3
_LOCK = 7305
_IDS = {"trace": "trace_id", "request": "request_id"}
_NO_ID = sql.Literal("00000000-0000-0000-0000-000000000000")
_PARENT = "gateway_ingest_call"


def name_of(day: date) -> str:
    """The partition's table, for example gateway_ingest_call_20260528."""
    return f"{_PARENT}_{day:%Y%m%d}"


def ensure(days: Iterable[date]) -> None:
    """Makes the partitions that are missing; attaching them holds up no reader and no writer."""
    for day in sorted(set(days)):
        if not _exists(day):
            _make(day)


def make_ahead(*, now: datetime) -> None:
    """Today's partition and those of the next days."""
    ensure(now.astimezone(UTC).date() + timedelta(days=number) for number in range(AHEAD_DAYS + 1))


def existing() -> list[date]:
    """The days that have a partition, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [_PARENT])
        names = [row[0] for row in cursor.fetchall()]
    return sorted(date.fromisoformat(name.rpartition("_")[2]) for name in names)


def close_before(day: date) -> int:
    """Gives the days before this one smaller indexes, which are slow to write and as quick to read; says how many days.

    Rows that come late still go in. A hash index grows by doubling and is half empty on many days; this one is full.
    """
    open_ones = [each for each in existing() if each < day and _has_index(f"{name_of(each)}_trace")]
    for each in open_ones:
        name = name_of(each)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '5s'")
            for short, column in _IDS.items():
                _index(cursor, name, f"{short}_closed", column, sql.SQL("btree (uuid_hash({}))"))
                cursor.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(f"{name}_{short}")))
            cursor.execute(sql.SQL("REINDEX TABLE {}").format(sql.Identifier(name)))
    return len(open_ones)


def _index(cursor: CursorWrapper, table: str, short: str, column: str, method: sql.SQL) -> None:
    parts = [sql.Identifier(f"{table}_{short}"), sql.Identifier(table), method.format(sql.Identifier(column))]
    cursor.execute(
        sql.SQL("CREATE INDEX {} ON {} USING {} WHERE {} <> {}").format(*parts, sql.Identifier(column), _NO_ID)
    )


def _has_index(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_class WHERE relname = %s AND relkind = 'i')", [name])
        return bool(cursor.fetchone()[0])


def drop_before(day: date) -> int:
    """Drops the partitions of all days before this one; says how many."""
    old = [each for each in existing() if each < day]
    for each in old:
        with transaction.atomic(), connection.cursor() as cursor:
            # Whoever waits for this lock holds up every call; better to try again in an hour.
            cursor.execute("SET LOCAL lock_timeout = '5s'")
            cursor.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(name_of(each))))
    return len(old)


def _exists(day: date) -> bool:
    with connection.cursor() as cursor:
        # Not to_regclass: within a transaction it may still remember that there was none.
        cursor.execute("SELECT EXISTS (SELECT FROM pg_class WHERE relname = %s AND relispartition)", [name_of(day)])
        return bool(cursor.fetchone()[0])


def _make(day: date) -> None:
    parent, name = sql.Identifier(_PARENT), sql.Identifier(name_of(day))
    begins = datetime(day.year, day.month, day.day, tzinfo=UTC)
    bounds = [sql.Literal(moment.isoformat()) for moment in (begins, begins + timedelta(days=1))]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        if _exists(day):
            return
        cursor.execute(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING DEFAULTS)").format(name, parent))
        for short, column in _IDS.items():
            _index(cursor, name_of(day), short, column, sql.SQL("hash ({})"))
        cursor.execute(
            sql.SQL("ALTER TABLE {} ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(parent, name, *bounds)
        )
