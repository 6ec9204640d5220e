"""Documents once more, in Python, from model instances: what PostgreSQL builds is held to it."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import models

from fynlo.clock import as_utc_text
from fynlo.documents import Document, Literal, Many, field_of

Json = dict[str, Any] | list[Any] | str | int | float | bool | None


def render(document: Document, row: models.Model) -> dict[str, Json]:
    """The document of one stored row, as a client that parses the JSON has it."""
    return {name: _value(row, source) for name, source in document.fields.items()}


def _value(row: models.Model, source: str | Many | Literal) -> Json:
    if isinstance(source, Literal):
        return source.value
    if isinstance(source, Many):
        return _list(row, source)
    return _shown(reached(row, source.split("__")))


def _list(row: models.Model, many: Many) -> list[Json]:
    model = many.document.model
    owner = reached(row, many.on.split("__"))
    if owner is None:
        return []
    rows = model._base_manager.filter(**{many.by: owner}).order_by(*many.order_by)
    if many.where:
        condition = many.where.format(row=model._meta.db_table).replace("%", "%%")
        rows = rows.extra(where=[condition])  # noqa: S610
    if many.value:
        return [_value(nested, many.document.fields[many.value]) for nested in rows]
    return [render(many.document, nested) for nested in rows]


def reached(row: models.Model | None, path: list[str]) -> Any:
    """What is stored at the end of a path along foreign keys; None where the path breaks off."""
    if row is None:
        return None
    if len(path) == 1:
        return _stored(row, path[0])
    return reached(getattr(row, path[0]), path[1:])


def _stored(row: models.Model, name: str) -> Any:
    return getattr(row, field_of(type(row), name).attname)


def _shown(value: Any) -> Json:
    if isinstance(value, datetime):
        return as_utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value) if isinstance(value, UUID) else value
