"""The official test cards, by number, by `pm_card_…` and by `tok_…`, and how each behaves."""

from dataclasses import dataclass

from payments.sandbox.stripe.refusals import Json


@dataclass(frozen=True, slots=True)
class TestCard:
    """`decline`: the code and decline code with which it is refused. `challenge`: 3-D Secure is
    asked for first. `refund`: how a refund ends when not at once and well. `dispute`: the reason
    with which its holder goes to the bank."""

    number: str
    brand: str = "visa"
    decline: tuple[str, str] = ("", "")
    challenge: bool = False
    refund: str = "succeeded"
    dispute: str = ""
    country: str = "US"
    funding: str = "credit"

    @property
    def last4(self) -> str:
        return self.number[-4:]


def _declined(number: str, decline_code: str, code: str = "card_declined") -> TestCard:
    return TestCard(number, decline=(code, decline_code))


BY_NAME = {
    "visa": TestCard("4242424242424242"),
    "visa_debit": TestCard("4000056655665556", funding="debit"),
    "mastercard": TestCard("5555555555554444", brand="mastercard"),
    "amex": TestCard("378282246310005", brand="amex"),
    "gb": TestCard("4000008260000000", country="GB"),
    "bypassPending": TestCard("4000000000000077"),
    "visa_chargeDeclined": _declined("4000000000000002", "generic_decline"),
    "visa_chargeDeclinedInsufficientFunds": _declined("4000000000009995", "insufficient_funds"),
    "visa_chargeDeclinedLostCard": _declined("4000000000009987", "lost_card"),
    "visa_chargeDeclinedStolenCard": _declined("4000000000009979", "stolen_card"),
    "visa_chargeDeclinedVelocityLimitExceeded": _declined(
        "4000000000006975", "card_velocity_exceeded"
    ),
    "chargeDeclinedExpiredCard": _declined("4000000000000069", "expired_card", "expired_card"),
    "chargeDeclinedIncorrectCvc": _declined("4000000000000127", "incorrect_cvc", "incorrect_cvc"),
    "chargeDeclinedProcessingError": _declined(
        "4000000000000119", "processing_error", "processing_error"
    ),
    "authenticationRequired": TestCard("4000002760003184", challenge=True),
    "authenticationRequiredOnSetup": TestCard("4000002500003155", challenge=True),
    "threeDSecure2Required": TestCard("4000000000003220", challenge=True),
    "threeDSecureRequired": TestCard("4000000000003063", challenge=True),
    "threeDSecureRequiredChargeDeclined": TestCard(
        "4000008400001629", challenge=True, decline=("card_declined", "generic_decline")
    ),
    "authenticationRequiredChargeDeclinedInsufficientFunds": TestCard(
        "4000008260003178", challenge=True, decline=("card_declined", "insufficient_funds")
    ),
    "pendingRefund": TestCard("4000000000007726", refund="pending"),
    "refundFail": TestCard("4000000000005126", refund="failed"),
    "createDispute": TestCard("4000000000000259", dispute="fraudulent"),
    "createDisputeProductNotReceived": TestCard("4000000000002685", dispute="product_not_received"),
}
BY_NUMBER = {card.number: card for card in BY_NAME.values()}

SENTENCES = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "lost_card": "Your card was declined.",
    "stolen_card": "Your card was declined.",
    "card_velocity_exceeded": "Your card was declined for making repeated attempts too frequently.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
}


def named(reference: str) -> TestCard | None:
    """Of `pm_card_visa`, `tok_visa` and their like. Tokens leave out the brand of bad visas."""
    name = reference.removeprefix("pm_card_").removeprefix("tok_")
    return BY_NAME.get(name) or BY_NAME.get(f"visa_{name}")


def is_number(number: str) -> bool:
    """Whether the last digit is the one that Luhn's sum asks for."""
    digits = [int(digit) for digit in reversed(number)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def described(card: TestCard, *, wallet: str = "") -> Json:
    return {
        "brand": card.brand,
        "country": card.country,
        "funding": card.funding,
        "last4": card.last4,
        "wallet": {"type": wallet} if wallet else None,
    }
