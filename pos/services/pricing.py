"""What a bill comes to: a pure function over the lines.

Steps, in this order: modifiers, line discounts, order discounts (spread over the lines in
proportion, largest remainder), service charge, tax per rate bucket (rounded once for each
bucket, half-even; the bucket's tax is then spread over its lines). Cash rounding belongs to
the cash payment. All amounts are minor units.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fynlo.money import allocate, multiply, share, tax_added, tax_included
from pos.choices import DiscountKind

SERVICE_CHARGE = "Service charge"


@dataclass(frozen=True, slots=True)
class Tax:
    """A rate bucket."""

    name: str
    rate_bps: int
    is_inclusive: bool


@dataclass(frozen=True, slots=True)
class Reduction:
    """A discount as it was given: `value` is basis points or minor units."""

    kind: str
    value: int


@dataclass(frozen=True, slots=True)
class Item:
    """A line before pricing; `unit_price` includes the modifiers of one piece."""

    unit_price: int
    quantity: Decimal
    tax: Tax
    reductions: tuple[Reduction, ...] = ()


@dataclass(frozen=True, slots=True)
class PricedItem:
    """`total = gross - discount`; `order_discount` is its share of the order's discounts."""

    gross: int
    discount: int
    reduction_amounts: tuple[int, ...]
    order_discount: int
    tax: int

    @property
    def total(self) -> int:
        return self.gross - self.discount


@dataclass(frozen=True, slots=True)
class Bill:
    """`total = subtotal + service_charge + tax_added`, before tip and cash rounding.

    `taxes`: `[{"name", "rate_bps", "inclusive", "net", "tax", "gross"}]`.
    """

    items: list[PricedItem]
    reduction_amounts: tuple[int, ...]
    gross: int
    discount: int
    service_charge: int
    taxes: list[dict[str, Any]]

    @property
    def subtotal(self) -> int:
        return self.gross - self.discount

    @property
    def tax(self) -> int:
        return sum(row["tax"] for row in self.taxes)

    @property
    def tax_added(self) -> int:
        return sum(row["tax"] for row in self.taxes if not row["inclusive"])

    @property
    def total(self) -> int:
        return self.subtotal + self.service_charge + self.tax_added


def price(
    items: Sequence[Item],
    *,
    reductions: Sequence[Reduction] = (),
    service_charge_bps: int = 0,
    service_charge_tax_bps: int = 0,
) -> Bill:
    """The bill of these lines. A service charge with a tax rate has its tax inside it."""
    gross = [multiply(item.unit_price, item.quantity) for item in items]
    line_amounts = [_reduce(g, item.reductions) for g, item in zip(gross, items, strict=True)]
    totals = [g - sum(amounts) for g, amounts in zip(gross, line_amounts, strict=True)]
    order_amounts = _reduce(sum(totals), reductions)
    shares = allocate(sum(order_amounts), totals) if totals else []
    net = [total - part for total, part in zip(totals, shares, strict=True)]
    service_charge = share(sum(net), service_charge_bps)
    buckets = _buckets(items)
    line_taxes = _line_taxes(buckets, net)
    taxes = [_row(tax, sum(net[i] for i in places)) for tax, places in buckets.items()]
    if service_charge and service_charge_tax_bps:
        taxes.append(_row(Tax(SERVICE_CHARGE, service_charge_tax_bps, True), service_charge))
    priced = [
        PricedItem(g, sum(amounts), amounts, part, tax)
        for g, amounts, part, tax in zip(gross, line_amounts, shares, line_taxes, strict=True)
    ]
    discount = sum(gross) - sum(net)
    return Bill(priced, order_amounts, sum(gross), discount, service_charge, taxes)


def _reduce(amount: int, reductions: Sequence[Reduction]) -> tuple[int, ...]:
    """Each discount takes from what the one before it left, and never more than that."""
    amounts: list[int] = []
    for reduction in reductions:
        left = amount - sum(amounts)
        percent = reduction.kind == DiscountKind.PERCENT
        amounts.append(share(left, reduction.value) if percent else min(reduction.value, left))
    return tuple(amounts)


def _buckets(items: Sequence[Item]) -> dict[Tax, list[int]]:
    """Which lines (by place) share each rate, the lowest rate first."""
    found: dict[Tax, list[int]] = defaultdict(list)
    for place, item in enumerate(items):
        found[item.tax].append(place)
    return dict(sorted(found.items(), key=lambda row: (row[0].rate_bps, row[0].name)))


def _line_taxes(buckets: dict[Tax, list[int]], net: Sequence[int]) -> list[int]:
    taxes = [0] * len(net)
    for tax, places in buckets.items():
        amounts = [net[place] for place in places]
        for place, part in zip(places, allocate(_tax(tax, sum(amounts)), amounts), strict=True):
            taxes[place] = part
    return taxes


def _tax(tax: Tax, amount: int) -> int:
    return (tax_included if tax.is_inclusive else tax_added)(amount, tax.rate_bps)


def _row(tax: Tax, amount: int) -> dict[str, Any]:
    due = _tax(tax, amount)
    net = amount - due if tax.is_inclusive else amount
    return {
        "name": tax.name,
        "rate_bps": tax.rate_bps,
        "inclusive": tax.is_inclusive,
        "net": net,
        "tax": due,
        "gross": net + due,
    }
