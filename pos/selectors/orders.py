"""Reads and locks of orders."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from fynlo import rows as tables
from fynlo.errors import NotFound
from pos.documents import ORDER
from pos.models import Order, OrderDiscount, OrderLine


@dataclass(frozen=True, slots=True)
class Piece:
    """What a split asks for: a line, or so much of it."""

    line: UUID
    quantity: Decimal | None = None


def orders(restaurant_id: UUID) -> QuerySet[Order]:
    return Order.objects.for_restaurant(restaurant_id)


def filtered_orders(
    restaurant_id: UUID,
    *,
    table: UUID | None = None,
    updated_since: datetime | None = None,
    q: str = "",
    **exact: Any,
) -> QuerySet[Order]:
    """`exact`: equalities on fields of Order. `q`: an order number, a table or a piece of note.

    A table's orders are those of the tables merged into it, too.
    """
    rows = orders(restaurant_id).filter(**exact)
    rows = rows.filter(Q(table=table) | Q(table__merged_into=table)) if table else rows
    rows = rows.filter(updated_at__gte=updated_since) if updated_since else rows
    if not q:
        return rows
    found = Q(table__number__iexact=q) | Q(note__icontains=q)
    return rows.filter(found | Q(number=int(q)) if _is_number(q) else found)


def split_family(restaurant_id: UUID, order_id: UUID) -> QuerySet[Order]:
    """The order, and what was split off it, with their tables."""
    family = Q(pk=order_id) | Q(split_from=order_id)
    return orders(restaurant_id).filter(family).select_related("table")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 9


def order_document(restaurant_id: UUID, order_id: UUID) -> str:
    """The order as it stands. Raises NotFound."""
    found = ORDER.read(orders(restaurant_id).filter(pk=order_id))
    if not found:
        raise NotFound
    return found[0]


def order_to_show(restaurant_id: UUID, order_id: UUID) -> Order:
    """The order with its table. Raises NotFound."""
    return Order.objects.select_related("table").one(restaurant_id, order_id)


def order_row(restaurant_id: UUID, order_id: UUID) -> Order:
    """To read only. Raises NotFound."""
    return Order.objects.one(restaurant_id, order_id)


def lock_order(restaurant_id: UUID, order_id: UUID) -> Order:
    """The order's row, locked to the end of the transaction, before any of its children.

    Raises NotFound.
    """
    found = tables.read(
        Order, "WHERE restaurant_id = %s AND id = %s FOR NO KEY UPDATE", restaurant_id, order_id
    )
    if not found:
        raise NotFound
    return found[0]


def lock_orders(restaurant_id: UUID, order_ids: Collection[UUID]) -> list[Order]:
    """Those of these orders that are there, locked to the end of the transaction in the order
    of their keys."""
    rows = orders(restaurant_id).select_for_update(of=("self",), no_key=True)
    return list(rows.filter(pk__in=order_ids).order_by("pk"))


def lines_of(order: Order) -> list[OrderLine]:
    """Call while holding the order's lock, or to read only."""
    return tables.read(OrderLine, "WHERE order_id = %s ORDER BY position, id", order.pk)


def discounts_of(order: Order) -> list[OrderDiscount]:
    """Call while holding the order's lock, or to read only."""
    return tables.read(OrderDiscount, "WHERE order_id = %s ORDER BY given_at, id", order.pk)
