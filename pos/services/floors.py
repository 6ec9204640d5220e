"""Floors and the tables on them."""

from datetime import datetime
from typing import TypedDict, Unpack
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.db import created_before, transaction_required
from fynlo.errors import UnknownReference
from pos.documents import FLOOR, TABLE
from pos.errors import FloorInUse, TableInUse, TableMerged
from pos.models import Floor, Table
from pos.selectors.floor import floors, has_merged_tables, has_open_orders, tables
from pos.services.archivable_rows import (
    announce,
    archive_row,
    change_row,
    check_row_version,
    make_row,
    stored_document,
)


class FloorFields(TypedDict, total=False):
    name: str
    position: int


class TableFields(TypedDict, total=False):
    """`x` and `y`: the centre, in thousandths of the floor's width and height."""

    floor: UUID
    number: str
    seats: int
    shape: str
    x: int
    y: int


@transaction_required
def create_floor(
    *, by: Actor, now: datetime, pk: UUID, fingerprint: str, **fields: Unpack[FloorFields]
) -> tuple[str, bool]:
    """The document, and whether it is new. Raises IdConflict, NameTaken."""
    if created_before(Floor, pk=pk, by=by.restaurant_id, fingerprint=fingerprint):
        return stored_document(FLOOR, pk), False
    make_row(FLOOR, by=by, pk=pk, fingerprint=fingerprint, **fields)
    return announce(FLOOR, "created", pk, by=by, now=now), True


@transaction_required
def change_floor(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    expected_version: int | None,
    **fields: Unpack[FloorFields],
) -> str:
    """Only what is given changes. Raises NotFound, VersionConflict, NameTaken."""
    floor = floors(by.restaurant_id).lock(by.restaurant_id, pk)
    check_row_version(FLOOR, floor, expected_version)
    change_row(floor, fields)
    return announce(FLOOR, "updated", pk, by=by, now=now)


@transaction_required
def delete_floor(*, by: Actor, now: datetime, pk: UUID, expected_version: int | None) -> str:
    """Raises NotFound, VersionConflict, FloorInUse."""
    floor = floors(by.restaurant_id).lock(by.restaurant_id, pk)
    check_row_version(FLOOR, floor, expected_version)
    if tables(by.restaurant_id, floor=pk).exists():
        raise FloorInUse
    archive_row(FLOOR, floor, by=by, now=now)
    return ""


@transaction_required
def create_table(
    *, by: Actor, now: datetime, pk: UUID, fingerprint: str, **fields: Unpack[TableFields]
) -> tuple[str, bool]:
    """The document, and whether it is new. Raises IdConflict, TableNumberTaken,
    UnknownReference."""
    if created_before(Table, pk=pk, by=by.restaurant_id, fingerprint=fingerprint):
        return stored_document(TABLE, pk), False
    _hold_floor(by.restaurant_id, fields)
    make_row(TABLE, by=by, pk=pk, fingerprint=fingerprint, **fields)
    return announce(TABLE, "created", pk, by=by, now=now), True


@transaction_required
def change_table(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    expected_version: int | None,
    **fields: Unpack[TableFields],
) -> str:
    """Only what is given changes.

    Raises NotFound, VersionConflict, TableNumberTaken, UnknownReference.
    """
    _hold_floor(by.restaurant_id, fields)
    table = tables(by.restaurant_id).lock(by.restaurant_id, pk)
    check_row_version(TABLE, table, expected_version)
    change_row(table, fields)
    return announce(TABLE, "updated", pk, by=by, now=now)


@transaction_required
def delete_table(*, by: Actor, now: datetime, pk: UUID, expected_version: int | None) -> str:
    """It stays on old orders. Raises NotFound, VersionConflict, TableInUse, TableMerged."""
    table = tables(by.restaurant_id).lock(by.restaurant_id, pk)
    check_row_version(TABLE, table, expected_version)
    if has_open_orders(table):
        raise TableInUse
    if has_merged_tables(table):
        raise TableMerged
    archive_row(TABLE, table, by=by, now=now)
    return ""


def _hold_floor(restaurant_id: UUID, fields: TableFields) -> None:
    """A floor cannot be deleted while a table is being put on it."""
    if "floor" in fields:
        found = floors(restaurant_id).filter(pk=fields["floor"]).select_for_update(no_key=True)
        if not found:
            raise UnknownReference(field="floor")
