"""Dividing a bill into parts that come to what the whole came to, to the minor unit.

Pure functions over rows in hand. Every discount becomes an amount on its line, what it came to,
so that each line stands for itself. What rounding would then change, tax by rate and service
charge, is divided on its own, and each part carries the difference.
"""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fynlo.accounts.selectors import Profile
from fynlo.db import new_id
from fynlo.money import allocate, multiply
from pos.choices import DiscountKind
from pos.models import Order, OrderDiscount, OrderLine
from pos.services.bill import OpenBill, calculate, priced
from pos.services.pricing import Bill, Tax

Quantities = Sequence[Decimal]
"""How much of a line each part gets."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What an order has to come to after a split or a merge, beside its lines."""

    service_charge: int
    service_charge_tax: int
    taxes: dict[Tax, int]


class Evenly:
    """Divides amounts so that the sums of the parts stay as level as whole units allow."""

    def __init__(self, count: int) -> None:
        self.sums = [0] * count

    def divide(self, amount: int, weights: Sequence[int]) -> list[int]:
        """Equal shares where the weight is not 0; odd units go where the sum is least."""
        places = [place for place, weight in enumerate(weights) if weight]
        shares = [0] * len(weights)
        if not places:
            return shares
        each, odd = divmod(amount, len(places))
        poorest = sorted(places, key=lambda place: (self.sums[place], place))
        for place in places:
            shares[place] = each
        for place in poorest[:odd]:
            shares[place] += 1
        self.sums = [total + part for total, part in zip(self.sums, shares, strict=True)]
        return shares


Divide = Callable[[int, Sequence[int]], list[int]]


def open_priced(bill: OpenBill, *, profile: Profile) -> Bill:
    """What the order comes to as it stands, computed anew."""
    return priced(bill.order, bill.live_lines, bill.discounts, profile=profile)


def pin_discounts(bill: OpenBill, whole: Bill) -> list[OrderDiscount]:
    """Make every discount an amount on one line: what it came to there. Returns those gone.

    `whole` is the bill as it was priced with them.
    """
    own, gone = [], []
    spread = list(zip(bill.live_lines, (item.order_discount for item in whole.items), strict=True))
    amounts = iter(whole.reduction_amounts)
    of_line = {
        line.pk: iter(item.reduction_amounts)
        for line, item in zip(bill.live_lines, whole.items, strict=True)
    }
    for discount in bill.discounts:
        if discount.line_id is None:
            gone.append(discount)
            own += _on_lines(discount, next(amounts), spread)
        elif discount.line_id not in of_line:
            own.append(discount)
        else:
            amount = next(of_line[discount.line_id])
            (own if _fix(discount, amount) else gone).append(discount)
    bill.discounts = own
    return gone


def _fix(discount: OrderDiscount, amount: int) -> bool:
    discount.kind = DiscountKind.AMOUNT
    discount.value = discount.amount = amount
    return amount > 0


def _on_lines(
    discount: OrderDiscount, amount: int, spread: list[tuple[OrderLine, int]]
) -> list[OrderDiscount]:
    """Take this discount out of the lines' shares of all order discounts, in their order."""
    found = []
    for place, (line, left) in enumerate(spread):
        part = min(amount, left)
        amount -= part
        spread[place] = (line, left - part)
        if part:
            found.append(copy_of(discount, line_id=line.pk, value=part, amount=part))
            found[-1].kind = DiscountKind.AMOUNT
    return found


def copy_of(row: Any, **changes: Any) -> Any:
    """The row once more, unsaved and with a key of its own."""
    made = copy(row)
    made._state = copy(row._state)
    made._state.adding = True
    made.pk = new_id()
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def divide_line(
    line: OrderLine,
    discounts: Sequence[OrderDiscount],
    quantities: Quantities,
    *,
    divide_net: Divide,
    divide_discount: Divide,
) -> list[tuple[OrderLine, list[OrderDiscount]] | None]:
    """The line's part for each quantity, None for 0; the first part is the line itself.

    Its discounts are amounts on it. A discount may come to 0 in a part.
    """
    weights = [int(quantity * 1000) for quantity in quantities]
    amounts = [discount.amount for discount in discounts]
    nets = divide_net(line.gross - sum(amounts), weights)
    shares = [divide_discount(amount, weights) for amount in amounts]
    counted = allocate(line.counted, weights)
    parts: list[tuple[OrderLine, list[OrderDiscount]] | None] = []
    root = line.part_of or line.pk
    for place, quantity in enumerate(quantities):
        if not quantity:
            parts.append(None)
            continue
        is_first = not any(parts)
        part = line if is_first else copy_of(line, part_of=root, version=0)
        gross = nets[place] + sum(share[place] for share in shares)
        part_discounts = [
            _part_of_discount(discount, share[place], None if is_first else part)
            for discount, share in zip(discounts, shares, strict=True)
        ]
        parts.append((part, part_discounts))
        _measure(part, quantity, gross, counted[place])
    return parts


def _part_of_discount(
    discount: OrderDiscount, amount: int, part: OrderLine | None
) -> OrderDiscount:
    made: OrderDiscount = discount if part is None else copy_of(discount, line_id=part.pk)
    _fix(made, amount)
    return made


def _measure(part: OrderLine, quantity: Decimal, gross: int, counted: int) -> None:
    part.quantity, part.counted = quantity, counted
    part.carried = gross - multiply(part.unit_price + part.modifiers_price, quantity)


def divide_charges(whole: Bill, parts: Sequence[Bill], *, divide: Divide) -> list[Kept]:
    """The whole's service charge and taxes among the parts; each rate where its lines are."""
    charges = divide(whole.service_charge, [part.subtotal for part in parts])
    charge_tax = whole.charge_tax.tax if whole.charge_tax else 0
    charge_taxes = allocate(charge_tax, charges)
    taxes: list[dict[Tax, int]] = [{} for _ in parts]
    for bucket in whole.buckets:
        amounts = [_amount(part, bucket.rate) for part in parts]
        share = allocate if bucket.rate.is_inclusive else divide
        for found, tax in zip(taxes, share(bucket.tax, amounts), strict=True):
            found[bucket.rate] = tax
    return [Kept(*row) for row in zip(charges, charge_taxes, taxes, strict=True)]


def _amount(part: Bill, rate: Tax) -> int:
    return next((bucket.amount for bucket in part.buckets if bucket.rate == rate), 0)


def kept_together(bills: Sequence[Bill]) -> Kept:
    """What several bills come to as one."""
    taxes: dict[Tax, int] = {}
    for bill in bills:
        for bucket in bill.buckets:
            taxes[bucket.rate] = taxes.get(bucket.rate, 0) + bucket.tax
    return Kept(
        sum(bill.service_charge for bill in bills),
        sum(bill.charge_tax.tax for bill in bills if bill.charge_tax),
        taxes,
    )


def keep(bill: OpenBill, kept: Kept, *, profile: Profile) -> None:
    """Let the order carry what brings it to `kept`, and write its amounts."""
    order = bill.order
    order.carried = {}
    by_lines = open_priced(bill, profile=profile)
    taxes = [
        _carried_row(bucket.rate, kept.taxes.get(bucket.rate, 0) - bucket.tax)
        for bucket in by_lines.buckets
    ]
    _carry(order, taxes=[row for row in taxes if row["tax"]])
    _carry(order, service_charge=kept.service_charge - by_lines.service_charge)
    charged = open_priced(bill, profile=profile).charge_tax
    _carry(order, service_charge_tax=kept.service_charge_tax - charged.tax if charged else 0)
    calculate(order, bill.lines, bill.discounts, profile=profile)


def _carried_row(rate: Tax, tax: int) -> dict[str, Any]:
    return {
        "name": rate.name,
        "rate_bps": rate.rate_bps,
        "inclusive": rate.is_inclusive,
        "tax": tax,
    }


def _carry(order: Order, **amounts: Any) -> None:
    order.carried |= {name: amount for name, amount in amounts.items() if amount}
