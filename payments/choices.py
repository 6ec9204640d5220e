"""How guests pay, how far a payment is, and what the ledger calls its accounts."""

from django.db import models

from fynlo.errors import Transitions


class Method(models.TextChoices):
    CASH = "cash", "Cash"


class PaymentStatus(models.TextChoices):
    PENDING = "PENDING", "Nothing taken yet"
    CAPTURED = "CAPTURED", "Captured"


PAYMENT_TRANSITIONS: Transitions = {
    PaymentStatus.PENDING: frozenset({PaymentStatus.CAPTURED}),
    PaymentStatus.CAPTURED: frozenset(),
}


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
