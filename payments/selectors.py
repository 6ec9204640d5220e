"""Reads of payments and of the ledger's accounts."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from payments.documents import PAYMENT
from payments.models import LedgerAccount, Payment


def payments(restaurant_id: UUID, **exact: Any) -> QuerySet[Payment]:
    """`exact`: equalities on fields of Payment."""
    return Payment.objects.for_restaurant(restaurant_id).filter(**exact)


def payment_document(restaurant_id: UUID, pk: UUID) -> str:
    """The payment as it stands; it has to exist."""
    return PAYMENT.read(payments(restaurant_id, pk=pk))[0]


def ledger_account_ids(restaurant_id: UUID, codes: Collection[str]) -> dict[str, UUID]:
    """By code; accounts that nothing was posted to yet are missing."""
    rows = LedgerAccount.objects.for_restaurant(restaurant_id).filter(code__in=codes)
    return dict(rows.values_list("code", "pk"))
