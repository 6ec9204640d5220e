"""Reads of the ledger."""

from collections.abc import Collection
from uuid import UUID

from payments.models import LedgerAccount


def ledger_account_ids(restaurant_id: UUID, codes: Collection[str]) -> dict[str, UUID]:
    """By code; accounts that nothing was posted to yet are missing."""
    rows = LedgerAccount.objects.for_restaurant(restaurant_id).filter(code__in=codes)
    return dict(rows.values_list("code", "pk"))
