"""What it means for the ledger and the order that money came, came too late, or went again."""

import logging
from datetime import date, datetime

from fynlo.accounts.actor import System
from fynlo.accounts.selectors import restaurant_profile
from fynlo.clock import business_date
from fynlo.db import transaction_required
from fynlo.errors import move
from payments.choices import PAYMENT_TRANSITIONS, AttemptStatus, PaymentStatus, Posting
from payments.models import Payment, Refund
from payments.providers.base import ProviderAttempt
from payments.selectors.attempts import Held
from payments.selectors.refunds import refunds_that_count
from payments.services.partial import take_less
from payments.services.postings import (
    post_captured,
    post_dispute,
    post_fee_adjustment,
    post_late_success,
    post_reversed,
)
from payments.services.refund_calls import plan_refund_call
from pos.choices import OrderStatus
from pos.services.bill import OpenBill, open_bill
from pos.services.settlement import Tender, record_payment, take_back_payment

logger = logging.getLogger(__name__)
DISPUTES = {
    AttemptStatus.DISPUTED: Posting.DISPUTE_OPENED,
    AttemptStatus.DISPUTE_WON: Posting.DISPUTE_WON,
    AttemptStatus.DISPUTE_LOST: Posting.DISPUTE_LOST,
}


@transaction_required
def capture(held: Held, said: ProviderAttempt, *, now: datetime) -> None:
    """The money is there: the payment has it, the ledger is posted, the order is paid.

    When the order was closed meanwhile, the money came too late.
    """
    if held.order.status != OrderStatus.OPEN:
        held.attempt.status = AttemptStatus.LATE_SUCCESS
        receive_late(held, said, now=now)
        return
    payment, attempt = held.payment, held.attempt
    attempt.ended_at, attempt.captured = now, said.captured or attempt.amount
    attempt.actual_fee = said.fee
    if attempt.captured < payment.total:
        take_less(payment, attempt)
    payment.status = move(payment.status, PaymentStatus.CAPTURED, PAYMENT_TRANSITIONS)
    payment.captured, payment.captured_at = attempt.captured, now
    payment.business_date = _today(payment, now)
    attempt.save()
    payment.save()
    post_captured(payment=payment, attempt=attempt, now=now)
    post_fee_adjustment(attempt=attempt, booked=attempt.estimated_fee, now=now)
    record_payment(
        bill=_bill(held),
        amount=payment.bill + payment.tip,
        tip=payment.tip,
        tender=Tender(payment.pk, payment.method, payment.get_method_display()),
        by=System(payment.restaurant_id),
        now=now,
    )
    held.kind = "payment.captured"


def _today(payment: Payment, now: datetime) -> date:
    profile = restaurant_profile(payment.restaurant_id)
    return business_date(at=now, zone=profile.time_zone, day_starts_at=profile.day_starts_at)


def _bill(held: Held) -> OpenBill:
    return open_bill(held.order.restaurant_id, held.order.pk, status=None)


@transaction_required
def receive_late(held: Held, said: ProviderAttempt, *, now: datetime) -> None:
    """Money that nobody waits for any more: it is booked as the guest's and sent back, once.

    PostgreSQL refuses a second late refund of one attempt.
    """
    attempt = held.attempt
    logger.warning("attempt %s: late money, to be refunded", attempt.pk)
    attempt.captured, attempt.actual_fee = said.captured or attempt.amount, said.fee
    attempt.save()
    post_late_success(attempt=attempt, now=now)
    post_fee_adjustment(attempt=attempt, booked=attempt.estimated_fee, now=now)
    refund = Refund.objects.create(
        restaurant_id=attempt.restaurant_id,
        payment=held.payment,
        attempt=attempt,
        amount=attempt.captured,
        bill_amount=attempt.captured,
        currency=attempt.currency,
        reason="The money came after the payment had been given up.",
        is_late=True,
        requested_at=now,
    )
    plan_refund_call(refund, now=now)
    held.kind = "payment.late_success"


@transaction_required
def reverse(held: Held, *, now: datetime) -> None:
    """The bank has taken back what it had paid: so do the ledger and the order. What was refunded
    by then stays refunded."""
    payment, attempt = held.payment, held.attempt
    logger.warning("attempt %s: taken back by the bank", attempt.pk)
    attempt.save()
    post_reversed(attempt=attempt, now=now)
    counted = refunds_that_count(payment)
    tip = payment.tip - sum(refund.tip_amount for refund in counted)
    bill = payment.bill - sum(refund.bill_amount for refund in counted)
    payment.status = move(payment.status, PaymentStatus.REVERSED, PAYMENT_TRANSITIONS)
    payment.captured = payment.refunded + payment.refunding
    payment.save()
    take_back_payment(
        bill=_bill(held),
        payment=payment.pk,
        amount=bill + tip,
        tip=tip,
        by=System(payment.restaurant_id),
        now=now,
    )
    held.kind = "payment.reversed"


@transaction_required
def dispute(held: Held, said: ProviderAttempt, kind: Posting, *, now: datetime) -> None:
    """The guest asked their bank for the money, or it was decided who has it. The order stays as
    it was paid: this is between the restaurant and the bank."""
    attempt = held.attempt
    logger.warning("attempt %s: %s", attempt.pk, kind)
    attempt.save()
    post_dispute(
        attempt=attempt,
        kind=kind,
        dispute=said.dispute,
        amount=said.disputed,
        fee=said.dispute_fee,
        now=now,
    )
    held.kind = f"payment.{kind}"
