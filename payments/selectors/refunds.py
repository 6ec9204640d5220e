"""Reads and locks of refunds."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from payments.choices import RefundStatus
from payments.documents import REFUND
from payments.models import Payment, PaymentAttempt, Refund
from pos.models import Order


def refunds(restaurant_id: UUID) -> QuerySet[Refund]:
    return Refund.objects.for_restaurant(restaurant_id)


def refund_document(restaurant_id: UUID, pk: UUID) -> str:
    """As it stands; it has to exist."""
    return REFUND.read(refunds(restaurant_id).filter(pk=pk))[0]


def refunds_of_order(order: Order) -> list[Refund]:
    """Those that took, or are about to take, from any payment of the order. Call while holding the
    order's lock."""
    of_it = Q(payment__order=order) | Q(payment__order__merged_into=order)
    rows = refunds(order.restaurant_id).filter(of_it, is_late=False)
    return list(rows.exclude(status=RefundStatus.FAILED).order_by("requested_at", "pk"))


def refund_row(refund_id: UUID) -> Refund:
    """Of whichever restaurant, with its attempt; to read only."""
    return Refund.objects.select_related("attempt").get(pk=refund_id)


def refund_known_to(attempt: PaymentAttempt, provider_id: str) -> Refund | None:
    return refunds(attempt.restaurant_id).filter(attempt=attempt, provider_id=provider_id).first()


def lock_refund(refund_id: UUID) -> Refund:
    """Call while holding its attempt's lock."""
    return Refund.objects.select_for_update(no_key=True).get(pk=refund_id)


def refunds_that_count(payment: Payment) -> list[Refund]:
    """Those that took, or are about to take, from what the payment has. Call while holding the
    payment's lock."""
    rows = refunds(payment.restaurant_id).filter(payment=payment, is_late=False)
    return list(rows.exclude(status=RefundStatus.FAILED).order_by("requested_at", "pk"))


def lock_refunds_to_poll(*, now: datetime, limit: int) -> list[Refund]:
    """Those that the provider is to be asked about; those that others hold are left out."""
    rows = Refund.objects.filter(is_watched=True, poll_at__lte=now)
    locked = rows.select_for_update(skip_locked=True, of=("self",), no_key=True)
    return list(locked.order_by("poll_at", "pk")[:limit])
