"""Make what is missing and change what differs, for one kind of row of the menu."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from fynlo.db import RestaurantOwned
from fynlo.events.log import Author
from pos.services.bulk_rows import insert_rows, rewrite_rows
from pos.services.shares_done import Tell, to_nobody, within

M = TypeVar("M", bound=RestaurantOwned)


@dataclass(frozen=True, slots=True)
class Merged(Generic[M]):
    """All rows by their key, and which of them are new or changed."""

    rows: Mapping[str, M]
    created: list[M]
    updated: list[M]

    def id_of(self, key: str) -> UUID | None:
        """None for the empty key."""
        return self.rows[key].pk if key else None


def merge(
    model: type[M],
    known: Mapping[str, M],
    wanted: Mapping[str, Mapping[str, Any]],
    *,
    new: Mapping[str, Mapping[str, Any]],
    by: Author,
    changed_inside: Collection[str] = (),
    tell: Tell = to_nobody,
) -> Merged[M]:
    """Give the row of every key in `wanted` those values; one that is missing is made and has
    the values in `new` as well. `changed_inside`: keys whose nested rows are about to change.

    Call while holding the menu's lock.
    """
    rows, created, updated = dict(known), [], []
    for key, values in wanted.items():
        row = rows.get(key)
        if row is None:
            row = rows[key] = model(restaurant_id=by.restaurant_id, **new[key], **values)
            created.append(row)
        elif key in changed_inside or _differs(row, values):
            _set(row, values)
            updated.append(row)
    new_part = len(created) / max(len(created) + len(updated), 1)
    insert_rows(model, created, tell=within(tell, 0, new_part))
    _next_versions(model, updated)
    columns = {name for values in wanted.values() for name in values}
    rewrite_rows(model, updated, columns=[*columns, "version"], tell=within(tell, new_part, 1))
    return Merged(rows, created, updated)


def _next_versions(model: type[M], rows: Collection[M]) -> None:
    """Locks them in the order of their keys: a sale may have moved a version since it was read."""
    if not rows:
        return
    locked = model._default_manager.select_for_update(no_key=True).order_by("pk")
    versions = dict(locked.filter(pk__in=[row.pk for row in rows]).values_list("pk", "version"))
    for row in rows:
        row.version = versions[row.pk] + 1


def _differs(row: RestaurantOwned, values: Mapping[str, Any]) -> bool:
    return any(getattr(row, name) != value for name, value in values.items())


def _set(row: RestaurantOwned, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
