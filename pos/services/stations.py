"""Stations of the kitchen. Every change empties the menu's cache after commit."""

from datetime import datetime
from typing import TypedDict, Unpack
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.db import created_before, transaction_required
from pos.choices import TicketState
from pos.documents import STATION
from pos.errors import StationInUse
from pos.models import Station
from pos.selectors.menu import lock_menu, menu_changed, products, stations
from pos.services.archivable_rows import (
    announce,
    archive_row,
    change_row,
    check_row_version,
    make_row,
    stored_document,
)


class StationFields(TypedDict, total=False):
    name: str
    position: int
    acknowledge_within_seconds: int


@transaction_required
def create_station(
    *, by: Actor, now: datetime, pk: UUID, fingerprint: str, **fields: Unpack[StationFields]
) -> tuple[str, bool]:
    """The document, and whether it is new. Raises IdConflict, NameTaken."""
    if created_before(Station, pk=pk, by=by.restaurant_id, fingerprint=fingerprint):
        return stored_document(STATION, pk), False
    lock_menu(by.restaurant_id)
    make_row(STATION, by=by, pk=pk, fingerprint=fingerprint, **fields)
    menu_changed(by.restaurant_id)
    return announce(STATION, "created", pk, by=by, now=now), True


@transaction_required
def change_station(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    expected_version: int | None,
    **fields: Unpack[StationFields],
) -> str:
    """Only what is given changes. Raises NotFound, VersionConflict, NameTaken."""
    lock_menu(by.restaurant_id)
    station = stations(by.restaurant_id).lock(by.restaurant_id, pk)
    check_row_version(STATION, station, expected_version)
    change_row(station, fields)
    menu_changed(by.restaurant_id)
    return announce(STATION, "updated", pk, by=by, now=now)


@transaction_required
def delete_station(*, by: Actor, now: datetime, pk: UUID, expected_version: int | None) -> str:
    """Raises NotFound, VersionConflict, and StationInUse while products are prepared there or
    tickets wait there."""
    lock_menu(by.restaurant_id)
    station = stations(by.restaurant_id).lock(by.restaurant_id, pk)
    check_row_version(STATION, station, expected_version)
    waiting = station.tickets.exclude(state=TicketState.COLLECTED)
    if products(by.restaurant_id).filter(station=station).exists() or waiting.exists():
        raise StationInUse
    archive_row(STATION, station, by=by, now=now)
    menu_changed(by.restaurant_id)
    return ""
