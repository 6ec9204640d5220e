"""Several orders in hand at once: locked in one order, written in as many statements as one."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models

from pos.models import Order, OrderDiscount, OrderLine
from pos.selectors.orders import lock_orders
from pos.services.bill import OpenBill, check_total, kitchen_status, payment_status


def open_bills(restaurant_id: UUID, order_ids: Collection[UUID]) -> list[OpenBill]:
    """Lock those of these orders that are there, in the order of their keys, and read their
    parts, whatever their status. Call inside a transaction."""
    orders = lock_orders(restaurant_id, order_ids)
    lines: dict[UUID, list[OrderLine]] = defaultdict(list)
    for line in OrderLine.objects.filter(order__in=orders).order_by("position", "pk"):
        lines[line.order_id].append(line)
    discounts: dict[UUID, list[OrderDiscount]] = defaultdict(list)
    for discount in OrderDiscount.objects.filter(order__in=orders).order_by("given_at", "pk"):
        discounts[discount.order_id].append(discount)
    return [OpenBill.of(order, lines[order.pk], discounts[order.pk]) for order in orders]


def save_together(
    bills: Sequence[OpenBill], *, gone: Sequence[OrderDiscount], now: datetime
) -> None:
    """Write orders that are priced already, old and new, with their lines and discounts.

    `gone`: discounts that no order has any more. Every order's version goes up.
    Raises TotalBelowPaid.
    """
    for bill in bills:
        check_total(bill.order)
        bill.order.kitchen_status = kitchen_status(bill.lines)
        bill.order.payment_status = payment_status(bill.order)
        bill.order.version += 1
        bill.order.updated_at = now
    stored = [discount.pk for discount in gone if not discount._state.adding]
    if stored:
        OrderDiscount.objects.filter(pk__in=stored).delete()
    _write(Order, [bill.order for bill in bills])
    _write(OrderLine, [line for bill in bills for line in bill.lines])
    _write(OrderDiscount, [discount for bill in bills for discount in bill.discounts])


def _write(model: type[models.Model], rows: Sequence[Any]) -> None:
    columns = [
        column.name
        for column in model._meta.concrete_fields
        if not column.primary_key and not isinstance(column, models.GeneratedField)
    ]
    model._default_manager.bulk_create(
        rows, update_conflicts=True, unique_fields=["id"], update_fields=columns
    )
