from payments.models.apple import AppleTransaction
from payments.models.attempts import PaymentAttempt, ProviderCall, provider_key
from payments.models.closing import DayClose
from payments.models.drawers import DrawerEvent, DrawerSession
from payments.models.fee_alarms import FeeAlarm
from payments.models.fees import FeeSchedule, SurchargeRule
from payments.models.ledger import LedgerAccount, LedgerEntry, LedgerTransaction
from payments.models.ledger_alarms import LedgerAlarm
from payments.models.payments import Payment
from payments.models.reconciliation import Reconciliation, ReconciliationLine
from payments.models.refunds import Refund
from payments.models.settings import PaymentSettings
from payments.models.splits import PaymentSplit
from payments.models.tips import LateTip
from payments.models.webhooks import WebhookEvent

__all__ = [
    "AppleTransaction",
    "DayClose",
    "DrawerEvent",
    "DrawerSession",
    "FeeAlarm",
    "FeeSchedule",
    "LateTip",
    "LedgerAccount",
    "LedgerAlarm",
    "LedgerEntry",
    "LedgerTransaction",
    "Payment",
    "PaymentAttempt",
    "PaymentSettings",
    "PaymentSplit",
    "ProviderCall",
    "Reconciliation",
    "ReconciliationLine",
    "Refund",
    "SurchargeRule",
    "WebhookEvent",
    "provider_key",
]
