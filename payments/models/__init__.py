from payments.models.ledger import LedgerAccount, LedgerEntry, LedgerTransaction
from payments.models.payments import Payment

__all__ = ["LedgerAccount", "LedgerEntry", "LedgerTransaction", "Payment"]
