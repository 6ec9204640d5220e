"""Making, changing and archiving one row of the menu or the floor, and saying so in the log.

A taken name, sku or number is the database's own word, so two requests at one instant cannot
both have it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError

from fynlo.accounts.actor import Actor
from fynlo.db import check_version
from fynlo.documents import Document
from fynlo.errors import DomainError
from fynlo.events.log import append, append_deleted
from pos.errors import NameTaken, SkuTaken, TableNumberTaken
from pos.models.archive import Archivable

_TAKEN: dict[str, tuple[type[DomainError], str]] = {
    "category_name_unique": (NameTaken, "name"),
    "floor_name_unique": (NameTaken, "name"),
    "modifier_group_name_unique": (NameTaken, "name"),
    "modifier_name_unique": (NameTaken, "modifiers"),
    "sku_unique": (SkuTaken, "sku"),
    "station_name_unique": (NameTaken, "name"),
    "table_number_unique": (TableNumberTaken, "number"),
    "tax_rate_name_unique": (NameTaken, "name"),
    "variation_name_unique": (NameTaken, "variations"),
}


@contextmanager
def naming_what_is_taken() -> Iterator[None]:
    """Raises NameTaken, SkuTaken or TableNumberTaken for the constraint that was violated."""
    try:
        yield
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        known = _TAKEN.get(getattr(diagnosis, "constraint_name", None) or "")
        if known is None:
            raise
        taken, field = known
        raise taken(field=field) from error


def stored_document(document: Document, pk: UUID) -> str:
    """The entity as it stands, archived or not."""
    return document.read(document.model._default_manager.filter(pk=pk))[0]


def make_row(document: Document, *, by: Actor, pk: UUID, fingerprint: str, **values: Any) -> None:
    """Raises NameTaken, SkuTaken or TableNumberTaken. Relations are given by id."""
    row = document.model(pk=pk, restaurant_id=by.restaurant_id, fingerprint=fingerprint)
    _set(row, values)
    with naming_what_is_taken():
        row.save(force_insert=True)


def check_row_version(document: Document, row: Archivable, expected: int | None) -> None:
    """Call while holding the row's lock. Raises VersionConflict."""
    check_version(row.version, expected, document=lambda: stored_document(document, row.pk))


def change_row(row: Archivable, values: Mapping[str, Any]) -> None:
    """Only what is given changes. Call while holding the row's lock.

    Raises NameTaken, SkuTaken or TableNumberTaken.
    """
    _set(row, values)
    row.version += 1
    with naming_what_is_taken():
        row.save()


def archive_row(document: Document, row: Archivable, *, by: Actor, now: datetime) -> None:
    """With a tombstone in the log. Call while holding the row's lock."""
    row.archived_at = now
    row.version += 1
    row.save(update_fields=["archived_at", "version"])
    append_deleted(
        kind=f"{document.name}.deleted", document=document, entity_id=row.pk, by=by, now=now
    )


def announce(document: Document, verb: str, pk: UUID, *, by: Actor, now: datetime) -> str:
    """Append the event and return the document."""
    return append(kind=f"{document.name}.{verb}", document=document, entity_id=pk, by=by, now=now)


def _set(row: Any, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, row._meta.get_field(name).attname, value)
