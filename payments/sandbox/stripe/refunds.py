"""Refunds and disputes: money that goes back to the guest."""

from payments.sandbox.stripe.books import Books
from payments.sandbox.stripe.charges import post, shown
from payments.sandbox.stripe.methods import card_of
from payments.sandbox.stripe.refusals import Answer, Json, invalid, missing_parameter

DISPUTE_FEE = 1500


def refund(books: Books, params: Json) -> Answer:
    paid = _charge_to_refund(books, params)
    left = paid["amount_captured"] - paid["amount_refunded"]
    if not left:
        message = f"Charge {paid['id']} has already been refunded."
        raise invalid(message, code="charge_already_refunded")
    amount = params.get("amount", left)
    if amount < 1:
        raise invalid("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if amount > left:
        message = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        raise invalid(message, param="amount")
    return Answer(200, _refunded(books, paid, amount, params))


def _charge_to_refund(books: Books, params: Json) -> Json:
    name = params.get("charge")
    if "payment_intent" in params:
        name = books.store.one(books.account, "payment_intent", params["payment_intent"])[
            "latest_charge"
        ]
    elif name is None:
        raise missing_parameter("payment_intent")
    found = books.store.one(books.account, "charge", name or "none")
    if not found["captured"]:
        raise invalid(
            f"This PaymentIntent ({found['payment_intent']}) does not have a successful charge to"
            " refund.",
            code="payment_intent_unexpected_state",
        )
    return found


def _refunded(books: Books, paid: Json, amount: int, params: Json) -> Json:
    from_card = books.store.one(books.account, "payment_method", paid["payment_method"])
    ends = card_of(from_card).refund
    transaction = post(books, paid, kind="refund", amount=-amount)
    made = books.store.make(
        books.account,
        "refund",
        amount=amount,
        balance_transaction=transaction["id"],
        charge=paid["id"],
        currency=paid["currency"],
        metadata=params.get("metadata", {}),
        payment_intent=paid["payment_intent"],
        reason=params.get("reason"),
        status="pending" if ends == "pending" else "succeeded",
    )
    paid["amount_refunded"] += amount
    paid["refunded"] = paid["amount_refunded"] == paid["amount_captured"]
    books.store.keep(paid)
    books.emit("refund.created", made)
    books.emit("charge.refunded", shown(paid))
    return failed(books, made) if ends == "failed" else made


def failed(books: Books, refund: Json) -> Json:
    """The bank sent it back: the money is in the account's balance again."""
    paid = books.store.one(books.account, "charge", refund["charge"])
    transaction = post(books, refund, kind="refund_failure", amount=refund["amount"])
    paid["amount_refunded"] -= refund["amount"]
    paid["refunded"] = False
    books.store.keep(paid)
    refund.update(
        status="failed",
        failure_reason="expired_or_canceled_card",
        failure_balance_transaction=transaction["id"],
    )
    books.store.keep(refund)
    books.emit("refund.failed", refund)
    return refund


def arrived(books: Books, refund: Json) -> Json:
    """A pending refund has reached the card."""
    refund["status"] = "succeeded"
    books.store.keep(refund)
    books.emit("refund.updated", refund)
    return refund


def dispute(books: Books, paid: Json, *, reason: str) -> Json:
    """The holder went to the bank: the amount and a fee are taken back for the while."""
    fee = {"amount": DISPUTE_FEE, "currency": paid["currency"], "type": "stripe_fee"}
    made = books.store.make(
        books.account,
        "dispute",
        amount=paid["amount_captured"],
        charge=paid["id"],
        currency=paid["currency"],
        evidence={},
        metadata={},
        payment_intent=paid["payment_intent"],
        reason=reason,
        status="needs_response",
    )
    taken = post(books, made, kind="adjustment", amount=-made["amount"], fees=[fee])
    made["balance_transactions"] = [taken]
    books.store.keep(made)
    paid["disputed"] = True
    books.store.keep(paid)
    books.emit("charge.dispute.created", made)
    books.emit("charge.dispute.funds_withdrawn", made)
    return made


def close_dispute(books: Books, disputed: Json, *, won: bool) -> Json:
    disputed["status"] = "won" if won else "lost"
    if won:
        back = post(books, disputed, kind="adjustment", amount=disputed["amount"])
        disputed["balance_transactions"].append(back)
        books.emit("charge.dispute.funds_reinstated", disputed)
    books.store.keep(disputed)
    books.emit("charge.dispute.closed", disputed)
    return disputed
