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


class FeePayer(models.TextChoices):
    CUSTOMER = "customer", "The guest"
    RESTAURANT = "restaurant", "The restaurant"


class PaymentStatus(models.TextChoices):
    PENDING = "PENDING", "Nothing taken yet"
    CAPTURED = "CAPTURED", "Captured"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED", "Partially refunded"
    REFUNDED = "REFUNDED", "Refunded"
    CANCELLED = "CANCELLED", "Cancelled"
    REVERSED = "REVERSED", "Taken back by the bank"


_REFUNDABLE = frozenset(
    {
        PaymentStatus.CAPTURED,
        PaymentStatus.PARTIALLY_REFUNDED,
        PaymentStatus.REFUNDED,
        PaymentStatus.REVERSED,
    }
)
PAYMENT_TRANSITIONS: Transitions = {
    PaymentStatus.PENDING: frozenset({PaymentStatus.CAPTURED, PaymentStatus.CANCELLED}),
    PaymentStatus.CAPTURED: _REFUNDABLE - {PaymentStatus.CAPTURED},
    PaymentStatus.PARTIALLY_REFUNDED: _REFUNDABLE,
    PaymentStatus.REFUNDED: _REFUNDABLE - {PaymentStatus.REFUNDED},
    PaymentStatus.CANCELLED: frozenset(),
    PaymentStatus.REVERSED: frozenset(),
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


OPEN = frozenset(
    {
        AttemptStatus.CREATED,
        AttemptStatus.UNKNOWN,
        AttemptStatus.AWAITING_CUSTOMER,
        AttemptStatus.AUTHORIZED,
        AttemptStatus.PROCESSING,
        AttemptStatus.EXPIRING,
        AttemptStatus.CANCELING,
        AttemptStatus.CANCEL_UNKNOWN,
    }
)
BEING_CANCELLED = frozenset(
    {AttemptStatus.EXPIRING, AttemptStatus.CANCELING, AttemptStatus.CANCEL_UNKNOWN}
)
DEAD = frozenset(
    {
        AttemptStatus.EXPIRED,
        AttemptStatus.CANCELED,
        AttemptStatus.DECLINED,
        AttemptStatus.FAILED,
    }
)
PAID = frozenset(
    {
        AttemptStatus.SUCCEEDED,
        AttemptStatus.SETTLED,
        AttemptStatus.REVIEW,
        AttemptStatus.DISPUTED,
        AttemptStatus.DISPUTE_WON,
        AttemptStatus.DISPUTE_LOST,
    }
)
_TOLD_BY_PROVIDER = DEAD | {
    AttemptStatus.AUTHORIZED,
    AttemptStatus.PROCESSING,
    AttemptStatus.SUCCEEDED,
}
_LATE = frozenset({AttemptStatus.LATE_SUCCESS})
# What an attempt may become. What is not here is ignored: a provider's word may come late, twice
# or in another order.
ATTEMPT_TRANSITIONS: Transitions = {
    AttemptStatus.CREATED: _TOLD_BY_PROVIDER
    | {AttemptStatus.UNKNOWN, AttemptStatus.AWAITING_CUSTOMER, AttemptStatus.CANCELING},
    AttemptStatus.UNKNOWN: _TOLD_BY_PROVIDER | BEING_CANCELLED | {AttemptStatus.AWAITING_CUSTOMER},
    AttemptStatus.AWAITING_CUSTOMER: _TOLD_BY_PROVIDER | BEING_CANCELLED,
    AttemptStatus.AUTHORIZED: (_TOLD_BY_PROVIDER | BEING_CANCELLED) - {AttemptStatus.AUTHORIZED},
    AttemptStatus.PROCESSING: DEAD | {AttemptStatus.SUCCEEDED},
    AttemptStatus.EXPIRING: _TOLD_BY_PROVIDER | {AttemptStatus.CANCEL_UNKNOWN},
    AttemptStatus.CANCELING: _TOLD_BY_PROVIDER | {AttemptStatus.CANCEL_UNKNOWN},
    AttemptStatus.CANCEL_UNKNOWN: _TOLD_BY_PROVIDER | {AttemptStatus.CANCELING},
    AttemptStatus.EXPIRED: _LATE,
    AttemptStatus.CANCELED: _LATE,
    AttemptStatus.DECLINED: _LATE,
    AttemptStatus.FAILED: _LATE,
    AttemptStatus.SUCCEEDED: frozenset(
        {
            AttemptStatus.SETTLED,
            AttemptStatus.REVIEW,
            AttemptStatus.REVERSED,
            AttemptStatus.DISPUTED,
        }
    ),
    AttemptStatus.SETTLED: frozenset({AttemptStatus.DISPUTED, AttemptStatus.REVERSED}),
    AttemptStatus.REVIEW: frozenset({AttemptStatus.SETTLED, AttemptStatus.REVERSED}),
    AttemptStatus.DISPUTED: frozenset({AttemptStatus.DISPUTE_WON, AttemptStatus.DISPUTE_LOST}),
    AttemptStatus.DISPUTE_WON: frozenset({AttemptStatus.DISPUTED}),
    AttemptStatus.DISPUTE_LOST: frozenset(),
    AttemptStatus.REVERSED: frozenset(),
    AttemptStatus.LATE_SUCCESS: frozenset(),
}


class Ending(models.TextChoices):
    """What is to follow when an attempt ends without money."""

    NOTHING = "", "The payment waits for another attempt"
    FALLBACK = "FALLBACK", "The card"
    CANCEL = "CANCEL", "The payment is cancelled"


class Operation(models.TextChoices):
    """What is asked of a provider under a key of its own."""

    CREATE = "create", "Create"
    CONFIRM = "confirm", "Confirm"
    CAPTURE = "capture", "Capture"
    CANCEL = "cancel", "Cancel"
    REFUND = "refund", "Refund"


class WebhookState(models.TextChoices):
    RECEIVED = "RECEIVED", "Received"
    DONE = "DONE", "Done"
    IGNORED = "IGNORED", "About nothing of ours"


class RefundStatus(models.TextChoices):
    CREATED = "CREATED", "Not yet sent to the provider"
    UNKNOWN = "UNKNOWN", "Sent, the answer was lost"
    PENDING = "PENDING", "On its way to the guest"
    SUCCEEDED = "SUCCEEDED", "Refunded"
    FAILED = "FAILED", "Failed"


REFUND_UNDER_WAY = frozenset({RefundStatus.CREATED, RefundStatus.UNKNOWN, RefundStatus.PENDING})
REFUND_TRANSITIONS: Transitions = {
    RefundStatus.CREATED: frozenset(
        {
            RefundStatus.UNKNOWN,
            RefundStatus.PENDING,
            RefundStatus.SUCCEEDED,
            RefundStatus.FAILED,
        }
    ),
    RefundStatus.UNKNOWN: frozenset(
        {RefundStatus.PENDING, RefundStatus.SUCCEEDED, RefundStatus.FAILED}
    ),
    RefundStatus.PENDING: frozenset({RefundStatus.SUCCEEDED, RefundStatus.FAILED}),
    # A bank may send a refund back after it said that it was made.
    RefundStatus.SUCCEEDED: frozenset({RefundStatus.FAILED}),
    RefundStatus.FAILED: frozenset(),
}


class CancelOutcome(models.TextChoices):
    CANCELED = "CANCELED", "It can no longer be paid"
    ALREADY_FINAL = "ALREADY_FINAL", "It had ended before"
    TOO_LATE = "TOO_LATE", "The guest has approved it"
    UNKNOWN = "UNKNOWN", "The provider did not say"


class Surcharge(models.TextChoices):
    """Whether a guest may be charged for a way to pay."""

    FORBIDDEN = "FORBIDDEN", "Forbidden by law"
    WHEN_CONFIRMED = "WHEN_CONFIRMED", "Once an owner has confirmed that it is lawful"
    AT_COST = "AT_COST", "Allowed, at what it costs"


class Obstacle(models.TextChoices):
    """Why a way to pay cannot be used now."""

    DISABLED = "disabled", "The restaurant does not offer it."
    NOT_SET_UP = "not_set_up", "Nobody has set it up for this restaurant."
    NO_PRICE = "no_price", "It is not offered in this country and currency."
    PROVIDER_DOWN = "provider_down", "The provider does not answer at the moment."
    BELOW_MINIMUM = "below_minimum", "The amount is too small for it."
    ABOVE_MAXIMUM = "above_maximum", "The amount is too large for it."
    LAST_DIGIT = "last_digit", "It takes only amounts whose last digit is 0."


class AcceptAt(models.TextChoices):
    """When a bank payment closes the table."""

    EXECUTED = "executed", "When the bank has accepted it"
    SETTLED = "settled", "When the money is in the account"


class CloseState(models.TextChoices):
    CHECKING = "CHECKING", "Looking for what is still open"
    SUMMING = "SUMMING", "Adding the day up"
    DONE = "DONE", "Closed"


CLOSE_TRANSITIONS: Transitions = {
    CloseState.CHECKING: frozenset({CloseState.SUMMING}),
    CloseState.SUMMING: frozenset({CloseState.DONE}),
    CloseState.DONE: frozenset(),
}


class Finding(models.TextChoices):
    """How a provider's books of a day differ from ours."""

    MISSING = "MISSING", "The provider does not have it"
    EXTRA = "EXTRA", "We do not have it"
    AMOUNT = "AMOUNT", "The amounts differ"
    FEE = "FEE", "The fees differ"


class SplitKind(models.TextChoices):
    EQUAL = "equal", "Equal parts"
    ITEMS = "items", "What each had"
    CUSTOM = "custom", "Amounts of their own"


class DrawerStatus(models.TextChoices):
    OPEN = "OPEN", "Open"
    CLOSED = "CLOSED", "Closed"


class DrawerEventKind(models.TextChoices):
    OPENED = "OPENED", "Opened with a float"
    SALE = "SALE", "Paid by a guest"
    REFUND = "REFUND", "Refunded to a guest"
    TIP = "TIP", "Tip left later"
    PAID_IN = "PAID_IN", "Paid in"
    PAID_OUT = "PAID_OUT", "Paid out"
    NO_SALE = "NO_SALE", "Opened without a sale"
    UNDONE = "UNDONE", "Taken back"
    COUNTED = "COUNTED", "Counted"
    CLOSED = "CLOSED", "Closed, over or short"


MOVEMENTS = (DrawerEventKind.PAID_IN, DrawerEventKind.PAID_OUT, DrawerEventKind.NO_SALE)


class DrawerOutcome(models.TextChoices):
    EXACT = "exact", "Exact"
    OVERAGE = "overage", "Too much"
    SHORTAGE = "shortage", "Too little"


class Account(models.TextChoices):
    """The codes of a restaurant's accounts. A debit is positive, a credit negative.

    `GUEST_RECEIVABLE` is what guests owe for their bills and pay in cash, `TIPS_PAYABLE` what the
    restaurant owes its staff, `CASH_ROUNDING` what the smallest coin gave (negative) or took,
    `CASH_DIFFERENCE` what drawers held too little (positive) or too much, `CASH_MOVEMENTS` what
    was paid into drawers (negative) or out of them.
    `PSP_CLEARING` is what a provider holds for the restaurant, `RESTAURANT_PAYABLE` what is left
    of it for the restaurant, `PROVIDER_FEE_PAYABLE` the provider's share of it,
    `PROVIDER_FEE_ADJUSTMENT` what providers took above (positive) or below their estimate,
    `CUSTOMER_REFUNDS_PAYABLE` money that came too late and goes back.
    """

    CASH_DRAWER = "cash_drawer", "Cash drawer"
    CASH_ROUNDING = "cash_rounding", "Cash rounding"
    CASH_DIFFERENCE = "cash_difference", "Cash over and short"
    CASH_MOVEMENTS = "cash_movements", "Paid in and out of drawers"
    GUEST_RECEIVABLE = "guest_receivable", "Guests"
    TIPS_PAYABLE = "tips_payable", "Tips"
    RESTAURANT_PAYABLE = "restaurant_payable", "Restaurant"
    PSP_CLEARING_TRUELAYER = "psp_clearing:truelayer", "Held by TrueLayer"
    PSP_CLEARING_STRIPE = "psp_clearing:stripe", "Held by Stripe"
    PROVIDER_FEE_PAYABLE_TRUELAYER = "provider_fee_payable:truelayer", "Fees of TrueLayer"
    PROVIDER_FEE_PAYABLE_STRIPE = "provider_fee_payable:stripe", "Fees of Stripe"
    PROVIDER_FEE_ADJUSTMENT = "provider_fee_adjustment", "Fees above their estimate"
    PLATFORM_REVENUE = "platform_revenue", "Fynlo"
    CUSTOMER_REFUNDS_PAYABLE = "customer_refunds_payable", "Late money to give back"
    CHARGEBACK_RECEIVABLE = "chargeback_receivable", "Disputed"
    SUSPENSE = "suspense", "Unexplained"


CLEARING: dict[str, Account] = {
    Provider.TRUELAYER: Account.PSP_CLEARING_TRUELAYER,
    Provider.STRIPE: Account.PSP_CLEARING_STRIPE,
    Provider.HOUSE: Account.CASH_DRAWER,
}
PROVIDER_FEES: dict[str, Account] = {
    Provider.TRUELAYER: Account.PROVIDER_FEE_PAYABLE_TRUELAYER,
    Provider.STRIPE: Account.PROVIDER_FEE_PAYABLE_STRIPE,
}
PROVIDER_OF: dict[str, Provider] = {
    Method.OPEN_BANKING: Provider.TRUELAYER,
    Method.CARD: Provider.STRIPE,
    Method.APPLE_PAY: Provider.STRIPE,
    Method.CASH: Provider.HOUSE,
}


class Posting(models.TextChoices):
    """Why a ledger transaction was written."""

    PAYMENT_CAPTURED = "payment_captured", "Payment captured"
    PAYMENT_REVERSED = "payment_reversed", "Payment taken back by the bank"
    PAYMENT_LATE = "payment_late", "Payment came too late"
    REFUNDED = "refunded", "Refunded"
    REFUND_FAILED = "refund_failed", "Refund sent back by the bank"
    FEE_ADJUSTED = "fee_adjusted", "Fee as the provider reports it"
    DISPUTE_OPENED = "dispute_opened", "Disputed by the guest"
    DISPUTE_WON = "dispute_won", "Dispute won"
    DISPUTE_LOST = "dispute_lost", "Dispute lost"
    TIP_ADDED = "tip_added", "Tip added later"
    DRAWER_MOVED = "drawer_moved", "Paid into or out of a drawer"
    DRAWER_COUNTED = "drawer_counted", "Drawer over or short"


class Stage(models.TextChoices):
    """What a guest's phone shows of a payment."""

    PREPARING = "preparing", "The provider is being asked"
    BANK = "bank", "It can be paid by bank"
    CARD = "card", "It can be paid by card"
    CONFIRMING = "confirming", "Approved, not yet confirmed"
    CLOSING = "closing", "The bank is being told that it is over"
    OVER = "over", "Nothing was taken; another way may be chosen"
    PAID = "paid", "Paid"
    CANCELLED = "cancelled", "Nobody is to pay it any more"
    ASK_STAFF = "ask_staff", "Somebody has to look"
