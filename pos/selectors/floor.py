"""Reads of the floor: what stands where, and what goes on at each table."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from uuid import UUID

from django.db import connection
from django.db.models import Q

from pos.choices import OrderStatus
from pos.documents import FLOOR, TABLE
from pos.errors import TablesMoved
from pos.models import Floor, Order, Table
from pos.models.archive import ArchivableQuerySet


def floors(restaurant_id: UUID) -> ArchivableQuerySet[Floor]:
    return Floor.objects.live(restaurant_id)


def tables(restaurant_id: UUID, *, floor: UUID | None = None) -> ArchivableQuerySet[Table]:
    rows = Table.objects.live(restaurant_id)
    return rows.filter(floor_id=floor) if floor else rows


def lock_table(restaurant_id: UUID, pk: UUID) -> Table | None:
    """So that it is not archived while an order is put on it; None when it is not there."""
    rows = tables(restaurant_id).select_for_update(of=("self",), no_key=True)
    return rows.filter(pk=pk).first()


def has_open_orders(table: Table) -> bool:
    """Call while holding the table's lock."""
    return Order.objects.filter(table=table, status=OrderStatus.OPEN).exists()


def lock_tables_with(restaurant_id: UUID, table_ids: Collection[UUID]) -> dict[UUID, Table]:
    """Those of these tables that are there, and those merged into them, locked to the end of the
    transaction in the order of their keys.

    Raises TablesMoved when a table came to them while we waited: it is not among those locked.
    """
    named = Q(pk__in=table_ids) | Q(merged_into__in=table_ids)
    rows = tables(restaurant_id).filter(named)
    locked = rows.select_for_update(of=("self",), no_key=True).order_by("pk")
    found = {table.pk: table for table in locked}
    if set(rows.values_list("pk", flat=True)) - found.keys():
        raise TablesMoved
    return found


def open_orders_at(restaurant_id: UUID, table: UUID) -> set[UUID]:
    """Of this table and of those merged into it."""
    rows = Order.objects.for_restaurant(restaurant_id).filter(status=OrderStatus.OPEN)
    rows = rows.filter(Q(table=table) | Q(table__merged_into=table))
    return set(rows.values_list("pk", flat=True))


def has_merged_tables(table: Table) -> bool:
    """Whether others are merged into it. Call while holding the table's lock."""
    return tables(table.restaurant_id).filter(merged_into=table).exists()


def live_floors(restaurant_id: UUID, *, now: datetime) -> str:
    """All floors as a JSON array, each with its tables, each with what goes on there.

    `minutes` since the first of its open orders was opened, `due` in minor units. A table is
    `paying` once money was taken, or when everything was served. `unacknowledged` counts tickets
    that the kitchen has left unseen for too long. Tables that stand together are in one state;
    their orders, and what is due, are the head's.
    """
    with connection.cursor() as cursor:
        cursor.execute(_live_floors_sql(), {"restaurant": restaurant_id, "now": now})
        text: str = cursor.fetchone()[0]
        return text


@cache
def _live_floors_sql() -> str:
    return _LIVE_FLOORS.replace("{floor}", FLOOR.expression).replace("{table}", TABLE.expression)


_LIVE_FLOORS = """
WITH at_tables AS (
    SELECT COALESCE(own.merged_into_id, own.id) AS table_id,
        json_agg(o.id ORDER BY o.opened_at, o.id) AS orders,
        min(o.opened_at) AS since, sum(o.due) AS due,
        bool_or(o.paid > 0) OR bool_and(o.kitchen_status = 'SERVED') AS is_paying,
        sum((SELECT count(*) FROM pos_ticket k
            WHERE k.order_id = o.id AND k.state = 'NEW' AND k.alarmed_at IS NOT NULL
        )) AS unacknowledged,
        bool_or(EXISTS (
            SELECT FROM pos_orderline l
            WHERE l.order_id = o.id AND l.state NOT IN ('NEW', 'HELD', 'VOIDED')
        )) AS is_ordered
    FROM pos_order o JOIN pos_table own ON own.id = o.table_id
    WHERE o.restaurant_id = %(restaurant)s AND o.status = 'OPEN'
    GROUP BY COALESCE(own.merged_into_id, own.id)
), tables AS (
    SELECT pos_table.floor_id, json_agg(
        {table}::jsonb || jsonb_build_object(
            'state', CASE WHEN orders IS NULL THEN 'free' WHEN is_paying THEN 'paying'
                WHEN is_ordered THEN 'ordered' ELSE 'seated' END,
            'orders', CASE WHEN orders IS NULL OR merged_into_id IS NOT NULL
                THEN '[]' ELSE orders END,
            'minutes', CASE WHEN since IS NOT NULL THEN
                greatest(floor(extract(epoch FROM %(now)s - since) / 60), 0)::int END,
            'due', CASE WHEN merged_into_id IS NULL THEN COALESCE(due, 0) ELSE 0 END,
            'unacknowledged', COALESCE(unacknowledged, 0)
        ) ORDER BY length(number), number, pos_table.id) AS list
    FROM pos_table LEFT JOIN at_tables
        ON at_tables.table_id = COALESCE(pos_table.merged_into_id, pos_table.id)
    WHERE pos_table.restaurant_id = %(restaurant)s AND pos_table.archived_at IS NULL
    GROUP BY pos_table.floor_id
)
SELECT COALESCE(json_agg(
    {floor}::jsonb || jsonb_build_object('tables', COALESCE(tables.list, '[]'))
    ORDER BY pos_floor.position, pos_floor.id), '[]')::text
FROM pos_floor LEFT JOIN tables ON tables.floor_id = pos_floor.id
WHERE pos_floor.restaurant_id = %(restaurant)s AND pos_floor.archived_at IS NULL
"""
