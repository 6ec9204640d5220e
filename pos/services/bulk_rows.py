"""Thousands of rows in one statement: they travel as one JSON text, which costs a fraction of
what an expression for each value does."""

from collections.abc import Iterable
from typing import Any

import orjson
from django.db import connection, models

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


def insert_rows(model: type[models.Model], rows: Iterable[models.Model]) -> None:
    """As `bulk_create` does; a key that the database makes is not read back."""
    _run(_INSERT, model, rows)


def rewrite_rows(
    model: type[models.Model], rows: Iterable[models.Model], *, columns: Iterable[str]
) -> None:
    """Writes these columns, by attribute (`category_id`), of rows that are there."""
    values = ", ".join(f"{_quote(name)} = EXCLUDED.{_quote(name)}" for name in columns)
    _run(_REWRITE, model, rows, values=values)


def _quote(name: str) -> str:
    return str(connection.ops.quote_name(name))


def _run(
    statement: str, model: type[models.Model], rows: Iterable[models.Model], *, values: str = ""
) -> None:
    columns = [
        field.attname
        for field in model._meta.concrete_fields
        if not isinstance(field, models.AutoField)
    ]
    given: list[dict[str, Any]] = [{name: getattr(row, name) for name in columns} for row in rows]
    if not given:
        return
    sql = statement.format(
        table=_quote(model._meta.db_table),
        columns=", ".join(_quote(name) for name in columns),
        values=values,
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [orjson.dumps(given).decode()])
