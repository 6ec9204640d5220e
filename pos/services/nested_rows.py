"""Rows that live inside another one: variations of a product, modifiers of a group."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fynlo.errors import UnknownReference
from pos.models import Modifier, Variation
from pos.services.bulk_rows import insert_rows, rewrite_rows

Nested = type[Variation] | type[Modifier]
PARENTS: dict[Nested, str] = {Variation: "product_id", Modifier: "group_id"}


def replace_rows(
    model: Nested, wanted: Mapping[UUID, Sequence[Mapping[str, Any]]], *, key: str, now: datetime
) -> None:
    """Leave each parent with exactly these rows, in this order, all parents in a few statements.

    `key` (`id` or `name`) tells which stored row a given one is; the absent ones are archived.
    All are archived first and then revived, so that two rows may exchange their names.
    Call while holding the menu's lock.
    """
    parent = PARENTS[model]
    rows = model._default_manager.filter(**{f"{parent}__in": list(wanted)})
    known = {
        (getattr(row, parent), getattr(row, key)): row
        for row in rows
        if key == "id" or row.archived_at is None
    }
    rows.filter(archived_at=None).update(archived_at=now)
    made: list[Any] = []
    kept: list[Any] = []
    for parent_id, given in wanted.items():
        for position, values in enumerate(given, start=1):
            row = known.get((parent_id, values.get(key)))
            (kept if row else made).append(row := row or model(**{parent: parent_id}))
            for name, value in {**values, "position": position, "archived_at": None}.items():
                setattr(row, name, value)
    insert_rows(model, made)
    rewrite_rows(model, kept, columns=[*_COLUMNS[model], "position", "archived_at"])


_COLUMNS: dict[Nested, tuple[str, ...]] = {
    Variation: ("name", "price", "cost"),
    Modifier: ("name", "price_delta"),
}


def refuse_foreign_ids(
    model: Nested, given: Sequence[Mapping[str, Any]], *, parent_id: UUID, field: str
) -> None:
    """Raises UnknownReference when one of these ids is a row of another parent."""
    places = {row["id"]: place for place, row in enumerate(given) if "id" in row}
    rows = model._default_manager.filter(pk__in=places).exclude(**{PARENTS[model]: parent_id})
    for pk in rows.values_list("pk", flat=True):
        raise UnknownReference(field=f"{field}.{places[pk]}.id")
