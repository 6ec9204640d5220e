"""PaymentIntents: one state engine, as docs.stripe.com/payments/paymentintents/lifecycle has it."""

import secrets
import time

from payments.sandbox.stripe.books import Books
from payments.sandbox.stripe.cards import SENTENCES, TestCard
from payments.sandbox.stripe.charges import capture, charge
from payments.sandbox.stripe.methods import card_of, find_method, method_of
from payments.sandbox.stripe.refunds import dispute
from payments.sandbox.stripe.refusals import (
    Answer,
    Json,
    invalid,
    missing_parameter,
    unexpected_state,
)
from payments.sandbox.stripe.shapes import CONFIRM

MINIMUM = {"gbp": 30, "eur": 50, "usd": 50, "jpy": 50}
LARGEST = 99_999_999
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")


def create(books: Books, params: Json) -> Answer:
    """Raises Refused for amounts and currencies that Stripe would not take."""
    amount, currency = params["amount"], params["currency"]
    if len(currency) != 3 or not currency.isalpha():
        raise invalid(f"Invalid currency: {currency}", param="currency")
    if amount < MINIMUM.get(currency.lower(), 1):
        raise invalid(
            "Amount must be no less than the minimum.", code="amount_too_small", param="amount"
        )
    if amount > LARGEST:
        raise invalid(
            "Amount must be no more than 999,999.99.", code="amount_too_large", param="amount"
        )
    fee = params.get("application_fee_amount")
    if fee is not None and not (books.is_connected and 0 <= fee <= amount):
        raise invalid(
            "An application_fee_amount is at most the amount, and for connected accounts only.",
            param="application_fee_amount",
        )
    made = _new(books, params)
    books.emit("payment_intent.created", made)
    if params.get("confirm"):
        return confirm(books, made, {name: params[name] for name in params.keys() & CONFIRM.keys()})
    return Answer(200, _attached(books, made, params))


def _new(books: Books, params: Json) -> Json:
    made = books.store.make(
        books.account,
        "payment_intent",
        amount=params["amount"],
        amount_capturable=0,
        amount_received=0,
        application_fee_amount=params.get("application_fee_amount"),
        canceled_at=None,
        cancellation_reason=None,
        capture_method=params.get("capture_method", "automatic_async"),
        confirmation_method="automatic",
        currency=params["currency"].lower(),
        customer=params.get("customer"),
        description=params.get("description"),
        last_payment_error=None,
        latest_charge=None,
        metadata=params.get("metadata", {}),
        next_action=None,
        payment_method=None,
        payment_method_types=params.get("payment_method_types", ["card"]),
        statement_descriptor_suffix=params.get("statement_descriptor_suffix"),
        status="requires_payment_method",
    )
    made["client_secret"] = f"{made['id']}_secret_{secrets.token_hex(12)}"
    return books.store.keep(made)


def _attached(books: Books, intent: Json, params: Json) -> Json:
    method = _given_method(books, params)
    if method:
        intent.update(payment_method=method["id"], status="requires_confirmation")
    return books.store.keep(intent)


def _given_method(books: Books, params: Json) -> Json | None:
    if "payment_method" in params:
        return find_method(books, params["payment_method"])
    if "payment_method_data" in params:
        return method_of(books, params["payment_method_data"])
    return None


def confirm(books: Books, intent: Json, params: Json) -> Answer:
    """Charges the card, or asks its holder first. A decline is 402 and stays on the intent."""
    if intent["status"] not in OPEN:
        raise unexpected_state(
            f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}.",
            intent,
        )
    if params.get("amount_to_confirm", intent["amount"]) != intent["amount"]:
        raise invalid("amount_to_confirm is not the amount.", param="amount_to_confirm")
    method = _given_method(books, params) or _attached_method(books, intent)
    intent.update(
        payment_method=method["id"],
        next_action=None,
        last_payment_error=None,
        capture_method=params.get("capture_method", intent["capture_method"]),
    )
    card = card_of(method)
    if card.challenge:
        return _challenge(books, intent, params)
    return _charge(books, intent, method, card)


def _attached_method(books: Books, intent: Json) -> Json:
    if intent["payment_method"] is None:
        raise invalid(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
            payment_intent=intent,
        )
    return books.store.one(books.account, "payment_method", intent["payment_method"])


def _challenge(books: Books, intent: Json, params: Json) -> Answer:
    if params.get("error_on_requires_action") or params.get("off_session"):
        return _declined(books, intent, "authentication_required", "authentication_required")
    url = f"{books.origin}/3ds/{intent['id']}?key={intent['client_secret']}"
    back = params.get("return_url")
    if back:
        action: Json = {
            "type": "redirect_to_url",
            "redirect_to_url": {"url": url, "return_url": back},
        }
    else:
        hook = {"type": "three_d_secure_redirect", "stripe_js": url}
        action = {"type": "use_stripe_sdk", "use_stripe_sdk": hook}
    intent.update(status="requires_action", next_action=action)
    books.store.keep(intent)
    books.emit("payment_intent.requires_action", intent)
    return Answer(200, intent)


def authenticate(books: Books, intent: Json, *, succeeded: bool) -> Json:
    """The holder came back from the challenge. Nothing happens when it is no longer waited for."""
    if intent["status"] != "requires_action":
        return intent
    intent["next_action"] = None
    method = books.store.one(books.account, "payment_method", intent["payment_method"])
    if succeeded:
        _charge(books, intent, method, card_of(method))
        return intent
    code = "payment_intent_authentication_failure"
    _declined(books, intent, code, "")
    return intent


def _charge(books: Books, intent: Json, method: Json, card: TestCard) -> Answer:
    made = charge(books, intent, method, card)
    intent["latest_charge"] = made["id"]
    if not made["paid"]:
        return _declined(books, intent, *card.decline)
    if intent["capture_method"] == "manual":
        intent.update(status="requires_capture", amount_capturable=intent["amount"])
        books.store.keep(intent)
        books.emit("payment_intent.amount_capturable_updated", intent)
        return Answer(200, intent)
    return Answer(200, _captured(books, intent, made, intent["amount"], card))


def _captured(books: Books, intent: Json, made: Json, amount: int, card: TestCard) -> Json:
    capture(books, made, amount, intent["application_fee_amount"])
    intent.update(status="succeeded", amount_received=amount, amount_capturable=0)
    books.store.keep(intent)
    books.emit("payment_intent.succeeded", intent)
    if card.dispute:
        dispute(books, made, reason=card.dispute)
    return intent


def _declined(books: Books, intent: Json, code: str, decline_code: str) -> Answer:
    error = {
        "type": "card_error",
        "code": code,
        "message": SENTENCES.get(decline_code, "Your card could not be authenticated."),
        **({"decline_code": decline_code} if decline_code else {}),
        "charge": intent["latest_charge"],
    }
    intent.update(status="requires_payment_method", last_payment_error=error, payment_method=None)
    books.store.keep(intent)
    books.emit("payment_intent.payment_failed", intent)
    return Answer(402, {"error": {**error, "payment_intent": intent}})


def capture_intent(books: Books, intent: Json, params: Json) -> Answer:
    if intent["status"] != "requires_capture":
        raise unexpected_state(
            "This PaymentIntent could not be captured because it has a status of"
            f" {intent['status']}.",
            intent,
        )
    amount = int(params.get("amount_to_capture") or intent["amount_capturable"])
    if not 1 <= amount <= intent["amount_capturable"]:
        raise invalid(
            f"The requested capture amount is greater than {intent['amount_capturable']}.",
            code="amount_too_large",
            param="amount_to_capture",
        )
    if "application_fee_amount" in params:
        intent["application_fee_amount"] = params["application_fee_amount"]
    made = books.store.one(books.account, "charge", intent["latest_charge"])
    method = books.store.one(books.account, "payment_method", intent["payment_method"])
    return Answer(200, _captured(books, intent, made, amount, card_of(method)))


def cancel(books: Books, intent: Json, params: Json) -> Answer:
    if intent["status"] not in (*OPEN, "requires_capture"):
        raise unexpected_state(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}.",
            intent,
        )
    return Answer(200, give_up(books, intent, params.get("cancellation_reason")))


def give_up(books: Books, intent: Json, reason: str | None) -> Json:
    """Canceled: by request, or `automatic` when a hold has run out."""
    intent.update(
        status="canceled",
        canceled_at=int(time.time()),
        cancellation_reason=reason,
        amount_capturable=0,
        next_action=None,
    )
    books.store.keep(intent)
    books.emit("payment_intent.canceled", intent)
    return intent


def require_secret(intent: Json, given: str) -> None:
    if not secrets.compare_digest(given, intent["client_secret"]):
        raise missing_parameter("client_secret")
