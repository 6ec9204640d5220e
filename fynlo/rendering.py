"""Documents from rows in hand: what a batch has done is told of without reading it back.

Everywhere else PostgreSQL builds documents (`fynlo.documents`); a property test holds one against
the other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from functools import cache
from typing import Any, cast

import orjson
from django.db import models

from fynlo.batches import Parts, kept
from fynlo.clock import as_utc_text
from fynlo.documents import Document, Literal, Many, field_of, followed, stored_as

Show = Callable[[Any], Any]


def rendered(document: Document, row: models.Model, parts: Parts) -> str:
    """JSON text. `parts`: the rows of each list in the document, in their order."""
    return orjson.dumps(_object(document, row, parts)).decode()


@dataclass(frozen=True, slots=True)
class _Plan:
    """`blank` has the document's names in their order; `own` those that are columns of the row,
    by attribute, and `shown` how those of them look that JSON does not know."""

    blank: dict[str, Any]
    own: tuple[tuple[str, str], ...]
    shown: tuple[tuple[str, Show], ...]
    far: tuple[tuple[str, tuple[str, ...]], ...]
    lists: tuple[tuple[str, Document], ...]


def _object(document: Document, row: models.Model, parts: Parts) -> dict[str, Any]:
    plan = _plan(document)
    values = plan.blank.copy()
    for name, attribute in plan.own:
        values[name] = getattr(row, attribute)
    for name, show in plan.shown:
        if values[name] is not None:
            values[name] = show(values[name])
    for name, path in plan.far:
        values[name] = _reached(row, path)
    for name, nested in plan.lists:
        values[name] = [_object(nested, part, {}) for part in parts[name]]
    return values


@cache
def _plan(document: Document) -> _Plan:
    fields = document.fields
    texts = {name: source for name, source in fields.items() if isinstance(source, str)}
    own = {name: source for name, source in texts.items() if "__" not in source}
    far = {name: source for name, source in texts.items() if "__" in source}
    return _Plan(
        blank={name: _constant(source) for name, source in fields.items()},
        own=tuple((name, field_of(document.model, own[name]).attname) for name in own),
        shown=tuple((name, show) for name in own if (show := _show(document.model, own[name]))),
        far=tuple((name, tuple(source.split("__"))) for name, source in far.items()),
        lists=tuple((name, s.document) for name, s in fields.items() if isinstance(s, Many)),
    )


def _constant(source: str | Many | Literal) -> str | None:
    return source.value if isinstance(source, Literal) else None


def _show(model: type[models.Model], name: str) -> Show | None:
    column = stored_as(model, name)
    return next((show for kind, show in _SHOWN if isinstance(column, kind)), None)


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}"


_SHOWN: list[tuple[type[Any], Show]] = [
    (models.DateTimeField, as_utc_text),
    (models.DateField, date.isoformat),
    (models.TimeField, lambda value: time.strftime(value, "%H:%M")),
    (models.DecimalField, _number),
]


def _reached(row: models.Model, path: tuple[str, ...]) -> Any:
    """What is stored at the end of a path along foreign keys; None where the path breaks off."""
    *relations, last = path
    for relation in relations:
        found = _other(row, relation)
        if found is None:
            return None
        row = found
    column = field_of(type(row), last)
    show = _show(type(row), last)
    value = getattr(row, column.attname)
    return value if value is None or show is None else show(value)


def _other(row: models.Model, relation: str) -> models.Model | None:
    """The row that a foreign key points at, once for all of a batch."""
    column, target = field_of(type(row), relation), followed(type(row), relation)
    if column.is_cached(row):  # type: ignore[attr-defined]
        return cast("models.Model | None", getattr(row, relation))
    key = getattr(row, column.attname)
    if key is None:
        return None
    return kept((target, "pointed at", key), lambda: target._base_manager.get(pk=key))
