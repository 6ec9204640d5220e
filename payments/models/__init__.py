from payments.models.fees import FeeSchedule, SurchargeRule
from payments.models.ledger import LedgerAccount, LedgerEntry, LedgerTransaction
from payments.models.payments import Payment
from payments.models.settings import PaymentSettings

__all__ = [
    "FeeSchedule",
    "LedgerAccount",
    "LedgerEntry",
    "LedgerTransaction",
    "Payment",
    "PaymentSettings",
    "SurchargeRule",
]
