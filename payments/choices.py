"""How guests pay, how far a payment is, and what the ledger calls its accounts."""

from django.db import models

from fynlo.errors import Transitions


class Method(models.TextChoices):
    OPEN_BANKING = "open_banking", "Bank"
    CARD = "card", "Card"
    APPLE_PAY = "apple_pay", "Apple Pay"
    CASH = "cash", "Cash"


class Provider(models.TextChoices):
    TRUELAYER = "truelayer", "TrueLayer"
    STRIPE = "stripe", "Stripe"
    HOUSE = "house", "The restaurant's own drawer"


class PaymentStatus(models.TextChoices):
    PENDING = "PENDING", "Nothing taken yet"
    CAPTURED = "CAPTURED", "Captured"


PAYMENT_TRANSITIONS: Transitions = {
    PaymentStatus.PENDING: frozenset({PaymentStatus.CAPTURED}),
    PaymentStatus.CAPTURED: frozenset(),
}


class AttemptStatus(models.TextChoices):
    CREATED = "CREATED", "Not yet sent to the provider"
    UNKNOWN = "UNKNOWN", "Sent, the answer was lost"
    AWAITING_CUSTOMER = "AWAITING_CUSTOMER", "Waiting for the guest"
    AUTHORIZED = "AUTHORIZED", "Held, to be captured"
    PROCESSING = "PROCESSING", "Approved, the money is on its way"
    SUCCEEDED = "SUCCEEDED", "Paid"
    SETTLED = "SETTLED", "In the restaurant's account"
    EXPIRING = "EXPIRING", "Too late, being cancelled at the provider"
    CANCELING = "CANCELING", "Being cancelled at the provider"
    CANCEL_UNKNOWN = "CANCEL_UNKNOWN", "The provider did not say whether it is cancelled"
    EXPIRED = "EXPIRED", "Expired"
    CANCELED = "CANCELED", "Cancelled"
    DECLINED = "DECLINED", "Declined"
    FAILED = "FAILED", "Failed"
    LATE_SUCCESS = "LATE_SUCCESS", "Paid after it was given up; to be refunded"
    REVIEW = "REVIEW", "Settlement stalled; somebody has to look"
    REVERSED = "REVERSED", "Taken back by the bank"
    DISPUTED = "DISPUTED", "Disputed"
    DISPUTE_WON = "DISPUTE_WON", "Dispute won"
    DISPUTE_LOST = "DISPUTE_LOST", "Dispute lost"


class RefundStatus(models.TextChoices):
    CREATED = "CREATED", "Not yet sent to the provider"
    UNKNOWN = "UNKNOWN", "Sent, the answer was lost"
    PENDING = "PENDING", "On its way to the guest"
    SUCCEEDED = "SUCCEEDED", "Refunded"
    FAILED = "FAILED", "Failed"


class CancelOutcome(models.TextChoices):
    CANCELED = "CANCELED", "It can no longer be paid"
    ALREADY_FINAL = "ALREADY_FINAL", "It had ended before"
    TOO_LATE = "TOO_LATE", "The guest has approved it"
    UNKNOWN = "UNKNOWN", "The provider did not say"


class Account(models.TextChoices):
    """The codes of a restaurant's accounts. A debit is positive, a credit negative.

    `GUEST_RECEIVABLE` is what guests owe for their bills, `TIPS_PAYABLE` what the restaurant owes
    its staff, `CASH_ROUNDING` what the smallest coin gave (negative) or took.
    """

    CASH_DRAWER = "cash_drawer", "Cash drawer"
    GUEST_RECEIVABLE = "guest_receivable", "Guests"
    TIPS_PAYABLE = "tips_payable", "Tips"
    CASH_ROUNDING = "cash_rounding", "Cash rounding"


class Posting(models.TextChoices):
    """Why a ledger transaction was written."""

    PAYMENT_CAPTURED = "payment_captured", "Payment captured"
