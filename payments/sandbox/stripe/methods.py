"""Payment methods and tokens: what a card is called once it was given."""

import json
import time

from payments.sandbox.stripe.books import Books
from payments.sandbox.stripe.cards import BY_NUMBER, TestCard, described, is_number, named
from payments.sandbox.stripe.refusals import Answer, Json, Refused, invalid, missing_parameter
from payments.sandbox.stripe.store import inside

Declined = tuple[str, str, str]


def make_method(books: Books, params: Json) -> Answer:
    return Answer(200, method_of(books, params))


def make_token(books: Books, params: Json) -> Answer:
    """A card's, or an Apple Pay token's: `pk_token` is what PassKit calls paymentData."""
    if "pk_token" in params:
        card, wallet = _apple_card(books, params), "apple_pay"
    else:
        card, wallet = _typed(params.get("card") or {}), ""
    made = books.store.make(
        books.account, "token", type="card", used=False, card=described(card, wallet=wallet)
    )
    books.store.keep({**made, "number": card.number, "pk": params.get("pk_token_transaction_id")})
    return Answer(200, made)


def _apple_card(books: Books, params: Json) -> TestCard:
    """Stripe decrypts it with the key of its own certificate; the stand-in looks at its form."""
    try:
        token = json.loads(params["pk_token"])
        header = token["header"]
        whole = bool(token["data"] and token["signature"] and header["ephemeralPublicKey"])
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole or token.get("version") != "EC_v1":
        raise invalid("Your Apple Pay token is malformed.", param="pk_token")
    name = params.get("pk_token_transaction_id", "")
    if name and name != header.get("transactionId"):
        raise invalid("The transaction id is not the token's.", param="pk_token_transaction_id")
    if books.store.newest(books.account, "token", inside("pk", header["transactionId"])):
        raise invalid("This Apple Pay token was used before.", param="pk_token")
    return BY_NUMBER["4242424242424242"]


def method_of(books: Books, params: Json) -> Json:
    """Of `payment_method_data`: card numbers are taken, as they are in test mode."""
    if params.get("type") != "card":
        raise missing_parameter("type")
    given = params.get("card") or {}
    wallet = ""
    if "token" in given:
        card, wallet = _of_token(books, given["token"])
    else:
        card = _typed(given)
    return _made(books, card, wallet=wallet)


def find_method(books: Books, name: str) -> Json:
    """`pm_…` of this account, or one of the official names. Raises Refused (404)."""
    card = named(name)
    if card is not None and name.startswith("pm_card_"):
        return _made(books, card)
    return books.store.one(books.account, "payment_method", name)


def card_of(method: Json) -> TestCard:
    return BY_NUMBER[method["number"]]


def _made(books: Books, card: TestCard, *, wallet: str = "") -> Json:
    shown = described(card, wallet=wallet)
    made = books.store.make(
        books.account, "payment_method", type="card", card=shown, metadata={}, customer=None
    )
    books.store.keep({**made, "number": card.number})
    return {**made, "number": card.number}


def _of_token(books: Books, name: str) -> tuple[TestCard, str]:
    card = named(name)
    if card is not None:
        return card, ""
    token = books.store.one(books.account, "token", name)
    if token["used"]:
        raise invalid(
            "You cannot use a Stripe token more than once: " + name, code="token_already_used"
        )
    books.store.keep({**token, "used": True})
    wallet = token["card"]["wallet"]
    return BY_NUMBER[token["number"]], wallet["type"] if wallet else ""


def _typed(given: Json) -> TestCard:
    """Raises Refused as Stripe does for what is wrong with the digits themselves."""
    number = given.get("number", "").replace(" ", "")
    if not number:
        raise missing_parameter("card[number]")
    if not number.isdigit() or not is_number(number):
        raise _wrong("incorrect_number", "Your card number is incorrect.", "number")
    year, month = given.get("exp_year", 0), given.get("exp_month", 0)
    year += 2000 if year < 100 else 0
    if not 1 <= month <= 12:
        raise _wrong(
            "invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month"
        )
    today = time.gmtime()
    if (year, month) < (today.tm_year, today.tm_mon):
        raise _wrong("invalid_expiry_year", "Your card's expiration year is invalid.", "exp_year")
    if number not in BY_NUMBER:
        message = "Your card was declined. Your request was in test mode, but used a real card."
        raise Refused(
            402, "card_error", message, code="card_declined", decline_code="test_mode_live_card"
        )
    return BY_NUMBER[number]


def _wrong(code: str, message: str, param: str) -> Refused:
    return Refused(402, "card_error", message, code=code, param=param)
