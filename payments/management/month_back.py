"""Money of a generated month that goes back: refunds, and what the bank paid too late."""

import random
from datetime import date, datetime, timedelta

from fynlo.db import new_id
from payments.choices import (
    AttemptStatus,
    FeePayer,
    Method,
    PaymentStatus,
    Posting,
    Provider,
    RefundStatus,
)
from payments.management.month_sales import Cast, Sale
from payments.models import PaymentAttempt, Refund
from payments.services import postings
from payments.services.terms import terms_of
from pos.choices import PaymentStatus as Paid


def give_back(sale: Sale, cast: Cast, chance: random.Random, *, last: date) -> None:
    """All of it, or a part of the bill; up to two days later, and not after `last`."""
    payment, order = sale.payment, sale.order
    later = min(chance.randrange(3), (last - payment.business_date).days)
    day, at = payment.business_date + timedelta(later), payment.taken_at + timedelta(later)
    whole = chance.random() < 0.5
    bill, tip = (payment.bill, payment.tip) if whole else (payment.bill // 3, 0)
    refund = _refund(sale, sale.attempt, cast, bill=bill, tip=tip, at=at)
    refund.reason = "The soup was cold."
    payment.refunded = order.refunded = refund.amount
    payment.status = PaymentStatus.REFUNDED if whole else PaymentStatus.PARTIALLY_REFUNDED
    order.payment_status = Paid.REFUNDED if whole else Paid.PARTIALLY_REFUNDED
    amounts = postings.refunded(
        sale.attempt.provider, amount=refund.amount, tip=tip, platform_fee=0
    )
    sale.post(f"refund:{refund.pk}", Posting.REFUNDED, amounts, day=day, at=at)


def money_too_late(sale: Sale, cast: Cast) -> None:
    """The guest began at the bank, gave up, and paid by card; then the bank paid as well."""
    payment, at = sale.payment, sale.payment.taken_at
    fees = terms_of(Method.OPEN_BANKING, payment.total, cast.known, payer=FeePayer.RESTAURANT)
    estimated = fees.candidate.fees.provider
    sale.late = PaymentAttempt(
        restaurant_id=payment.restaurant_id,
        payment=payment,
        number=1,
        method=Method.OPEN_BANKING,
        provider=Provider.TRUELAYER,
        provider_id=str(new_id()),
        status=AttemptStatus.LATE_SUCCESS,
        amount=payment.total,
        captured=payment.total,
        currency=payment.currency,
        estimated_fee=estimated,
        actual_fee=estimated,
        created_at=at,
        ended_at=at,
    )
    sale.attempt.number, sale.attempt.fallback_of = 2, sale.late
    late = postings.late(Provider.TRUELAYER, amount=payment.total, provider_fee=estimated)
    sale.post(f"attempt:{sale.late.pk}:late", Posting.PAYMENT_LATE, late)
    refund = _refund(sale, sale.late, cast, bill=payment.total, tip=0, at=at)
    refund.is_late = True
    refund.reason = "The money came after the payment had been given up."
    amounts = postings.refunded_late(Provider.TRUELAYER, amount=refund.amount)
    sale.post(f"refund:{refund.pk}", Posting.REFUNDED, amounts)


def _refund(
    sale: Sale, attempt: PaymentAttempt, cast: Cast, *, bill: int, tip: int, at: datetime
) -> Refund:
    refund = Refund(
        restaurant_id=attempt.restaurant_id,
        payment=sale.payment,
        attempt=attempt,
        status=RefundStatus.SUCCEEDED,
        provider_id="" if attempt.provider == Provider.HOUSE else str(new_id()),
        currency=attempt.currency,
        amount=bill + tip,
        bill_amount=bill,
        tip_amount=tip,
        requested_by=cast.member,
        requested_at=at,
        ended_at=at,
    )
    sale.refunds.append(refund)
    return refund
