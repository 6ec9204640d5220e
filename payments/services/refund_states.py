"""What it means for the ledger and the order that a refund is made, or is not."""

import logging
from datetime import datetime
from uuid import UUID

from fynlo.accounts.actor import System
from fynlo.db import transaction_required
from fynlo.errors import move
from fynlo.events.log import Author
from payments.choices import (
    PAYMENT_TRANSITIONS,
    REFUND_TRANSITIONS,
    REFUND_UNDER_WAY,
    PaymentStatus,
    RefundStatus,
)
from payments.models import Payment, Refund
from payments.providers.base import ProviderRefund
from payments.selectors.attempts import Held
from payments.selectors.refunds import lock_refund
from payments.services.postings import post_refund_failed, post_refunded
from payments.services.telling import tell_payment
from payments.services.watching import watch_refund
from pos.services.bill import open_bill
from pos.services.settlement import record_refund

logger = logging.getLogger(__name__)


@transaction_required
def take_refund(
    held: Held,
    refund_id: UUID,
    said: ProviderRefund,
    *,
    now: datetime,
    by: Author | None = None,
) -> None:
    """The provider's word on a refund, or what `by` handed back. Call while holding the locks of
    `held`; what is already so, or may not be from here, changes nothing."""
    refund = _locked(held, refund_id)
    refund.provider_id = refund.provider_id or said.provider_id
    refund.failure = said.failure[:80]
    if said.amount != refund.amount:
        logger.error("refund %s: the provider names another amount", refund.pk)
    elif said.status in REFUND_TRANSITIONS[refund.status]:
        _move(held, refund, said.status, now=now, by=by)
    refund.save()


@transaction_required
def refund_failed(held: Held, refund_id: UUID, failure: str, *, now: datetime) -> None:
    """The provider refuses it for good. Call as `take_refund`."""
    refund = _locked(held, refund_id)
    if refund.status in REFUND_UNDER_WAY:
        refund.failure = failure[:80]
        _move(held, refund, RefundStatus.FAILED, now=now)


@transaction_required
def refund_is_unknown(held: Held, refund_id: UUID, *, now: datetime) -> None:
    """Its answer was lost. Call as `take_refund`."""
    refund = _locked(held, refund_id)
    if refund.status == RefundStatus.CREATED:
        _move(held, refund, RefundStatus.UNKNOWN, now=now)


def _locked(held: Held, refund_id: UUID) -> Refund:
    refund = lock_refund(refund_id)
    refund.payment, refund.attempt = held.payment, held.attempt
    return refund


def _move(
    held: Held, refund: Refund, status: RefundStatus, *, now: datetime, by: Author | None = None
) -> None:
    before = refund.status
    refund.status = move(before, status, REFUND_TRANSITIONS)
    refund.version += 1
    if status in (RefundStatus.SUCCEEDED, RefundStatus.FAILED):
        refund.ended_at = now
    watch_refund(refund, now=now)
    refund.save()
    if status == RefundStatus.SUCCEEDED:
        _made(held, refund, now=now)
    elif status == RefundStatus.FAILED:
        _not_made(held, refund, was_made=before == RefundStatus.SUCCEEDED, now=now)
    tell_payment(held, now=now, by=by)


def _made(held: Held, refund: Refund, *, now: datetime) -> None:
    held.kind = "payment.refunded"
    post_refunded(refund=refund, platform_fee=refund.platform_fee, now=now)
    if not refund.is_late:
        _count(held.payment, refunding=-refund.amount, refunded=refund.amount)
        _tell_order(held, refund.bill_amount + refund.tip_amount, now=now)


def _not_made(held: Held, refund: Refund, *, was_made: bool, now: datetime) -> None:
    logger.warning("refund %s: %s", refund.pk, refund.failure or "failed")
    held.kind = "payment.refund_failed"
    if was_made:
        post_refund_failed(refund=refund, now=now)
    if refund.is_late:
        return
    if was_made:
        _count(held.payment, refunding=0, refunded=-refund.amount)
        _tell_order(held, -refund.bill_amount - refund.tip_amount, now=now)
    else:
        _count(held.payment, refunding=-refund.amount, refunded=0)


def _count(payment: Payment, *, refunding: int, refunded: int) -> None:
    payment.refunding += refunding
    payment.refunded += refunded
    if payment.status == PaymentStatus.REVERSED:
        return
    target = PaymentStatus.PARTIALLY_REFUNDED
    if not payment.refunded:
        target = PaymentStatus.CAPTURED
    elif payment.refunded == payment.captured:
        target = PaymentStatus.REFUNDED
    if payment.status != target:
        payment.status = move(payment.status, target, PAYMENT_TRANSITIONS)


def _tell_order(held: Held, amount: int, *, now: datetime) -> None:
    if not amount:
        return
    bill = open_bill(held.order.restaurant_id, held.order.pk, status=None)
    by = System(held.order.restaurant_id)
    record_refund(bill=bill, amount=amount, by=by, now=now)
