"""What a bill comes to: a pure function over the lines.

Steps, in this order: modifiers, line discounts, order discounts (spread over the lines in
proportion, largest remainder), service charge, tax per rate bucket (rounded once for each
bucket, half-even; the bucket's tax is then spread over its lines). Cash rounding belongs to
the cash payment. All amounts are minor units.

A bill that was split or merged carries the odd minor units that keep its total what it was.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
class Carried:
    """What a split or a merge adds to the amounts that the lines alone would come to.

    Nothing is added where they come to nothing.
    """

    service_charge: int = 0
    service_charge_tax: int = 0
    taxes: Mapping[Tax, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Item:
    """A line before pricing; `unit_price` includes the modifiers of one piece. `carried`: what
    a part of a divided line costs more, or less, than its quantity times the price."""

    unit_price: int
    quantity: Decimal
    tax: Tax
    reductions: tuple[Reduction, ...] = ()
    carried: int = 0


@dataclass(frozen=True, slots=True)
class PricedItem:
    """`total = gross - discount`; `order_discount` is its share of the order's discounts;
    `carried` is in `gross`."""

    gross: int
    discount: int
    reduction_amounts: tuple[int, ...]
    order_discount: int
    tax: int
    carried: int

    @property
    def total(self) -> int:
        return self.gross - self.discount

    @property
    def net(self) -> int:
        """What is left for the guest to pay, before service and added tax."""
        return self.total - self.order_discount


@dataclass(frozen=True, slots=True)
class Bucket:
    """The lines (by place) of one rate: `tax` on the `amount` that they come to together.
    `carried` is in it."""

    rate: Tax
    places: tuple[int, ...]
    amount: int
    tax: int
    carried: int

    def row(self) -> dict[str, Any]:
        net = self.amount - self.tax if self.rate.is_inclusive else self.amount
        return {
            "name": self.rate.name,
            "rate_bps": self.rate.rate_bps,
            "inclusive": self.rate.is_inclusive,
            "net": net,
            "tax": self.tax,
            "gross": net + self.tax,
        }


@dataclass(frozen=True, slots=True)
class Bill:
    """`total = subtotal + service_charge + tax_added`, before tip and cash rounding.

    `charge_tax` is the bucket of the service charge, its tax inside it; None without one.
    """

    items: list[PricedItem]
    reduction_amounts: tuple[int, ...]
    service_charge: int
    service_charge_carried: int
    buckets: list[Bucket]
    charge_tax: Bucket | None

    @property
    def gross(self) -> int:
        return sum(item.gross for item in self.items)

    @property
    def subtotal(self) -> int:
        return sum(item.net for item in self.items)

    @property
    def discount(self) -> int:
        return self.gross - self.subtotal

    @property
    def taxes(self) -> list[dict[str, Any]]:
        """`[{"name", "rate_bps", "inclusive", "net", "tax", "gross"}]`."""
        return [bucket.row() for bucket in self._all_buckets]

    @property
    def tax(self) -> int:
        return sum(bucket.tax for bucket in self._all_buckets)

    @property
    def tax_added(self) -> int:
        return sum(bucket.tax for bucket in self.buckets if not bucket.rate.is_inclusive)

    @property
    def total(self) -> int:
        return self.subtotal + self.service_charge + self.tax_added

    @property
    def _all_buckets(self) -> list[Bucket]:
        return [*self.buckets, self.charge_tax] if self.charge_tax else self.buckets


NOTHING_CARRIED = Carried()


def price(
    items: Sequence[Item],
    *,
    reductions: Sequence[Reduction] = (),
    service_charge_bps: int = 0,
    service_charge_tax_bps: int = 0,
    carried: Carried = NOTHING_CARRIED,
) -> Bill:
    """The bill of these lines. A service charge with a tax rate has its tax inside it."""
    by_quantity = [multiply(item.unit_price, item.quantity) for item in items]
    gross = [max(0, own + item.carried) for own, item in zip(by_quantity, items, strict=True)]
    line_amounts = [_reduce(g, item.reductions) for g, item in zip(gross, items, strict=True)]
    totals = [g - sum(amounts) for g, amounts in zip(gross, line_amounts, strict=True)]
    order_amounts = _reduce(sum(totals), reductions)
    shares = allocate(sum(order_amounts), totals) if totals else []
    net = [total - part for total, part in zip(totals, shares, strict=True)]
    by_lines = share(sum(net), service_charge_bps)
    service_charge = max(0, by_lines + carried.service_charge) if any(net) else 0
    buckets = _buckets(items, net, carried)
    line_taxes = _line_taxes(buckets, net)
    priced = [
        PricedItem(g, sum(amounts), amounts, part, tax, g - own)
        for g, amounts, part, tax, own in zip(
            gross, line_amounts, shares, line_taxes, by_quantity, strict=True
        )
    ]
    charge_rate = Tax(SERVICE_CHARGE, service_charge_tax_bps, True)
    is_taxed = bool(service_charge and service_charge_tax_bps)
    return Bill(
        items=priced,
        reduction_amounts=order_amounts,
        service_charge=service_charge,
        service_charge_carried=service_charge - by_lines,
        buckets=buckets,
        charge_tax=_bucket(charge_rate, (), service_charge, carried.service_charge_tax)
        if is_taxed
        else None,
    )


def _reduce(amount: int, reductions: Sequence[Reduction]) -> tuple[int, ...]:
    """Each discount takes from what the one before it left, and never more than that."""
    amounts: list[int] = []
    for reduction in reductions:
        left = amount - sum(amounts)
        percent = reduction.kind == DiscountKind.PERCENT
        amounts.append(share(left, reduction.value) if percent else min(reduction.value, left))
    return tuple(amounts)


def _buckets(items: Sequence[Item], net: Sequence[int], carried: Carried) -> list[Bucket]:
    """One for each rate, the lowest rate first."""
    found: dict[Tax, list[int]] = defaultdict(list)
    for place, item in enumerate(items):
        found[item.tax].append(place)
    rates = sorted(found, key=lambda rate: (rate.rate_bps, rate.name))
    return [
        _bucket(rate, tuple(found[rate]), sum(net[i] for i in found[rate]), carried.taxes.get(rate))
        for rate in rates
    ]


def _bucket(rate: Tax, places: tuple[int, ...], amount: int, carried: int | None) -> Bucket:
    """Nothing carried makes a tax negative, nor more than the amount that it is inside of."""
    by_rate = (tax_included if rate.is_inclusive else tax_added)(amount, rate.rate_bps)
    tax = max(0, by_rate + (carried or 0)) if amount else 0
    tax = min(tax, amount) if rate.is_inclusive else tax
    return Bucket(rate, places, amount, tax, tax - by_rate)


def _line_taxes(buckets: Sequence[Bucket], net: Sequence[int]) -> list[int]:
    taxes = [0] * len(net)
    for bucket in buckets:
        amounts = [net[place] for place in bucket.places]
        for place, part in zip(bucket.places, allocate(bucket.tax, amounts), strict=True):
            taxes[place] = part
    return taxes
