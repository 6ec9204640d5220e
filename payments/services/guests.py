"""What a guest does with the phone: look, choose a tip, take the card instead of the bank.

Whoever has the code may do this; nobody has signed in. Each of these opens transactions of its
own, around calls to the provider: call outside of one.
"""

from datetime import datetime
from uuid import UUID

from fynlo.accounts.actor import System
from fynlo.db import Intent, durable, transaction_required
from payments.choices import BEING_CANCELLED, AttemptStatus, Method, PaymentStatus
from payments.errors import TipNotAdded, TipsNotTaken, TipTooLarge
from payments.models import Payment
from payments.selectors.attempts import hold_attempt, hold_payment, open_attempt_of
from payments.selectors.fees import payment_settings
from payments.services.calls import settle, try_call
from payments.services.cancelling import prepare_fallback, prepare_replacement
from payments.services.guest_page import payment_behind
from payments.services.open_banking import prepare_qr
from payments.services.payments import Wanted, price
from payments.services.telling import tell_payment


def look(token: str, *, now: datetime) -> None:
    """The till learns that the guest has scanned the code; the first time counts.

    Raises NotFound.
    """
    attempt = payment_behind(token).attempt
    if attempt.scanned_at is None and attempt.status == AttemptStatus.AWAITING_CUSTOMER:
        with durable():
            _scanned(attempt.pk, now=now)


@transaction_required
def _scanned(attempt_id: UUID, *, now: datetime) -> None:
    held = hold_attempt(attempt_id)
    if held.attempt.scanned_at is None:
        held.attempt.scanned_at = now
        held.attempt.save(update_fields=["scanned_at"])
        tell_payment(held, now=now)


def choose_tip(token: str, tip: int, *, now: datetime) -> None:
    """Minor units. The bank is asked anew for another amount once the old one is void there; when
    the guest has approved the old one meanwhile, that one stands.

    Raises NotFound, TipsNotTaken, TipTooLarge, BankIsConfirming, ProviderError, and TipNotAdded
    while the bank does not say whether the old one is void.
    """
    payment = payment_behind(token).payment
    chosen = payment_settings(payment.restaurant_id)
    if tip and not chosen.takes_tips:
        raise TipsNotTaken
    if tip > payment.bill:
        raise TipTooLarge
    if tip != payment.tip:
        by = System(payment.restaurant_id)
        with durable():
            intent = prepare_replacement(by=by, now=now, pk=payment.pk)
        _carry_out(intent, now=now)
        _ask_bank(payment, tip, now=now)


def use_bank(token: str, *, now: datetime) -> None:
    """Once more, after an attempt that came to nothing.

    Raises NotFound, MethodNotAvailable, ProviderError.
    """
    payment = payment_behind(token).payment
    _ask_bank(payment, payment.tip, now=now)


def use_card(token: str, *, now: datetime) -> None:
    """As soon as the bank can take nothing any more.

    Raises NotFound, PaymentNotPending, OrderNotOpen, BankIsConfirming, NothingToFallBackFrom,
    MethodNotAvailable.
    """
    payment = payment_behind(token).payment
    with durable():
        by = System(payment.restaurant_id)
        intent = prepare_fallback(by=by, now=now, pk=payment.pk)
    _carry_out(intent, now=now)


def _ask_bank(payment: Payment, tip: int, *, now: datetime) -> None:
    with durable():
        intent = _begin(payment, tip, now=now)
    if intent:
        _carry_out(intent, now=now)


@transaction_required
def _begin(payment: Payment, tip: int, *, now: datetime) -> Intent | None:
    """None when it is not to be paid, or something else asks for it already."""
    _, locked = hold_payment(payment.restaurant_id, payment.pk)
    attempt = open_attempt_of(locked)
    if attempt and attempt.status in BEING_CANCELLED and tip != locked.tip:
        raise TipNotAdded
    if attempt or locked.status != PaymentStatus.PENDING:
        return None
    wanted = Wanted()
    locked.tip = tip
    price(locked, Method.OPEN_BANKING, wanted, now=now)
    locked.save()
    return prepare_qr(
        by=System(payment.restaurant_id),
        now=now,
        pk=payment.pk,
        fingerprint="",
        wanted=wanted,
        payment=payment.pk,
    )


def _carry_out(intent: Intent, *, now: datetime) -> None:
    outcome = try_call(intent.point, now=now) if intent.point else None
    if intent.point and outcome:
        with durable():
            settle(call_id=intent.point, outcome=outcome, now=now)
