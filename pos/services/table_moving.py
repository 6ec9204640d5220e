"""A party changes tables, with all that it has open."""

from datetime import datetime
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.db import transaction_required
from fynlo.documents import json_list
from fynlo.errors import NotFound, UnknownReference
from fynlo.events.log import append_all
from pos.documents import ORDER, TABLE
from pos.errors import MoveToItself, NothingToMove, TableMerged, TablesMoved
from pos.models import Table
from pos.selectors.floor import lock_tables_with, open_orders_at
from pos.services.archivable_rows import check_row_version
from pos.services.bill import OpenBill, save_order
from pos.services.bills_together import open_bills
from pos.services.tickets import announce_headers


@transaction_required
def move_table(
    *, by: Actor, now: datetime, pk: UUID, to: UUID, expected_version: int | None = None
) -> str:
    """Every open order of this table, and of those merged into it, goes to `to` (or to the table
    that it is merged into). The orders, as a page.

    Locks the orders and then the tables, each in the order of their keys; tickets, the log.
    Raises NotFound, VersionConflict, UnknownReference, TableMerged, MoveToItself, NothingToMove,
    TablesMoved (also when an order came or went while we waited).
    """
    bills = open_bills(by.restaurant_id, open_orders_at(by.restaurant_id, pk))
    tables = lock_tables_with(by.restaurant_id, [pk, to])
    if pk not in tables:
        raise NotFound
    check_row_version(TABLE, tables[pk], expected_version)
    head = _head(tables, pk, to)
    if open_orders_at(by.restaurant_id, pk) != {bill.order.pk for bill in bills}:
        raise TablesMoved
    if not bills:
        raise NothingToMove
    return _seat(bills, head, by=by, now=now)


def _head(tables: dict[UUID, Table], pk: UUID, to: UUID) -> UUID:
    if tables[pk].merged_into_id:
        raise TableMerged
    if to not in tables:
        raise UnknownReference("There is no such table.", field="to")
    head = tables[to].merged_into_id or to
    if head == pk:
        raise MoveToItself(field="to")
    return head


def _seat(bills: list[OpenBill], head: UUID, *, by: Actor, now: datetime) -> str:
    for bill in bills:
        bill.order.table_id = head
        save_order(bill, now=now)
    announce_headers(bills, by=by, now=now)
    ids = [bill.order.pk for bill in bills]
    moved = append_all(kind="order.transferred", document=ORDER, entity_ids=ids, by=by, now=now)
    return f'{{"results":{json_list(event.payload for event in moved)},"next":null}}'
