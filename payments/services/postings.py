"""What each movement of money does to the ledger.

The first half is pure: minor units for each account, debits positive, and every result sums to
zero. The second half posts them, each once, whatever is repeated; call it while holding the
payment's lock and before the event log's.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

from fynlo.accounts.selectors import restaurant_profile
from fynlo.clock import business_date
from fynlo.db import transaction_required
from payments.choices import CLEARING, PROVIDER_FEES, Account, AttemptStatus, Posting, Provider
from payments.models import LateTip, Payment
from payments.selectors.ledger import posted_amounts
from payments.services import ledger
from payments.services.tip_credits import credit_tips

Amounts = Mapping[Account, int]


def captured_in_cash(*, bill: int, rounding: int, tip: int) -> Amounts:
    """`bill` includes `rounding`."""
    return {
        Account.CASH_DRAWER: bill + tip,
        Account.GUEST_RECEIVABLE: rounding - bill,
        Account.TIPS_PAYABLE: -tip,
        Account.CASH_ROUNDING: -rounding,
    }


def captured(
    provider: str, *, captured: int, tip: int, provider_fee: int, platform_fee: int
) -> Amounts:
    """The tip is owed to the staff in full: fees come out of the restaurant's share alone."""
    return {
        CLEARING[provider]: captured,
        Account.TIPS_PAYABLE: -tip,
        PROVIDER_FEES[provider]: -provider_fee,
        Account.PLATFORM_REVENUE: -platform_fee,
        Account.RESTAURANT_PAYABLE: tip + provider_fee + platform_fee - captured,
    }


def late(provider: str, *, amount: int, provider_fee: int) -> Amounts:
    """Money of an attempt that had been given up: all of it goes back to the guest."""
    return {
        CLEARING[provider]: amount,
        Account.CUSTOMER_REFUNDS_PAYABLE: -amount,
        Account.PROVIDER_FEE_ADJUSTMENT: provider_fee,
        PROVIDER_FEES[provider]: -provider_fee,
    }


def refunded_late(provider: str, *, amount: int) -> Amounts:
    return {Account.CUSTOMER_REFUNDS_PAYABLE: amount, CLEARING[provider]: -amount}


def refunded(provider: str, *, amount: int, tip: int, platform_fee: int) -> Amounts:
    """`tip`: the part of `amount` that the staff give back; `platform_fee`: what Fynlo does."""
    pays = Account.GUEST_RECEIVABLE if provider == Provider.HOUSE else Account.RESTAURANT_PAYABLE
    return {
        CLEARING[provider]: -amount,
        Account.TIPS_PAYABLE: tip,
        Account.PLATFORM_REVENUE: platform_fee,
        pays: amount - tip - platform_fee,
    }


def fee_adjusted(provider: str, *, more: int) -> Amounts:
    """`more`: what the provider took above what the books say, or negative."""
    return {Account.PROVIDER_FEE_ADJUSTMENT: more, PROVIDER_FEES[provider]: -more}


def dispute_opened(provider: str, *, amount: int, fee: int) -> Amounts:
    """The provider takes the amount away at once, and a fee of its own that stays with it."""
    return {
        Account.CHARGEBACK_RECEIVABLE: amount,
        Account.PROVIDER_FEE_ADJUSTMENT: fee,
        CLEARING[provider]: -amount - fee,
    }


def dispute_won(provider: str, *, amount: int) -> Amounts:
    return {CLEARING[provider]: amount, Account.CHARGEBACK_RECEIVABLE: -amount}


def dispute_lost(*, amount: int) -> Amounts:
    return {Account.RESTAURANT_PAYABLE: amount, Account.CHARGEBACK_RECEIVABLE: -amount}


def opposite(amounts: Amounts) -> Amounts:
    return {account: -amount for account, amount in amounts.items()}


class Attempted(Protocol):
    """An attempt, as the ledger sees it. Minor units; `estimated_fee` is the provider's."""

    @property
    def pk(self) -> UUID: ...
    @property
    def payment(self) -> Payment: ...
    @property
    def provider(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def captured(self) -> int: ...
    @property
    def platform_fee(self) -> int: ...
    @property
    def estimated_fee(self) -> int: ...
    @property
    def actual_fee(self) -> int | None: ...


class Refunded(Protocol):
    """A refund that has reached the guest; `tip_amount` is part of `amount`."""

    @property
    def pk(self) -> UUID: ...
    @property
    def attempt(self) -> Attempted: ...
    @property
    def amount(self) -> int: ...
    @property
    def tip_amount(self) -> int: ...


def _captured_key(payment: Payment) -> str:
    return f"payment:{payment.pk}:captured"


@transaction_required
def post_captured(*, payment: Payment, attempt: Attempted, now: datetime) -> None:
    """Once for each payment. `attempt.captured` is what was taken, `payment.tip` the part of it
    that belongs to the staff."""
    amounts = (
        captured_in_cash(bill=payment.bill, rounding=payment.rounding, tip=payment.tip)
        if attempt.provider == Provider.HOUSE
        else captured(
            attempt.provider,
            captured=attempt.captured,
            tip=min(payment.tip, attempt.captured),
            provider_fee=attempt.estimated_fee,
            platform_fee=attempt.platform_fee,
        )
    )
    _post(payment, Posting.PAYMENT_CAPTURED, _captured_key(payment), amounts, now=now)


@transaction_required
def post_late_success(*, attempt: Attempted, now: datetime) -> None:
    """Once for each attempt."""
    amounts = late(attempt.provider, amount=attempt.captured, provider_fee=attempt.estimated_fee)
    key = f"attempt:{attempt.pk}:late"
    _post(attempt.payment, Posting.PAYMENT_LATE, key, amounts, now=now)


@transaction_required
def post_refunded(*, refund: Refunded, platform_fee: int, now: datetime) -> None:
    """Once for each refund; `platform_fee` is what Fynlo gives back with it
    (`payments.services.fees.returned`)."""
    attempt = refund.attempt
    amounts = (
        refunded_late(attempt.provider, amount=refund.amount)
        if attempt.status == AttemptStatus.LATE_SUCCESS
        else refunded(
            attempt.provider,
            amount=refund.amount,
            tip=refund.tip_amount,
            platform_fee=platform_fee,
        )
    )
    _post(attempt.payment, Posting.REFUNDED, f"refund:{refund.pk}", amounts, now=now)


@transaction_required
def post_refund_failed(*, refund: Refunded, now: datetime) -> None:
    """A bank sent it back: the opposite of what was posted for it. Once for each refund."""
    payment = refund.attempt.payment
    booked = posted_amounts(payment.restaurant_id, f"refund:{refund.pk}")
    key = f"refund:{refund.pk}:failed"
    _post(payment, Posting.REFUND_FAILED, key, opposite(booked), now=now)


@transaction_required
def post_reversed(*, attempt: Attempted, now: datetime) -> None:
    """The opposite of what was posted when it was captured. Once for each attempt."""
    payment = attempt.payment
    booked = posted_amounts(payment.restaurant_id, _captured_key(payment))
    key = f"attempt:{attempt.pk}:reversed"
    _post(payment, Posting.PAYMENT_REVERSED, key, opposite(booked), now=now)


@transaction_required
def post_fee_adjustment(*, attempt: Attempted, booked: int, now: datetime) -> None:
    """`attempt.actual_fee` where the books have `booked` (the estimate, or an earlier report).

    Once for each fee that the provider reports; nothing when it is what the books have.
    """
    actual = attempt.actual_fee
    if actual is None or actual == booked:
        return
    amounts = fee_adjusted(attempt.provider, more=actual - booked)
    key = f"attempt:{attempt.pk}:fee:{booked}:{actual}"
    _post(attempt.payment, Posting.FEE_ADJUSTED, key, amounts, now=now)


@transaction_required
def post_late_tip(*, tip: LateTip, now: datetime) -> None:
    """Cash that a guest leaves for the staff after having paid."""
    amounts = {Account.CASH_DRAWER: tip.amount, Account.TIPS_PAYABLE: -tip.amount}
    _post(tip.payment, Posting.TIP_ADDED, f"tip:{tip.pk}", amounts, now=now)


@transaction_required
def post_dispute(
    *, attempt: Attempted, kind: Posting, dispute: str, amount: int, fee: int = 0, now: datetime
) -> None:
    """`kind`: DISPUTE_OPENED, DISPUTE_WON or DISPUTE_LOST; each once for each `dispute`, the
    provider's id of it. `fee` counts when it is opened."""
    amounts = {
        Posting.DISPUTE_OPENED: dispute_opened(attempt.provider, amount=amount, fee=fee),
        Posting.DISPUTE_WON: dispute_won(attempt.provider, amount=amount),
        Posting.DISPUTE_LOST: dispute_lost(amount=amount),
    }[kind]
    _post(attempt.payment, kind, f"dispute:{dispute}:{kind}", amounts, now=now)


def _post(payment: Payment, kind: Posting, key: str, amounts: Amounts, *, now: datetime) -> None:
    """A tip that is owed, or owed no more, is told to payroll with it."""
    profile = restaurant_profile(payment.restaurant_id)
    day = business_date(at=now, zone=profile.time_zone, day_starts_at=profile.day_starts_at)
    ledger.post(
        restaurant_id=payment.restaurant_id,
        source_key=key,
        kind=kind,
        currency=payment.currency,
        amounts=amounts,
        business_date=day,
        now=now,
    )
    credit_tips(
        payment=payment,
        amount=-amounts.get(Account.TIPS_PAYABLE, 0),
        source_key=key,
        business_date=day,
        now=now,
    )
