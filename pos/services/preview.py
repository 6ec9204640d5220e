"""What an order would come to, without writing anything."""

from collections.abc import Sequence
from datetime import datetime

import orjson

from fynlo.accounts.actor import Actor
from fynlo.accounts.selectors import restaurant_profile
from pos.models import Order, OrderDiscount, OrderLine
from pos.selectors.sale import Wanted, products_for_sale
from pos.services.basket import fill
from pos.services.bill import calculate
from pos.services.orders import blank_order

ORDER_AMOUNTS = (
    "channel",
    "currency",
    "gross",
    "discount",
    "subtotal",
    "service_charge_bps",
    "service_charge",
    "tax",
    "tax_added",
    "taxes",
    "total",
)
LINE_AMOUNTS = (
    "name",
    "variation_name",
    "modifiers",
    "unit_price",
    "modifiers_price",
    "gross",
    "discount",
    "order_discount",
    "total",
    "tax_name",
    "tax_rate_bps",
    "tax_inclusive",
    "tax",
)


def calculate_order(
    *,
    by: Actor,
    now: datetime,
    channel: str,
    lines: Sequence[Wanted],
    discounts: Sequence[OrderDiscount] = (),
) -> str:
    """The amounts of the order that `open_order` would make, as JSON text.

    Raises AmountTooLarge and the errors of `fill`.
    """
    profile = restaurant_profile(by.restaurant_id)
    menu = products_for_sale(by.restaurant_id, {line.product for line in lines})
    sold = fill(lines, menu=menu, by=by, profile=profile, now=now, at=now)
    order = blank_order(by, profile, now=now, at=now, channel=channel)
    calculate(order, sold, discounts, profile=profile)
    return orjson.dumps(_document(order, sold)).decode()


def _document(order: Order, lines: Sequence[OrderLine]) -> dict[str, object]:
    amounts = {name: getattr(order, name) for name in ORDER_AMOUNTS}
    return {**amounts, "lines": [_line(line) for line in lines]}


def _line(line: OrderLine) -> dict[str, object]:
    amounts = {name: getattr(line, name) for name in LINE_AMOUNTS}
    quantity = format(line.quantity.normalize(), "f")
    return {"product": str(line.product_id), "quantity": quantity, **amounts}
