"""Rows to their tables, as many as there are in one statement for each table, and back.

Django puts a statement together anew each time, which takes longer than PostgreSQL needs for it.
These are put together once for each model, and what is written travels as one JSON text.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

import orjson
from django.db import connection, models

Model = type[models.Model]
M = TypeVar("M", bound=models.Model)


def read(model: type[M], clauses: str, *values: Any) -> list[M]:
    """As a queryset would, where a request has no part in the SQL: `clauses` follow the name of
    the table, with `%s` for each of the values."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_selection(model)} {clauses}", values)
        found = cursor.fetchall()
    names, shown = _names_and_converters(model)
    return [model.from_db(connection.alias, names, _converted(row, shown)) for row in found]


def insert(rows: Sequence[models.Model]) -> None:
    """Rows of one model, as `bulk_create` does; a key that the database makes is not read back."""
    if rows:
        _execute(_insertion(type(rows[0])), rows, stored_columns(type(rows[0])))
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def update(rows: Sequence[models.Model], columns: Collection[str]) -> None:
    """Writes these columns, by attribute (`table_id`), of rows of one model that are there."""
    if rows:
        _execute(_change(type(rows[0]), tuple(columns)), rows, ("id", *columns))


@cache
def stored_columns(model: Model) -> tuple[str, ...]:
    """By attribute; without those that PostgreSQL fills in."""
    made_there = (models.AutoField, models.GeneratedField)
    fields = model._meta.concrete_fields
    return tuple(field.attname for field in fields if not isinstance(field, made_there))


@cache
def _selection(model: Model) -> str:
    columns = _quoted(str(field.column) for field in model._meta.concrete_fields)
    return f"SELECT {columns} FROM {_quote(model._meta.db_table)}"  # noqa: S608


@cache
def _names_and_converters(model: Model) -> tuple[list[str], list[tuple[int, Any]]]:
    """What a field makes of the value in its column, by its place."""
    fields = model._meta.concrete_fields
    shown = [(n, show) for n, f in enumerate(fields) for show in f.get_db_converters(connection)]
    return [field.attname for field in fields], shown


def _converted(row: tuple[Any, ...], shown: list[tuple[int, Any]]) -> list[Any]:
    values = list(row)
    for place, show in shown:
        values[place] = show(values[place], None, connection)
    return values


@cache
def _insertion(model: Model) -> str:
    table, columns = _quote(model._meta.db_table), _quoted(stored_columns(model))
    return (
        f"INSERT INTO {table} ({columns}) SELECT {columns}"  # noqa: S608
        f" FROM jsonb_populate_recordset(NULL::{table}, %s)"
    )


@cache
def _change(model: Model, columns: tuple[str, ...]) -> str:
    table = _quote(model._meta.db_table)
    values = ", ".join(f"{_quote(name)} = given.{_quote(name)}" for name in columns)
    return (
        f"UPDATE {table} AS stored SET {values}"  # noqa: S608
        f" FROM jsonb_populate_recordset(NULL::{table}, %s) AS given WHERE stored.id = given.id"
    )


def _execute(statement: str, rows: Iterable[models.Model], columns: tuple[str, ...]) -> None:
    values = attrgetter(*columns)
    given: list[dict[str, Any]] = [dict(zip(columns, values(row), strict=True)) for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(statement, [orjson.dumps(given, default=str).decode()])


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(_quote(name) for name in names)


def _quote(name: str) -> str:
    return str(connection.ops.quote_name(name))
