"""What a payment becomes when less is captured than was held, and what it costs then."""

from dataclasses import dataclass

from fynlo.accounts.selectors import restaurant_profile
from fynlo.clock import business_date
from payments.models import Payment, PaymentAttempt
from payments.selectors.fees import fee_schedules
from payments.services.fees import portion
from payments.services.terms import rate_of


@dataclass(frozen=True, slots=True)
class Taken:
    """Minor units. `platform` is Fynlo's fee of the bill and the tip that are in it."""

    bill: int
    tip: int
    customer_fee: int
    platform: int


def taken(payment: Payment, captured: int) -> Taken:
    """The guest's fee and the tip come first, the rest pays the bill; so little that nothing
    would be left for the bill pays one minor unit of it, then the tip. Pure.

    `captured`: from 1 to `payment.total`, of a payment of which nothing is captured yet.
    """
    missing = payment.total - captured
    bill = max(payment.bill - missing, 1)
    tip = min(payment.tip, captured - bill)
    whole = payment.bill + payment.tip
    platform = portion(payment.platform_fee, whole=whole, part=bill + tip)
    return Taken(bill, tip, captured - bill - tip, platform)


def take_less(payment: Payment, attempt: PaymentAttempt) -> None:
    """Writes on the instances what `attempt.captured`, less than was held, pays and costs;
    nothing is saved."""
    part = taken(payment, attempt.captured)
    payment.bill, payment.tip = part.bill, part.tip
    payment.customer_fee, payment.total = part.customer_fee, attempt.captured
    payment.platform_fee = attempt.platform_fee = part.platform
    expected = _provider_fee(attempt)
    payment.provider_fee_estimate = attempt.estimated_fee = expected


def _provider_fee(attempt: PaymentAttempt) -> int:
    """By the price list of the day on which it was asked for."""
    profile = restaurant_profile(attempt.restaurant_id)
    day = business_date(
        at=attempt.created_at, zone=profile.time_zone, day_starts_at=profile.day_starts_at
    )
    prices = fee_schedules(country=profile.country, currency=attempt.currency, on=day)
    return rate_of(prices.get(attempt.method)).provider_fee(attempt.captured)
