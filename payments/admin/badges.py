"""The colours of what happens to money."""

from fynlo.accounts.admin.display import badge
from payments.choices import DEAD, PAID, AttemptStatus, PaymentStatus, RefundStatus

PAYMENT = {
    PaymentStatus.PENDING: "info",
    PaymentStatus.CAPTURED: "success",
    PaymentStatus.PARTIALLY_REFUNDED: "warning",
    PaymentStatus.REFUNDED: "warning",
    PaymentStatus.CANCELLED: "default",
    PaymentStatus.REVERSED: "danger",
}
REFUND = {
    RefundStatus.CREATED: "info",
    RefundStatus.UNKNOWN: "warning",
    RefundStatus.PENDING: "info",
    RefundStatus.SUCCEEDED: "success",
    RefundStatus.FAILED: "danger",
}
TO_LOOK_AT = frozenset(
    {
        AttemptStatus.LATE_SUCCESS,
        AttemptStatus.REVIEW,
        AttemptStatus.REVERSED,
        AttemptStatus.DISPUTED,
        AttemptStatus.DISPUTE_LOST,
    }
)


def payment_badge(status: str) -> str:
    known = PaymentStatus(status)
    return badge(known.label, PAYMENT[known])


def refund_badge(status: str) -> str:
    known = RefundStatus(status)
    return badge(known.label, REFUND[known])


def attempt_badge(status: str) -> str:
    known = AttemptStatus(status)
    if known in TO_LOOK_AT:
        return badge(known.label, "danger")
    if known in PAID:
        return badge(known.label, "success")
    return badge(known.label, "default" if known in DEAD else "info")
