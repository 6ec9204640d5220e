"""What a part of an order's line cost the guest."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from fynlo.money import multiply
from payments.models import Payment
from payments.selectors.refunds import refunds_of_order
from pos.models import Order, OrderLine
from pos.selectors.orders import lines_of


@dataclass(frozen=True, slots=True)
class LinePart:
    """A line, or so much of it; all that is left of it when `quantity` is None."""

    line: UUID
    quantity: Decimal | None = None


def value_of(line: OrderLine, quantity: Decimal) -> int:
    """Minor units that the guest paid for `quantity` of it, after discounts and with its tax,
    rounded half-up. Parts taken as differences of it add up to the whole line."""
    whole = line.total - line.order_discount + (0 if line.tax_inclusive else line.tax)
    return multiply(whole, quantity / line.quantity)


def refunded_quantities(order: Order) -> dict[str, Decimal]:
    """Of every line, by its id, how much was refunded already."""
    gone: dict[str, Decimal] = {}
    for refund in refunds_of_order(order):
        for row in refund.lines:
            gone[row["line"]] = gone.get(row["line"], Decimal(0)) + Decimal(row["quantity"])
    return gone


def lines_left(payment: Payment) -> list[tuple[OrderLine, Decimal]]:
    """The lines of the bill that it paid for, and how much of each is not refunded; to read only,
    on the order that has the bill now."""
    order = payment.order
    while order.merged_into is not None:
        order = order.merged_into
    gone = refunded_quantities(order)
    left = [(line, line.quantity - gone.get(str(line.pk), Decimal(0))) for line in lines_of(order)]
    return [
        (line, quantity) for line, quantity in left if quantity > 0 and value_of(line, quantity) > 0
    ]
