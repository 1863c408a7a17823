"""This module writes many rows of a table by one statement with one parameter, where machines speak too fast for more.

The rows travel as one JSON text, which costs Python a tenth of a parameter for each value of each row; the database
gives each column its type. Constraints and defaults of the database hold as ever, signals of models are not sent.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
from django.db.models import JSONField, Model
from django.db.models.options import Options
from django.utils.functional import Promise

from hypercare.core import prepared

MOST_AT_ONCE = 500

_INSERT = """INSERT INTO {table} ({columns})
SELECT {columns} FROM json_populate_recordset(NULL::{table}, %s::json) {conflict}"""
_SELECT = "SELECT {columns} FROM {table} WHERE {condition}"
_UPDATE = """UPDATE {table} AS stored SET {assignments}
FROM json_populate_recordset(NULL::{table}, %s::json) AS said WHERE stored.{key} = said.{key}"""
_BESIDE = "ON CONFLICT DO NOTHING"


Row = TypeVar("Row", bound=Model)


def insert(rows: Sequence[Model]) -> None:
    """Inserts all rows of one model, and gives those without a number the one they got."""
    for some in _parts(rows):
        for row, number in zip(some, _inserted(some, ""), strict=True):
            row.pk = number


def insert_new(rows: Sequence[Model]) -> set[int]:
    """Inserts the rows that contradict none that is there; says which numbers came in."""
    return {number for some in _parts(rows) for number in _inserted(some, _BESIDE)}


def add(model: type[Model], values: Sequence[Mapping[str, Any]]) -> None:
    """Inserts rows by the values of their columns, the same in each, where they contradict none that is there."""
    _add(model, values, _BESIDE)


def put(model: type[Model], values: Sequence[Mapping[str, Any]]) -> None:
    """The same where none may be there; raises IntegrityError for one that contradicts another."""
    _add(model, values, "")


def _add(model: type[Model], values: Sequence[Mapping[str, Any]], conflict: str) -> None:
    for some in _parts(values):
        statement = _insert_into(model, tuple(some[0]), conflict)
        with prepared.cursor() as cursor:
            cursor.execute(statement, [as_json(some)])


def read(model: type[Row], condition: str, parameters: Sequence[Any]) -> list[Row]:
    """The rows for which a condition in SQL holds, for statements that run too often to be put together each time."""
    columns = _columns(model)
    with prepared.cursor() as cursor:
        cursor.execute(_select_from(model, condition), parameters)
        return [model.from_db(None, columns, _converted(model, row)) for row in cursor.fetchall()]


def update(rows: Sequence[Model], columns: Iterable[str]) -> None:
    """Writes these columns of rows that are there; the caller holds a lock on them."""
    wanted = tuple(columns)
    for some in _parts(rows):
        model = type(some[0])
        change(model, [_values(row, (*wanted, _key(model))) for row in some])


def change(model: type[Model], values: Sequence[Mapping[str, Any]]) -> None:
    """The same by the values of the columns, the key's and the same others in each row."""
    for some in _parts(values):
        wanted = tuple(name for name in some[0] if name != _key(model))
        with prepared.cursor() as cursor:
            cursor.execute(_update_of(model, wanted), [as_json(some)])


Part = TypeVar("Part")


def _parts(rows: Sequence[Part]) -> Iterator[Sequence[Part]]:
    return (rows[start : start + MOST_AT_ONCE] for start in range(0, len(rows), MOST_AT_ONCE))


def _inserted(rows: Sequence[Model], conflict: str) -> list[int]:
    model, is_numbered = type(rows[0]), rows[0].pk is not None
    columns = tuple(name for name in _columns(model) if is_numbered or name != _key(model))
    statement = f"{_insert_into(model, columns, conflict)} RETURNING {_key(model)}"
    with prepared.cursor() as cursor:
        cursor.execute(statement, [as_json([_values(row, columns) for row in rows])])
        return [number for (number,) in cursor.fetchall()]


def _values(row: Model, columns: Iterable[str]) -> dict[str, Any]:
    """Columns have the names of the attributes that hold them: `launch_id`, not `launch`."""
    held = row.__dict__
    return {name: held[name] for name in columns}


def as_json(values: Sequence[Mapping[str, Any]]) -> str:
    """The rows as one JSON text."""
    return msgspec.json.encode(values, enc_hook=_plain).decode()


def _converted(model: type[Model], row: Sequence[Any]) -> list[Any]:
    """JSON comes as a text."""
    values = list(row)
    for place in _places_of_json(model):
        values[place] = None if values[place] is None else msgspec.json.decode(values[place])
    return values


def _plain(value: object) -> str:
    """What only looks like a text: one marked as safe, or one that is translated late."""
    if isinstance(value, str | Promise):
        return str(value)[:]  # a part of a marked text is a plain one
    raise TypeError(f"{type(value).__name__} cannot be written into a column")


@lru_cache
def _insert_into(model: type[Model], columns: tuple[str, ...], conflict: str) -> str:
    return _INSERT.format(table=_options(model).db_table, columns=", ".join(columns), conflict=conflict)


@lru_cache
def _select_from(model: type[Model], condition: str) -> str:
    return _SELECT.format(table=_options(model).db_table, columns=", ".join(_columns(model)), condition=condition)


@lru_cache
def _places_of_json(model: type[Model]) -> tuple[int, ...]:
    fields = _options(model).concrete_fields
    return tuple(place for place, field in enumerate(fields) if isinstance(field, JSONField))


@lru_cache
def _update_of(model: type[Model], columns: tuple[str, ...]) -> str:
    assignments = ", ".join(f"{name} = said.{name}" for name in columns)
    return _UPDATE.format(table=_options(model).db_table, assignments=assignments, key=_key(model))


@lru_cache
def _columns(model: type[Model]) -> tuple[str, ...]:
    return tuple(str(field.column) for field in _options(model).concrete_fields)


@lru_cache
def _key(model: type[Model]) -> str:
    return str(_options(model).pk.column)


def _options(model: type[Model]) -> "Options[Model]":
    return model._meta  # noqa: SLF001 - Django's documented way to a model's columns
