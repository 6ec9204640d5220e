"""Charges and what they cost: one line of the balance for each movement of money."""

import time
from datetime import UTC, datetime, timedelta

from payments.sandbox.stripe.books import Books
from payments.sandbox.stripe.cards import SENTENCES, TestCard
from payments.sandbox.stripe.refusals import Json

FEE_BPS = 290
FEE_FIXED = 30
HELD_S = 7 * 24 * 3600


def stripe_fee(amount: int) -> int:
    """Minor units: 2.9 % half-up, and 30."""
    return (2 * amount * FEE_BPS + 10_000) // 20_000 + FEE_FIXED


def charge(books: Books, intent: Json, method: Json, card: TestCard) -> Json:
    """Tried at once: failed, held (manual capture) or captured."""
    code, decline_code = card.decline
    made = books.store.make(
        books.account,
        "charge",
        amount=intent["amount"],
        amount_captured=0,
        amount_refunded=0,
        application_fee_amount=intent["application_fee_amount"],
        balance_transaction=None,
        captured=False,
        currency=intent["currency"],
        disputed=False,
        failure_code=code or None,
        failure_message=SENTENCES.get(decline_code),
        metadata=intent["metadata"],
        outcome={
            "type": "issuer_declined" if code else "authorized",
            "network_status": "declined_by_network" if code else "approved_by_network",
            "reason": decline_code or None,
        },
        paid=not code,
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details={"type": "card", "card": _held(intent, method["card"])},
        refunded=False,
        status="failed" if code else "succeeded",
    )
    made["card_number"] = card.number
    books.store.keep(made)
    books.emit("charge.failed" if code else "charge.succeeded", shown(made))
    return made


def _held(intent: Json, card: Json) -> Json:
    """A hold ends by itself after seven days."""
    is_held = intent["capture_method"] == "manual"
    return {**card, "capture_before": int(time.time()) + HELD_S if is_held else None}


def shown(charge: Json) -> Json:
    return {name: value for name, value in charge.items() if name != "card_number"}


def capture(books: Books, charge: Json, amount: int, application_fee: int | None) -> Json:
    """The money is taken, and Stripe's and the platform's fees off it."""
    fees = [_fee(stripe_fee(amount), charge["currency"], "stripe_fee")]
    if application_fee:
        fees.append(_fee(application_fee, charge["currency"], "application_fee"))
    transaction = post(books, charge, kind="charge", amount=amount, fees=fees)
    charge.update(
        captured=True,
        amount_captured=amount,
        balance_transaction=transaction["id"],
        application_fee_amount=application_fee,
    )
    return books.store.keep(charge)


def _fee(amount: int, currency: str, kind: str) -> Json:
    return {"amount": amount, "currency": currency, "type": kind, "description": kind}


def post(
    books: Books, source: Json, *, kind: str, amount: int, fees: list[Json] | None = None
) -> Json:
    """One line of the account's balance. `amount` in minor units, negative when it leaves."""
    fee = sum(row["amount"] for row in fees or [])
    tomorrow = datetime.now(UTC) + timedelta(days=2)
    return books.store.make(
        books.account,
        "balance_transaction",
        amount=amount,
        available_on=int(tomorrow.timestamp()),
        currency=source["currency"],
        fee=fee,
        fee_details=fees or [],
        net=amount - fee,
        reporting_category=kind,
        source=source["id"],
        status="pending",
        type=kind,
    )
