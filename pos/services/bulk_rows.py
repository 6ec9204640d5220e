"""Thousands of rows in one statement: they travel as one JSON text, which costs a fraction of
what an expression for each value does."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import orjson
from django.db import connection, models

from pos.services.shares_done import Tell, to_nobody

AT_ONCE = 2000
T = TypeVar("T")

_INSERT = (
    "INSERT INTO {table} ({columns})"
    " SELECT {columns} FROM json_populate_recordset(NULL::{table}, %s)"
)
_REWRITE = _INSERT + " ON CONFLICT (id) DO UPDATE SET {values}"


def look_up_by_index() -> None:
    """To the end of the transaction. What the planner knows of the tables is from before
    thousands of new rows came: where it expects none it would compare each with each."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")


def insert_rows(
    model: type[models.Model], rows: Iterable[models.Model], *, tell: Tell = to_nobody
) -> None:
    """As `bulk_create` does; a key that the database makes is not read back."""
    _run(_INSERT, model, rows, tell=tell)


def rewrite_rows(
    model: type[models.Model],
    rows: Iterable[models.Model],
    *,
    columns: Iterable[str],
    tell: Tell = to_nobody,
) -> None:
    """Writes these columns, by attribute (`category_id`), of rows that are there."""
    values = ", ".join(f"{_quote(name)} = EXCLUDED.{_quote(name)}" for name in columns)
    _run(_REWRITE, model, rows, values=values, tell=tell)


def in_parts(rows: Iterable[T], tell: Tell) -> Iterator[list[T]]:
    """As many at once as one statement writes; told of after each."""
    given = list(rows)
    for start in range(0, len(given), AT_ONCE):
        yield given[start : start + AT_ONCE]
        tell(min((start + AT_ONCE) / len(given), 1))


def _quote(name: str) -> str:
    return str(connection.ops.quote_name(name))


def _run(
    statement: str,
    model: type[models.Model],
    rows: Iterable[models.Model],
    *,
    tell: Tell,
    values: str = "",
) -> None:
    columns = [
        field.attname
        for field in model._meta.concrete_fields
        if not isinstance(field, models.AutoField)
    ]
    sql = statement.format(
        table=_quote(model._meta.db_table),
        columns=", ".join(_quote(name) for name in columns),
        values=values,
    )
    for part in in_parts(rows, tell):
        given: list[dict[str, Any]] = [
            {name: getattr(row, name) for name in columns} for row in part
        ]
        with connection.cursor() as cursor:
            cursor.execute(sql, [orjson.dumps(given).decode()])
