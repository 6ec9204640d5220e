"""Reads of payments."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from payments.documents import PAYMENT
from payments.models import Payment


def payments(restaurant_id: UUID, **exact: Any) -> QuerySet[Payment]:
    """`exact`: equalities on fields of Payment."""
    return Payment.objects.for_restaurant(restaurant_id).filter(**exact)


def one_payment(restaurant_id: UUID, pk: UUID) -> Payment:
    """To read only. Raises NotFound."""
    return Payment.objects.one(restaurant_id, pk)


def payment_document(restaurant_id: UUID, pk: UUID) -> str:
    """The payment as it stands; it has to exist."""
    return PAYMENT.read(payments(restaurant_id, pk=pk))[0]
