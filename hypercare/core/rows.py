"""This module writes many rows of a table by one statement with one parameter, where machines speak too fast for more.

The rows travel as one JSON text, which costs Python a tenth of a parameter for each value of each row; the database
gives each column its type. Constraints and defaults of the database hold as ever, signals of models are not sent.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

import msgspec
from django.db import connection
from django.db.models import Model
from django.db.models.options import Options
from django.utils.functional import Promise

MOST_AT_ONCE = 500

_INSERT = """INSERT INTO {table} ({columns})
SELECT {columns} FROM json_populate_recordset(NULL::{table}, %s::json) {conflict} RETURNING {key}"""
_UPDATE = """UPDATE {table} AS stored SET {assignments}
FROM json_populate_recordset(NULL::{table}, %s::json) AS said WHERE stored.{key} = said.{key}"""
_BESIDE = "ON CONFLICT DO NOTHING"


def insert(rows: Sequence[Model]) -> None:
    """Inserts all rows of one model, and gives those without a number the one they got."""
    for some in _parts(rows):
        for row, number in zip(some, _inserted(some, ""), strict=True):
            row.pk = number


def insert_new(rows: Sequence[Model]) -> set[int]:
    """Inserts the rows that contradict none that is there; says which numbers came in."""
    return {number for some in _parts(rows) for number in _inserted(some, _BESIDE)}


def update(rows: Sequence[Model], columns: Iterable[str]) -> None:
    """Writes these columns of rows that are there; the caller holds a lock on them."""
    wanted = tuple(columns)
    for some in _parts(rows):
        model = type(some[0])
        with connection.cursor() as cursor:
            cursor.execute(_update_of(model, wanted), [_as_json(some, (*wanted, _key(model)))])


def _parts(rows: Sequence[Model]) -> Iterator[Sequence[Model]]:
    return (rows[start : start + MOST_AT_ONCE] for start in range(0, len(rows), MOST_AT_ONCE))


def _inserted(rows: Sequence[Model], conflict: str) -> list[int]:
    model = type(rows[0])
    with connection.cursor() as cursor:
        cursor.execute(_insert_into(model, rows[0].pk is not None, conflict), [_as_json(rows, _columns(model))])
        return [number for (number,) in cursor.fetchall()]


def _as_json(rows: Sequence[Model], columns: tuple[str, ...]) -> str:
    values = [{name: row.__dict__[name] for name in columns} for row in rows]
    return msgspec.json.encode(values, enc_hook=_plain).decode()


def _plain(value: object) -> str:
    """What only looks like a text: one marked as safe, or one that is translated late."""
    if isinstance(value, str | Promise):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be written into a column")


@lru_cache
def _insert_into(model: type[Model], is_numbered: bool, conflict: str) -> str:
    columns = ", ".join(name for name in _columns(model) if is_numbered or name != _key(model))
    return _INSERT.format(table=_options(model).db_table, columns=columns, conflict=conflict, key=_key(model))


@lru_cache
def _update_of(model: type[Model], columns: tuple[str, ...]) -> str:
    assignments = ", ".join(f"{name} = said.{name}" for name in columns)
    return _UPDATE.format(table=_options(model).db_table, assignments=assignments, key=_key(model))


@lru_cache
def _columns(model: type[Model]) -> tuple[str, ...]:
    """Columns have the names of the attributes that hold them: `launch_id`, not `launch`."""
    return tuple(field.column for field in _options(model).concrete_fields)


@lru_cache
def _key(model: type[Model]) -> str:
    return str(_options(model).pk.column)


def _options(model: type[Model]) -> "Options[Model]":
    return model._meta  # noqa: SLF001 - Django's documented way to a model's columns
