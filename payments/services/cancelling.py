"""Giving up an attempt: it is over when its provider says so, not before.

The card is never opened while a bank may still take the money. Staff may go on all the same when
the provider cannot be asked; who did is written down, and money that then comes is sent back.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fynlo.db import Intent, transaction_required
from fynlo.errors import TransitionNotAllowed, move
from fynlo.events.log import Author
from payments.choices import (
    ATTEMPT_TRANSITIONS,
    BEING_CANCELLED,
    PAYMENT_TRANSITIONS,
    PROVIDER_OF,
    AttemptStatus,
    Ending,
    Method,
    Operation,
    PaymentStatus,
)
from payments.errors import AttemptOpen, BankIsConfirming, NothingToFallBackFrom, PaymentNotPending
from payments.models import Payment, ProviderCall
from payments.selectors.attempts import (
    Held,
    attempt_of,
    attempts,
    hold_attempt,
    hold_payment,
    last_attempt_of,
    open_attempt_of,
)
from payments.services.accounts import account_of
from payments.services.attempts import begin_attempt, hand_over, plan_call, terms_for
from payments.services.endings import fall_back
from payments.services.states import move_to
from payments.services.telling import tell, tell_payment
from payments.services.watching import watch
from pos.choices import OrderStatus
from pos.errors import OrderNotOpen
from pos.models import Order

logger = logging.getLogger(__name__)
_WAITING = frozenset({AttemptStatus.UNKNOWN, AttemptStatus.AWAITING_CUSTOMER})


@dataclass(frozen=True, slots=True)
class _Present:
    """A payment that is locked, and its open attempt when it has one."""

    order: Order
    payment: Payment
    held: Held | None


@transaction_required
def expire_attempt(*, attempt_id: UUID, now: datetime) -> None:
    """Its time is up: it is cancelled at the provider by a worker. Not yet, or not waiting for
    the guest any more: nothing happens. Twice does no harm. Raises NotFound."""
    held = hold_attempt(attempt_id)
    attempt = held.attempt
    if attempt.status not in _WAITING or not attempt.expires_at or attempt.expires_at > now:
        return
    call = _begin(held, AttemptStatus.EXPIRING, now=now)
    if call:
        hand_over(call.pk)
    tell_payment(held, now=now)


@transaction_required
def prepare_cancel(*, by: Author, now: datetime, pk: UUID, override: bool = False) -> Intent:
    """Nobody is to pay this payment any more. It is CANCELLED when its attempt is over.

    `override`: go on although the provider does not say that it is. Locks the order, the payment,
    the attempt. Raises NotFound, PaymentNotPending, BankIsConfirming.
    """
    present = _present(by, pk)
    if present.held:
        return _stop(present.held, Ending.CANCEL, override=override, by=by, now=now)
    payment = present.payment
    if payment.status == PaymentStatus.CANCELLED:
        return Intent(pk, None)
    payment.status = move(payment.status, PaymentStatus.CANCELLED, PAYMENT_TRANSITIONS)
    tell(payment, "payment.cancelled", now=now, by=by)
    return Intent(pk, None)


@transaction_required
def prepare_stop(*, by: Author, now: datetime, pk: UUID, override: bool = False) -> Intent:
    """This attempt is to end, and what it holds to be released; its payment waits for another
    way to pay. Locks and raises as `prepare_cancel`, and TransitionNotAllowed when it is over."""
    present = _present(by, attempt_of(by.restaurant_id, pk).payment_id)
    if present.held is None or present.held.attempt.pk != pk:
        raise TransitionNotAllowed("This attempt is over already.")
    return _stop(present.held, Ending.NOTHING, override=override, by=by, now=now)


@transaction_required
def prepare_fallback(*, by: Author, now: datetime, pk: UUID, override: bool = False) -> Intent:
    """The card instead of the bank, as soon as the bank can take nothing any more.

    Locks and `override` as `prepare_cancel`. Raises NotFound, PaymentNotPending, OrderNotOpen,
    BankIsConfirming, NothingToFallBackFrom, MethodNotAvailable.
    """
    present = _present(by, pk)
    if present.payment.status != PaymentStatus.PENDING:
        raise PaymentNotPending
    if present.order.status != OrderStatus.OPEN:
        raise OrderNotOpen
    terms_for(present.payment, Method.CARD, now=now)
    if present.held is None:
        return _card_at_once(present, by=by, now=now)
    if present.held.attempt.method == Method.CARD:
        raise NothingToFallBackFrom
    return _stop(present.held, Ending.FALLBACK, override=override, by=by, now=now)


@transaction_required
def prepare_replacement(*, by: Author, now: datetime, pk: UUID) -> Intent:
    """The bank is not to be paid under its present attempt any more, so that it can be asked anew.

    Locks as `prepare_cancel`. Raises NotFound, PaymentNotPending, AttemptOpen for another way to
    pay, BankIsConfirming.
    """
    present = _present(by, pk)
    if present.payment.status != PaymentStatus.PENDING:
        raise PaymentNotPending
    if present.held is None:
        return Intent(pk, None)
    if present.held.attempt.method != Method.OPEN_BANKING:
        raise AttemptOpen
    return _stop(present.held, Ending.NOTHING, override=False, by=by, now=now)


def _card_at_once(present: _Present, *, by: Author, now: datetime) -> Intent:
    payment, last = present.payment, last_attempt_of(present.payment)
    if last:
        call = fall_back(Held(present.order, payment, last), now=now)
    else:
        account = account_of(by.restaurant_id, PROVIDER_OF[Method.CARD])
        terms = terms_for(payment, Method.CARD, now=now)
        call = begin_attempt(payment, terms, now=now, account=account)
    tell(payment, "payment.fallback", now=now, by=by)
    return Intent(payment.pk, call.pk)


def _present(by: Author, pk: UUID) -> _Present:
    order, payment = hold_payment(by.restaurant_id, pk)
    attempt = open_attempt_of(payment)
    if attempt is None:
        return _Present(order, payment, None)
    locked = attempts(by.restaurant_id).select_for_update(no_key=True).get(pk=attempt.pk)
    locked.payment = payment
    return _Present(order, payment, Held(order, payment, locked))


def _stop(held: Held, ending: Ending, *, override: bool, by: Author, now: datetime) -> Intent:
    attempt = held.attempt
    attempt.ending = ending
    if override and attempt.status == AttemptStatus.CANCEL_UNKNOWN:
        return _give_up(held, by=by, now=now)
    if attempt.status in BEING_CANCELLED:
        attempt.save()
        call = _cancellation(held, now=now)
    elif AttemptStatus.CANCELING in ATTEMPT_TRANSITIONS[attempt.status]:
        call = _begin(held, AttemptStatus.CANCELING, now=now)
    else:
        raise BankIsConfirming
    tell_payment(held, now=now, by=by)
    return Intent(held.payment.pk, call.pk if call else None)


def _begin(held: Held, status: AttemptStatus, *, now: datetime) -> ProviderCall | None:
    move_to(held, status, now=now)
    watch(held.attempt, said=status, now=now)
    held.attempt.save()
    return _cancellation(held, now=now)


def _cancellation(held: Held, *, now: datetime) -> ProviderCall | None:
    """None while the provider has not said what it calls the attempt: it is cancelled as soon as
    it does. One that waits to be made again is made now."""
    if not held.attempt.provider_id:
        return None
    call = plan_call(held.attempt, Operation.CANCEL, now=now)
    if call.error and call.try_at > now:
        call.try_at = now
        call.save(update_fields=["try_at"])
    return call


def _give_up(held: Held, *, by: Author, now: datetime) -> Intent:
    attempt = held.attempt
    logger.warning("attempt %s: given up by %s, unconfirmed", attempt.pk, by.membership_id)
    attempt.given_up_at, attempt.given_up_by_id = now, by.membership_id
    move_to(held, AttemptStatus.CANCELED, now=now)
    watch(attempt, said=AttemptStatus.AWAITING_CUSTOMER, now=now)
    attempt.save()
    tell_payment(held, now=now, by=by)
    return Intent(held.payment.pk, held.next_call)
