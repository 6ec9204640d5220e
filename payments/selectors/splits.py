"""Reads of the parts of orders that several guests pay."""

from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from fynlo.errors import NotFound
from payments.choices import OPEN, PaymentStatus
from payments.models import Payment, PaymentAttempt, PaymentSplit
from pos.models import Order
from pos.selectors.orders import orders


def splits_of(restaurant_id: UUID, order: UUID) -> QuerySet[PaymentSplit]:
    """Raises NotFound for an order that is not this restaurant's."""
    if not orders(restaurant_id).filter(pk=order).exists():
        raise NotFound
    return PaymentSplit.objects.for_restaurant(restaurant_id).filter(order_id=order)


def lock_unasked_parts(order: Order) -> list[Payment]:
    """The order's parts that wait and that nobody is being asked for, locked in the order of
    their keys. Call while holding the order's lock."""
    asked = PaymentAttempt.objects.filter(payment=OuterRef("pk"), status__in=OPEN)
    rows = Payment.objects.for_restaurant(order.restaurant_id).filter(
        ~Exists(asked), order=order, status=PaymentStatus.PENDING, split__isnull=False
    )
    return list(rows.select_for_update(of=("self",), no_key=True).order_by("pk"))
