"""Several guests pay one order: what is due becomes pending payments that sum to it exactly.

Each part is then paid as any pending payment is, by whatever way; one that fails leaves the
others alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.accounts.selectors import restaurant_profile
from fynlo.clock import business_date
from fynlo.db import transaction_required
from fynlo.documents import json_list
from fynlo.errors import move
from fynlo.events.log import append_all
from fynlo.money import allocate, multiply
from payments.choices import PAYMENT_TRANSITIONS, Method, PaymentStatus, SplitKind
from payments.documents import PAYMENT, PAYMENT_SPLIT
from payments.errors import SplitDoesNotFit
from payments.models import Payment, PaymentSplit
from payments.selectors.splits import lock_unasked_parts
from payments.services.attempts import apply_terms
from payments.services.payments import left_to_ask
from payments.services.telling import tell
from payments.services.terms import Conditions, conditions, terms_of
from pos.models import Order, OrderLine
from pos.services.bill import OpenBill, open_bill


@dataclass(frozen=True, slots=True)
class Taken:
    """What one guest had: a line, or so much of it."""

    line: UUID
    quantity: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Part:
    amount: int
    lines: tuple[dict[str, str], ...] = ()


@transaction_required
def split_payment(
    *,
    by: Actor,
    now: datetime,
    order: UUID,
    equal: int | None = None,
    amounts: Sequence[int] = (),
    items: Sequence[Sequence[Taken]] = (),
) -> str:
    """One of the three: `equal` parts, `amounts` (minor units, together what is due), or what
    each guest had (`items`, together every line of the order). It replaces the parts of an earlier
    split that nobody is being asked for.

    `{"results": [split, …], "next": null}`. Locks the order, the parts that it replaces.
    Raises NotFound, OrderNotOpen, OrderAlreadyPaid, PaymentUnderWay, SplitDoesNotFit.
    """
    bill = open_bill(by.restaurant_id, order, status=None)
    left = left_to_ask(bill.order)
    kind, parts = _parts(bill, left, equal=equal, amounts=amounts, items=items)
    if min(part.amount for part in parts) < 1 or sum(part.amount for part in parts) != left:
        raise SplitDoesNotFit(extra={"due": left})
    _withdraw(bill.order, by=by, now=now)
    made = _make(bill.order, kind, parts, by=by, now=now)
    append_all(
        kind="payment.created",
        document=PAYMENT,
        entity_ids=[split.payment_id for split in made],
        by=by,
        now=now,
    )
    rows = PaymentSplit.objects.filter(pk__in=[split.pk for split in made]).order_by("number")
    return f'{{"results":{json_list(PAYMENT_SPLIT.read(rows))},"next":null}}'


def _withdraw(order: Order, *, by: Actor, now: datetime) -> None:
    for payment in lock_unasked_parts(order):
        payment.status = move(payment.status, PaymentStatus.CANCELLED, PAYMENT_TRANSITIONS)
        tell(payment, "payment.cancelled", now=now, by=by)


def _parts(
    bill: OpenBill,
    left: int,
    *,
    equal: int | None,
    amounts: Sequence[int],
    items: Sequence[Sequence[Taken]],
) -> tuple[SplitKind, list[Part]]:
    if equal is not None:
        return SplitKind.EQUAL, [Part(amount) for amount in allocate(left, [1] * equal)]
    if amounts:
        return SplitKind.CUSTOM, [Part(amount) for amount in amounts]
    return SplitKind.ITEMS, _by_items(bill, left, items)


def _by_items(bill: OpenBill, left: int, items: Sequence[Sequence[Taken]]) -> list[Part]:
    """Service charge, tax and discounts fall on each in proportion to what they had."""
    lines = {line.pk: line for line in bill.live_lines}
    rest = {pk: line.quantity for pk, line in lines.items()}
    weights, shown = [], []
    for taken in items:
        pieces = [_piece(lines, rest, one) for one in taken]
        weights.append(sum(_worth(line, quantity) for line, quantity in pieces))
        shown.append(tuple(_shown(line, quantity) for line, quantity in pieces))
    if any(rest.values()):
        raise SplitDoesNotFit("Name every line of the order, or what is left of it.", field="items")
    shares = allocate(left, weights)
    return [Part(amount, lines=said) for amount, said in zip(shares, shown, strict=True)]


def _piece(
    lines: dict[UUID, OrderLine], rest: dict[UUID, Decimal], taken: Taken
) -> tuple[OrderLine, Decimal]:
    quantity = taken.quantity or rest.get(taken.line, Decimal(0))
    if taken.line not in lines or not 0 < quantity <= rest[taken.line]:
        raise SplitDoesNotFit("A line is named that is not there, or is used up.", field="items")
    rest[taken.line] -= quantity
    return lines[taken.line], quantity


def _worth(line: OrderLine, quantity: Decimal) -> int:
    """In millionths of a minor unit, so that parts of a line keep their proportion."""
    return multiply(line.total - line.order_discount, quantity * 1_000_000 / line.quantity)


def _shown(line: OrderLine, quantity: Decimal) -> dict[str, str]:
    return {"line": str(line.pk), "quantity": format(quantity.normalize(), "f")}


def _make(
    order: Order, kind: SplitKind, parts: Sequence[Part], *, by: Actor, now: datetime
) -> list[PaymentSplit]:
    known = conditions(by.restaurant_id, now=now)
    payments = [_payment(order, part.amount, known, by=by, now=now) for part in parts]
    Payment.objects.bulk_create(payments)
    return PaymentSplit.objects.bulk_create(
        PaymentSplit(
            restaurant_id=by.restaurant_id,
            order=order,
            payment=payment,
            kind=kind,
            number=number,
            parts=len(parts),
            lines=list(part.lines),
            made_by_id=by.membership_id,
            made_at=now,
        )
        for number, (payment, part) in enumerate(zip(payments, parts, strict=True), 1)
    )


def _payment(order: Order, amount: int, known: Conditions, *, by: Actor, now: datetime) -> Payment:
    """As by the way to pay that the restaurant prefers; whichever is asked for sets its own."""
    profile = restaurant_profile(by.restaurant_id)
    payment = Payment(
        restaurant_id=by.restaurant_id,
        order=order,
        business_date=business_date(
            at=now, zone=profile.time_zone, day_starts_at=profile.day_starts_at
        ),
        currency=order.currency,
        bill=amount,
        fee_payer=known.chosen.fee_payer,
        taken_by_id=by.membership_id,
        taken_at=now,
    )
    apply_terms(payment, terms_of(_preferred(known), amount, known))
    return payment


def _preferred(known: Conditions) -> Method:
    usable = known.set_up - {Method.CASH}
    offered: Sequence[Any] = [one for one in known.chosen.methods if one in usable]
    return Method(offered[0]) if offered else Method.CARD
