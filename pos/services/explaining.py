"""How an order came to its total, step by step, told from the very bill that priced it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

import orjson

from fynlo.accounts.actor import Actor
from fynlo.accounts.selectors import Profile, restaurant_profile
from fynlo.money import for_people, percent_for_people, rounded_up
from pos.choices import DiscountKind
from pos.models import Order, OrderDiscount, OrderLine
from pos.selectors.orders import discounts_of, lines_of, order_row
from pos.services.bill import OpenBill, priced
from pos.services.pricing import Bill, Bucket


@dataclass(frozen=True, slots=True)
class Share:
    """What one line has of an amount; `odd` when it got a minor unit that rounding left over."""

    line: UUID
    amount: int
    odd: bool


@dataclass(frozen=True, slots=True)
class Step:
    """`amount` is what it adds to the total, in minor units; negative takes away."""

    kind: str
    text: str
    amount: int
    line: UUID | None = None
    discount: UUID | None = None
    shares: tuple[Share, ...] = ()


STEP_SCHEMA = {
    "type": "object",
    "required": ["kind", "text", "amount", "total", "line", "discount", "shares"],
    "properties": {
        "kind": {
            "type": "string",
            "enum": [
                "line",
                "line_carried",
                "line_discount",
                "order_discount",
                "order_discount_spread",
                "service_charge",
                "service_charge_carried",
                "tax_included",
                "tax_added",
                "tip",
                "cash_rounding",
            ],
        },
        "text": {"type": "string"},
        "amount": {"type": "integer", "description": "what the step adds to the total"},
        "total": {"type": "integer", "description": "after this step"},
        "line": {"anyOf": [{"type": "string", "format": "uuid"}, {"type": "null"}]},
        "discount": {"anyOf": [{"type": "string", "format": "uuid"}, {"type": "null"}]},
        "shares": {
            "type": "array",
            "description": "who bears it; `odd`: got a minor unit that rounding left over",
            "items": {
                "type": "object",
                "required": ["line", "amount", "odd"],
                "properties": {
                    "line": {"type": "string", "format": "uuid"},
                    "amount": {"type": "integer"},
                    "odd": {"type": "boolean"},
                },
            },
        },
    },
}
EXPLAINED = {
    "type": "object",
    "required": ["order", "version", "currency", "total", "steps"],
    "properties": {
        "order": {"type": "string", "format": "uuid"},
        "version": {"type": "integer"},
        "currency": {"type": "string"},
        "total": {"type": "integer"},
        "steps": {"type": "array", "items": STEP_SCHEMA},
    },
}


def explain_order(*, by: Actor, pk: UUID) -> str:
    """The steps from the first price to the order's total, in the order they are taken, as JSON
    text. Raises NotFound."""
    bill = _at_one_moment(by.restaurant_id, pk)
    order, total, rows = bill.order, 0, []
    for step in steps(bill, profile=restaurant_profile(by.restaurant_id)):
        total += step.amount
        rows.append({**asdict(step), "total": total})
    document = {
        "order": order.pk,
        "version": order.version,
        "currency": order.currency,
        "total": total,
        "steps": rows,
    }
    return orjson.dumps(document).decode()


def _at_one_moment(restaurant_id: UUID, pk: UUID) -> OpenBill:
    """Order, lines and discounts are three reads: again when somebody wrote between them."""
    while True:
        order = order_row(restaurant_id, pk)
        bill = OpenBill.of(order, lines_of(order), discounts_of(order))
        if order_row(restaurant_id, pk).version == order.version:
            return bill


def steps(bill: OpenBill, *, profile: Profile) -> list[Step]:
    """Their amounts sum to what pricing says the order comes to, tip and cash rounding added."""
    order, lines = bill.order, bill.live_lines
    found = priced(order, lines, bill.discounts, profile=profile)
    return [
        *_lines(order, lines, bill.discounts, found),
        *_order_discounts(order, lines, bill.discounts, found),
        *_service_charge(order, found),
        *(_tax(order, lines, bucket, found) for bucket in found.buckets),
        *([_tax(order, (), found.charge_tax, found)] if found.charge_tax else []),
        *_afterwards(order),
    ]


def _lines(
    order: Order, lines: Sequence[OrderLine], discounts: Sequence[OrderDiscount], bill: Bill
) -> Iterator[Step]:
    for line, item in zip(lines, bill.items, strict=True):
        each = for_people(line.unit_price + line.modifiers_price, order.currency)
        text = f"{line.quantity.normalize():f} × {line.name} at {each}"
        if line.menu_price is not None:
            menu = for_people(line.menu_price + line.modifiers_price, order.currency)
            text += f", {menu} on the menu"
        yield Step("line", text, item.gross - item.carried, line=line.pk)
        if item.carried:
            text = f"{line.name}: what dividing it left here"
            yield Step("line_carried", text, item.carried, line=line.pk)
        own = [discount for discount in discounts if discount.line_id == line.pk]
        for discount, amount in zip(own, item.reduction_amounts, strict=True):
            text = f"{line.name}: {_given(order, discount)}"
            yield Step("line_discount", text, -amount, line=line.pk, discount=discount.pk)


def _order_discounts(
    order: Order, lines: Sequence[OrderLine], discounts: Sequence[OrderDiscount], bill: Bill
) -> Iterator[Step]:
    on_order = [discount for discount in discounts if discount.line_id is None]
    for discount, amount in zip(on_order, bill.reduction_amounts, strict=True):
        yield Step("order_discount", _given(order, discount), -amount, discount=discount.pk)
    if on_order and lines:
        shares = _shares(
            lines,
            [item.order_discount for item in bill.items],
            weights=[item.total for item in bill.items],
        )
        yield Step("order_discount_spread", "Spread over the lines by price", 0, shares=shares)


def _given(order: Order, discount: OrderDiscount) -> str:
    if discount.kind == DiscountKind.PERCENT:
        return f"{percent_for_people(discount.value)} off, {discount.reason}"
    return f"{for_people(discount.value, order.currency)} off, {discount.reason}"


def _service_charge(order: Order, bill: Bill) -> Iterator[Step]:
    carried = bill.service_charge_carried
    if bill.service_charge or carried:
        text = f"Service charge, {percent_for_people(order.service_charge_bps)} of "
        text += for_people(bill.subtotal, order.currency)
        yield Step("service_charge", text, bill.service_charge - carried)
    if carried:
        yield Step("service_charge_carried", "Service charge kept from a split or merge", carried)


def _tax(order: Order, lines: Sequence[OrderLine], bucket: Bucket, bill: Bill) -> Step:
    """The lines' shares of the tax; inside the price it adds nothing."""
    rate = bucket.rate
    inside = "in" if rate.is_inclusive else "on"
    text = f"{rate.name}, {percent_for_people(rate.rate_bps)} {inside} "
    text += for_people(bucket.amount, order.currency)
    if rate.is_inclusive:
        text += f": {for_people(bucket.tax, order.currency)}"
    if bucket.carried:
        text += f", {for_people(bucket.carried, order.currency)} of it kept from a split or merge"
    shares = _shares(
        [lines[place] for place in bucket.places],
        [bill.items[place].tax for place in bucket.places],
        weights=[bill.items[place].net for place in bucket.places],
    )
    if rate.is_inclusive:
        return Step("tax_included", text, 0, shares=shares)
    return Step("tax_added", text, bucket.tax, shares=shares)


def _shares(
    lines: Sequence[OrderLine], amounts: Sequence[int], *, weights: Sequence[int]
) -> tuple[Share, ...]:
    if not lines:
        return ()
    odd = rounded_up(sum(amounts), weights)
    return tuple(
        Share(line.pk, amount, place in odd)
        for place, (line, amount) in enumerate(zip(lines, amounts, strict=True))
    )


def _afterwards(order: Order) -> Iterator[Step]:
    if order.tip:
        yield Step("tip", "Tip", order.tip)
    if order.rounding:
        yield Step("cash_rounding", "To the smallest coin", order.rounding)
