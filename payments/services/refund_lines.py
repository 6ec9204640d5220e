"""What a part of an order's line cost the guest."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from fynlo.money import multiply
from pos.models import OrderLine


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
