"""Reads and locks of attempts and of calls to providers.

Providers know nothing of restaurants: what they name is looked up everywhere, and everything that
follows is done for the restaurant of the attempt that was found.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from fynlo.batches import was_made_here
from fynlo.errors import NotFound
from payments.choices import OPEN, PAID, AttemptStatus, Operation, PaymentStatus
from payments.models import Payment, PaymentAttempt, ProviderCall
from pos.models import Order
from pos.selectors.orders import lock_order

# A payment has one open attempt at most: none is counted twice.
_RESERVED = """
SELECT COALESCE(sum(p.bill), 0) FROM payments_payment p
JOIN payments_paymentattempt a ON a.payment_id = p.id AND a.status = ANY(%(open)s)
WHERE p.restaurant_id = %(restaurant)s AND p.status = 'PENDING' AND p.id <> ALL(%(but)s)
    AND p.order_id = ANY(ARRAY(
        SELECT id FROM pos_order WHERE id = %(order)s OR merged_into_id = %(order)s
    ))
"""


@dataclass(slots=True)
class Held:
    """An attempt with the rows above it, locked to the end of the transaction.

    `kind` is what the payment's event will be called, `next_call` a call that was planned for the
    attempt that follows.
    """

    order: Order
    payment: Payment
    attempt: PaymentAttempt
    kind: str = "payment.updated"
    next_call: UUID | None = None


def attempts(restaurant_id: UUID) -> QuerySet[PaymentAttempt]:
    return PaymentAttempt.objects.for_restaurant(restaurant_id)


def attempt_of(restaurant_id: UUID, attempt_id: UUID) -> PaymentAttempt:
    """To read only. Raises NotFound."""
    found = attempts(restaurant_id).filter(pk=attempt_id).first()
    if found is None:
        raise NotFound
    return found


def attempt_row(attempt_id: UUID) -> PaymentAttempt:
    """Of whichever restaurant, with its payment and order; to read only. Raises NotFound."""
    rows = PaymentAttempt.objects.select_related("payment__order")
    found = rows.filter(pk=attempt_id).first()
    if found is None:
        raise NotFound
    return found


def attempt_known_to(provider: str, provider_id: str) -> PaymentAttempt | None:
    return PaymentAttempt.objects.filter(provider=provider, provider_id=provider_id).first()


def attempt_of_token(token_hash: str) -> PaymentAttempt | None:
    """By the SHA-256 of the token in a QR code; to read only."""
    rows = PaymentAttempt.objects.select_related("payment__order")
    return rows.filter(token_hash=token_hash).first()


def hold_attempt(attempt_id: UUID) -> Held:
    """Locks the order, the payment, the attempt, in this order. Raises NotFound.

    The order is the one that has the bill now: a merged order's is the one it was merged into.
    """
    home = PaymentAttempt.objects.filter(pk=attempt_id)
    found = home.values_list("restaurant_id", "payment_id").first()
    if found is None:
        raise NotFound
    restaurant_id, payment_id = found
    order, payment = hold_payment(restaurant_id, payment_id)
    attempt = PaymentAttempt.objects.lock(restaurant_id, attempt_id)
    attempt.payment = payment
    return Held(order, payment, attempt)


def hold_payment(restaurant_id: UUID, payment_id: UUID) -> tuple[Order, Payment]:
    """Locks the order that has the bill now, then the payment. Raises NotFound."""
    order_id = Payment.objects.one(restaurant_id, payment_id).order_id
    order = lock_order(restaurant_id, order_id)
    while order.merged_into_id:
        order = lock_order(restaurant_id, order.merged_into_id)
    payment = Payment.objects.lock(restaurant_id, payment_id)
    payment.order = order
    return order, payment


def last_code_of_payment(restaurant_id: UUID, payment_id: UUID) -> PaymentAttempt | None:
    """The newest attempt of a payment that has a QR code, with its payment; to read only."""
    return _codes(restaurant_id).filter(payment=payment_id).last()


def last_code_of_order(restaurant_id: UUID, order_id: UUID) -> PaymentAttempt | None:
    """As `last_code_of_payment`, of the order's payments that nothing was taken by yet."""
    pending = {"payment__order": order_id, "payment__status": PaymentStatus.PENDING}
    return _codes(restaurant_id).filter(**pending).last()


def _codes(restaurant_id: UUID) -> QuerySet[PaymentAttempt]:
    rows = attempts(restaurant_id).exclude(token_hash="").select_related("payment")
    return rows.order_by("created_at", "number")


def open_attempt_of(payment: Payment) -> PaymentAttempt | None:
    """Call while holding the payment's lock, or to read only."""
    rows = attempts(payment.restaurant_id).filter(payment=payment)
    return rows.filter(status__in=OPEN).first()


def paid_attempt_of(payment: Payment) -> PaymentAttempt | None:
    """The one whose money the payment has. Call as above."""
    rows = attempts(payment.restaurant_id).filter(payment=payment)
    return rows.filter(status__in=PAID).first()


def last_attempt_of(payment: Payment) -> PaymentAttempt | None:
    """Call as above."""
    return attempts(payment.restaurant_id).filter(payment=payment).order_by("-number").first()


def last_number(payment: Payment) -> int:
    """Of the payment's attempts; 0 before the first. Call while holding the payment's lock."""
    rows = attempts(payment.restaurant_id).filter(payment=payment).order_by("-number")
    return rows.values_list("number", flat=True).first() or 0


def call_row(call_id: UUID) -> ProviderCall:
    """With its attempt, refund, payment and order; to read only. Raises NotFound."""
    rows = ProviderCall.objects.select_related("attempt__payment__order", "refund")
    found = rows.filter(pk=call_id).first()
    if found is None:
        raise NotFound
    return found


def lock_call(call_id: UUID) -> ProviderCall:
    """Call while holding its attempt's lock, when that is taken at all."""
    return ProviderCall.objects.select_for_update(no_key=True).get(pk=call_id)


def calls_of(
    attempt: PaymentAttempt, operation: Operation, *, refund: UUID | None = None
) -> QuerySet[ProviderCall]:
    """Newest last."""
    rows = ProviderCall.objects.for_restaurant(attempt.restaurant_id)
    rows = rows.filter(attempt=attempt, operation=operation, refund=refund)
    return rows.order_by("sequence")


def unfinished_calls(*, before: datetime, limit: int) -> list[UUID]:
    """Those that nobody is at: their time to be tried (again) came before this moment."""
    rows = ProviderCall.objects.filter(finished_at=None, try_at__lte=before)
    return list(rows.order_by("try_at", "pk").values_list("pk", flat=True)[:limit])


def lock_overdue(*, now: datetime, limit: int) -> list[UUID]:
    """Those whose time is up; those that others hold are left out."""
    waiting = [AttemptStatus.UNKNOWN, AttemptStatus.AWAITING_CUSTOMER]
    rows = PaymentAttempt.objects.filter(status__in=waiting, expires_at__lte=now)
    locked = rows.select_for_update(skip_locked=True, of=("self",), no_key=True)
    return list(locked.order_by("expires_at", "pk").values_list("pk", flat=True)[:limit])


def lock_to_poll(*, now: datetime, limit: int) -> list[PaymentAttempt]:
    """Those that the provider is to be asked about; those that others hold are left out."""
    rows = PaymentAttempt.objects.filter(is_watched=True, poll_at__lte=now)
    locked = rows.select_for_update(skip_locked=True, of=("self",), no_key=True)
    return list(locked.order_by("poll_at", "pk")[:limit])


def reserved(order: Order, *, but: Collection[UUID] = ()) -> int:
    """Minor units of the order's bill that open attempts may still take. Call while holding the
    order's lock."""
    if was_made_here(order.pk):
        return 0
    values: dict[str, Any] = {
        "restaurant": order.restaurant_id,
        "order": order.pk,
        "open": sorted(OPEN),
        "but": list(but),
    }
    with connection.cursor() as cursor:
        cursor.execute(_RESERVED, values)
        return int(cursor.fetchone()[0])
