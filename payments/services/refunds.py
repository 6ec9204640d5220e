"""Giving money back: all of it, a part, or what some lines cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings

from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Permission
from fynlo.db import Intent, created_before, transaction_required
from fynlo.errors import UnknownReference
from payments.choices import AttemptStatus, PaymentStatus, Provider, RefundStatus
from payments.errors import NothingToRefund, PaymentDisputed, RefundTooLarge
from payments.models import Payment, PaymentAttempt, Refund
from payments.providers.base import ProviderRefund
from payments.selectors.attempts import hold_attempt, hold_payment, paid_attempt_of
from payments.selectors.fees import payment_settings
from payments.selectors.refunds import refund_document, refunds_that_count
from payments.services.calls import Outcome, settle
from payments.services.drawer_entries import drawer_at_hand, enter_refund
from payments.services.fees import returned
from payments.services.refund_calls import plan_refund_call
from payments.services.refund_lines import LinePart, refunded_quantities, value_of
from payments.services.refund_states import take_refund
from payments.services.telling import tell
from pos.errors import ApprovalRequired
from pos.models import Order
from pos.selectors.orders import lines_of

REFUNDABLE = frozenset({PaymentStatus.CAPTURED, PaymentStatus.PARTIALLY_REFUNDED})


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to go back, in minor units: `amount`, or what the `lines` cost, or all that is left
    when neither is given. `tip`: how much of the tip is in it; without a word the bill goes first.
    """

    reason: str
    amount: int | None = None
    tip: int | None = None
    lines: Sequence[LinePart] = ()


@dataclass(frozen=True, slots=True)
class Parts:
    """Of a refund, or of what is left to be refunded, in minor units."""

    bill: int
    tip: int
    fee: int

    @property
    def total(self) -> int:
        return self.bill + self.tip + self.fee


@transaction_required
def prepare_refund(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    fingerprint: str,
    payment: UUID,
    wish: Wish,
    approver: UUID | None = None,
    drawer: UUID | None = None,
) -> Intent:
    """What goes back is taken off what may be refunded before anybody is asked for it. Cash goes
    back at once, out of `drawer` or the one at hand.

    Locks the order, the payment, its attempt, the drawer. Raises NotFound, IdConflict,
    NothingToRefund, RefundTooLarge, PaymentDisputed, UnknownReference, ApprovalRequired,
    DrawerNotOpen.
    """
    order, paid = hold_payment(by.restaurant_id, payment)
    if created_before(Refund, pk=pk, by=by.restaurant_id, fingerprint=fingerprint):
        return Intent(pk, None, is_new=False)
    attempt = _refundable(paid)
    parts, lines = _parts(order, paid, wish)
    _must_be_approved(paid, parts.total, by=by, approver=approver)
    refund = Refund(
        pk=pk,
        fingerprint=fingerprint,
        restaurant_id=by.restaurant_id,
        payment=paid,
        attempt=attempt,
        currency=paid.currency,
        amount=parts.total,
        bill_amount=parts.bill,
        tip_amount=parts.tip,
        fee_amount=parts.fee,
        platform_fee=_platform_fee(paid, parts),
        reason=wish.reason,
        lines=lines,
        requested_by_id=by.membership_id,
        approved_by_id=approver,
        requested_at=now,
    )
    refund.save(force_insert=True)
    paid.refunding += refund.amount
    paid.save()
    if attempt.provider == Provider.HOUSE:
        _hand_back(refund, drawer, by=by, now=now)
        return Intent(pk, None)
    tell(paid, "payment.refunding", now=now, by=by)
    return Intent(pk, plan_refund_call(refund, now=now).pk)


def _refundable(payment: Payment) -> PaymentAttempt:
    attempt = paid_attempt_of(payment)
    if payment.status not in REFUNDABLE or attempt is None:
        raise NothingToRefund
    if attempt.status in (AttemptStatus.DISPUTED, AttemptStatus.DISPUTE_LOST):
        raise PaymentDisputed
    return attempt


def _parts(order: Order, payment: Payment, wish: Wish) -> tuple[Parts, list[dict[str, Any]]]:
    left = _left(payment)
    lines = _lines(order, wish.lines)
    amount = sum(line["amount"] for line in lines) if lines else wish.amount
    if lines and wish.tip:
        amount = (amount or 0) + wish.tip
    parts = left if amount is None else _divided(left, amount, wish.tip)
    if parts.total <= 0:
        raise NothingToRefund
    if min(left.bill - parts.bill, left.tip - parts.tip, left.fee - parts.fee, parts.bill) < 0:
        raise RefundTooLarge(extra={"left": left.total, "left_of_tip": left.tip})
    return parts, lines


def _left(payment: Payment) -> Parts:
    counted = refunds_that_count(payment)
    return Parts(
        bill=payment.bill - sum(refund.bill_amount for refund in counted),
        tip=payment.tip - sum(refund.tip_amount for refund in counted),
        fee=payment.customer_fee - sum(refund.fee_amount for refund in counted),
    )


def _divided(left: Parts, amount: int, tip: int | None) -> Parts:
    """The bill first, the tip only when it is named or nothing else is left, the fee last."""
    if tip is None:
        bill = min(amount, left.bill)
        tip = min(amount - bill, left.tip)
        return Parts(bill, tip, amount - bill - tip)
    bill = min(amount - tip, left.bill)
    return Parts(bill, tip, amount - tip - bill)


def _lines(order: Order, parts: Sequence[LinePart]) -> list[dict[str, Any]]:
    """What they cost, on top of what was refunded of the same lines before."""
    if not parts:
        return []
    known = {line.pk: line for line in lines_of(order)}
    before = refunded_quantities(order)
    found = []
    for place, part in enumerate(parts):
        line = known.get(part.line)
        if line is None:
            raise UnknownReference(field=f"lines.{place}.line")
        gone = before.get(str(part.line), Decimal(0))
        quantity = line.quantity - gone if part.quantity is None else part.quantity
        if not 0 < quantity <= line.quantity - gone:
            raise RefundTooLarge(field=f"lines.{place}.quantity")
        amount = value_of(line, gone + quantity) - value_of(line, gone)
        found.append({"line": str(part.line), "quantity": str(quantity), "amount": amount})
    return found


def _must_be_approved(payment: Payment, amount: int, *, by: Actor, approver: UUID | None) -> None:
    """All refunds of a payment together count: a limit is not to be sliced."""
    together = payment.refunded + payment.refunding + amount
    limit = payment_settings(by.restaurant_id).refund_limit
    if together > limit and not by.may(Permission.APPROVE) and approver is None:
        raise ApprovalRequired(extra={"limit": limit})


def _platform_fee(payment: Payment, parts: Parts) -> int:
    """What Fynlo gives back of its own fee."""
    if not settings.PLATFORM_FEE_IS_REFUNDED:
        return 0
    before = sum(one.bill_amount + one.tip_amount for one in refunds_that_count(payment))
    whole = payment.bill + payment.tip
    return returned(payment.platform_fee, whole=whole, before=before, amount=parts.bill + parts.tip)


def _hand_back(refund: Refund, drawer: UUID | None, *, by: Actor, now: datetime) -> None:
    opened = drawer_at_hand(by, drawer)
    held = hold_attempt(refund.attempt_id)
    enter_refund(drawer=opened, refund=refund, by=by, now=now)
    done = ProviderRefund("", RefundStatus.SUCCEEDED, refund.amount)
    take_refund(held, refund.pk, done, now=now, by=by)


@transaction_required
def finish_refund(*, intent: Intent, outcome: Outcome | None, by: Actor, now: datetime) -> str:
    """The refund's document, whatever came of the call."""
    if intent.point and outcome:
        settle(call_id=intent.point, outcome=outcome, now=now)
    return refund_document(by.restaurant_id, intent.entity)
