"""Double entry: what is posted balances, is posted once and never changes."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from fynlo.batches import insert_rows, kept
from fynlo.db import transaction_required
from payments.choices import Account, Posting
from payments.models import LedgerAccount, LedgerEntry, LedgerTransaction
from payments.selectors.ledger import ledger_account_ids


@transaction_required
def post(
    *,
    restaurant_id: UUID,
    source_key: str,
    kind: Posting,
    currency: str,
    amounts: Mapping[Account, int],
    business_date: date,
    now: datetime,
) -> None:
    """Write one transaction: minor units for each account, debits positive, zeros left out.

    Call while holding the payment's lock and before the event log's. PostgreSQL raises
    IntegrityError at once when `source_key` was posted before, and at commit when the amounts do
    not sum to zero or fewer than two are left.
    """
    moved = {account: amount for account, amount in amounts.items() if amount}
    accounts = _accounts(restaurant_id, moved)
    posted = LedgerTransaction(
        restaurant_id=restaurant_id,
        source_key=source_key,
        kind=kind,
        business_date=business_date,
        created_at=now,
    )
    insert_rows([posted])
    insert_rows(
        [
            LedgerEntry(
                transaction=posted, account_id=accounts[account], amount=amount, currency=currency
            )
            for account, amount in moved.items()
        ]
    )


def _accounts(restaurant_id: UUID, wanted: Mapping[Account, int]) -> dict[str, UUID]:
    known: dict[str, UUID] = kept(("accounts", restaurant_id), dict)
    if wanted.keys() <= known.keys():
        return known
    known |= ledger_account_ids(restaurant_id, wanted.keys())
    missing = sorted(wanted.keys() - known.keys())
    if not missing:
        return known
    LedgerAccount.objects.bulk_create(
        [LedgerAccount(restaurant_id=restaurant_id, code=code) for code in missing],
        ignore_conflicts=True,
    )
    known |= ledger_account_ids(restaurant_id, wanted.keys())
    return known
