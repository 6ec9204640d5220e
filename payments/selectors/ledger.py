"""Reads of the ledger."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Sum

from fynlo import rows as tables
from payments.choices import Account
from payments.models import LedgerAccount, LedgerEntry


def ledger_account_ids(restaurant_id: UUID, codes: Collection[str]) -> dict[str, UUID]:
    """By code; accounts that nothing was posted to yet are missing."""
    found = tables.read(
        LedgerAccount, "WHERE restaurant_id = %s AND code = ANY(%s)", restaurant_id, list(codes)
    )
    return {account.code: account.pk for account in found}


def posted_amounts(restaurant_id: UUID, source_key: str) -> dict[Account, int]:
    """What one source moved, by account, in minor units; empty when nothing was posted."""
    rows = LedgerEntry.objects.filter(
        transaction__restaurant_id=restaurant_id, transaction__source_key=source_key
    )
    sums = rows.values_list("account__code").annotate(Sum("amount")).order_by("account__code")
    return {Account(code): amount for code, amount in sums}
