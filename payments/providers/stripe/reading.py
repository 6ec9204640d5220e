"""Stripe's objects in our words."""

from datetime import UTC, datetime
from typing import Any

from payments.choices import AttemptStatus, RefundStatus
from payments.providers.base import ProviderAttempt, ProviderRefund, SettlementLine
from payments.providers.stripe.amounts import from_stripe

STATUSES = {
    # A card that was declined leaves the intent open for another one: it is not dead.
    "requires_payment_method": AttemptStatus.AWAITING_CUSTOMER,
    "requires_confirmation": AttemptStatus.AWAITING_CUSTOMER,
    "requires_action": AttemptStatus.AWAITING_CUSTOMER,
    "processing": AttemptStatus.PROCESSING,
    "requires_capture": AttemptStatus.AUTHORIZED,
    "succeeded": AttemptStatus.SUCCEEDED,
    "canceled": AttemptStatus.CANCELED,
}
REFUNDS = {
    "pending": RefundStatus.PENDING,
    "requires_action": RefundStatus.PENDING,
    "succeeded": RefundStatus.SUCCEEDED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.FAILED,
}
DISPUTES = {"won": AttemptStatus.DISPUTE_WON, "lost": AttemptStatus.DISPUTE_LOST}
# An inquiry takes no money.
INQUIRIES = frozenset({"warning_needs_response", "warning_under_review", "warning_closed"})
KINDS = {"charge": "payment", "payment": "payment", "refund": "refund", "payment_refund": "refund"}
# What reading an intent asks to be told in full.
EXPANDED = ["latest_charge.balance_transaction"]
Json = dict[str, Any]


def attempt_of(intent: Json, *, hosted_url: str = "") -> ProviderAttempt:
    charge = _object(intent["latest_charge"])
    currency = intent["currency"].upper()
    status = STATUSES[intent["status"]]
    if status is AttemptStatus.SUCCEEDED and _is_available(charge):
        status = AttemptStatus.SETTLED
    return ProviderAttempt(
        provider_id=intent["id"],
        status=status,
        provider_status=intent["status"],
        amount=from_stripe(intent["amount"], currency),
        currency=currency,
        captured=from_stripe(intent["amount_received"], currency),
        refunded=from_stripe(charge.get("amount_refunded", 0), currency),
        fee=_fee(charge, currency),
        failure=_failure(intent),
        redirect_url=_redirect(intent, hosted_url),
        client_secret=intent["client_secret"],
        expires_at=_held_until(charge) if status is AttemptStatus.AUTHORIZED else None,
        opened=intent["status"] != "requires_payment_method" or bool(intent["last_payment_error"]),
    )


def _object(told: Any) -> Json:
    """An expanded object; an empty one when it is an id or nothing."""
    return told if isinstance(told, dict) else {}


def _is_available(charge: Json) -> bool:
    return bool(_object(charge.get("balance_transaction")).get("status") == "available")


def _fee(charge: Json, currency: str) -> int | None:
    """What Stripe took; the platform's own fee stands beside it in the same list."""
    transaction = _object(charge.get("balance_transaction"))
    if not transaction:
        return None
    rows = [row["amount"] for row in transaction["fee_details"] if row["type"] == "stripe_fee"]
    return from_stripe(sum(rows), currency)


def _failure(intent: Json) -> str:
    if intent["status"] == "canceled":
        return intent["cancellation_reason"] or "canceled"
    error = intent["last_payment_error"] or {}
    return str(error.get("decline_code") or error.get("code") or "")


def _redirect(intent: Json, hosted_url: str) -> str:
    """Where the guest's browser has to go: to the bank, or to the page that takes the card."""
    action = intent["next_action"] or {}
    if action.get("type") == "redirect_to_url":
        return str(action["redirect_to_url"]["url"])
    if hosted_url and intent["status"] in {"requires_payment_method", "requires_confirmation"}:
        return f"{hosted_url}/pay/{intent['id']}?key={intent['client_secret']}"
    return ""


def _held_until(charge: Json) -> datetime | None:
    card = _object(_object(charge.get("payment_method_details")).get("card"))
    at = card.get("capture_before")
    return datetime.fromtimestamp(at, UTC) if at else None


def refund_of(told: Json) -> ProviderRefund:
    return ProviderRefund(
        provider_id=told["id"],
        status=REFUNDS[told["status"]],
        amount=from_stripe(told["amount"], told["currency"]),
        failure=told.get("failure_reason") or "",
    )


def line_of(told: Json) -> SettlementLine:
    """One line of the balance. `kind` is "payment" or "refund", else Stripe's own word."""
    source, currency = _object(told["source"]), told["currency"].upper()
    kind = str(told["type"])
    return SettlementLine(
        provider_id=source.get("payment_intent") or source.get("id") or told["id"],
        kind=KINDS.get(kind, kind),
        amount=from_stripe(told["amount"], currency),
        fee=from_stripe(told["fee"], currency),
        net=from_stripe(told["net"], currency),
        currency=currency,
        settled_at=datetime.fromtimestamp(told["available_on"], UTC),
    )
