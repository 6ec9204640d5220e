"""The one way an attempt moves: what the provider says of it, held against where it stands.

Providers' words come late, twice and in any order. Whatever they are, they go through
`apply_provider_state` under the locks of order, payment and attempt, and do what they mean once.
"""

import logging
from datetime import datetime
from uuid import UUID

from fynlo.db import transaction_required
from payments.choices import (
    ATTEMPT_TRANSITIONS,
    DEAD,
    OPEN,
    PAID,
    AcceptAt,
    AttemptStatus,
    Method,
    Operation,
)
from payments.models import PaymentAttempt
from payments.providers.base import ProviderAttempt
from payments.selectors.attempts import Held, hold_attempt
from payments.selectors.fees import payment_settings
from payments.services import captures, endings
from payments.services.attempts import hand_over, plan_call
from payments.services.postings import post_fee_adjustment
from payments.services.telling import tell_payment
from payments.services.watching import watch

logger = logging.getLogger(__name__)
_MONEY = frozenset({AttemptStatus.SUCCEEDED, AttemptStatus.SETTLED})
_DISPUTE_CLOSED = frozenset({AttemptStatus.DISPUTE_WON, AttemptStatus.DISPUTE_LOST})


def steps(current: str, said: str) -> list[AttemptStatus]:
    """What an attempt goes through when its provider says so: nothing, one state, or
    SUCCEEDED and what comes after it, or a dispute from its beginning. Pure.

    While it is being cancelled, any death is the death that was asked for. What was given up and
    is paid all the same is LATE_SUCCESS; what was paid and has failed is REVERSED.
    """
    target = AttemptStatus(said)
    if current in DEAD:
        path = [AttemptStatus.LATE_SUCCESS] if target in _MONEY else []
    elif current in PAID:
        path = _after_success(current, target)
    elif target in DEAD:
        path = [_death(current, target)]
    elif target in PAID - {AttemptStatus.SUCCEEDED}:
        path = [AttemptStatus.SUCCEEDED, *_after_success(AttemptStatus.SUCCEEDED, target)]
    else:
        path = [target]
    return path if _may_go(current, path) else []


def _after_success(current: str, target: AttemptStatus) -> list[AttemptStatus]:
    if target in DEAD:
        return [AttemptStatus.REVERSED]
    if target in _DISPUTE_CLOSED and current not in _DISPUTE_CLOSED | {AttemptStatus.DISPUTED}:
        return [AttemptStatus.DISPUTED, target]
    return [target]


def _death(current: str, target: AttemptStatus) -> AttemptStatus:
    if current == AttemptStatus.EXPIRING:
        return AttemptStatus.EXPIRED
    if current in (AttemptStatus.CANCELING, AttemptStatus.CANCEL_UNKNOWN):
        return AttemptStatus.CANCELED
    return target


def _may_go(current: str, path: list[AttemptStatus]) -> bool:
    for status in path:
        if status not in ATTEMPT_TRANSITIONS[current]:
            return False
        current = status
    return True


@transaction_required
def apply_provider_state(
    *, attempt_id: UUID, said: ProviderAttempt, now: datetime
) -> AttemptStatus:
    """Move the attempt to where its provider says it is, with all that follows: ledger, order,
    refund of late money, the next attempt, the event.

    Locks the order, the payment, the attempt; then the event log. What is already so, or may not
    be from here, changes nothing. The attempt's status afterwards. Raises NotFound.
    """
    held = hold_attempt(attempt_id)
    return take(held, said, now=now)


@transaction_required
def take(held: Held, said: ProviderAttempt, *, now: datetime) -> AttemptStatus:
    """As `apply_provider_state`, for who holds the locks already."""
    attempt = held.attempt
    before = _shown(attempt)
    _note(held, said, now=now)
    if _is_ours(attempt, said):
        for status in steps(attempt.status, _accepted(attempt, said)):
            if status in ATTEMPT_TRANSITIONS[attempt.status]:
                move_to(held, status, said=said, now=now)
    _end_what_is_over(held, said, now=now)
    if before[0] != attempt.status or attempt.given_up_at:
        watch(attempt, said=said.status, now=now)
    attempt.save()
    if _shown(attempt) != before:
        tell_payment(held, now=now)
    return AttemptStatus(attempt.status)


def _shown(attempt: PaymentAttempt) -> tuple[object, ...]:
    return (
        attempt.status,
        attempt.provider_id,
        attempt.provider_status,
        attempt.failure,
        attempt.scanned_at,
        attempt.actual_fee,
        attempt.expires_at,
    )


def _note(held: Held, said: ProviderAttempt, *, now: datetime) -> None:
    """What the provider tells besides the state."""
    attempt = held.attempt
    attempt.provider_id = attempt.provider_id or said.provider_id
    attempt.provider_status = said.provider_status[:40]
    attempt.failure = said.failure[:80] or attempt.failure
    attempt.redirect_url = said.redirect_url or attempt.redirect_url
    if said.opened and attempt.scanned_at is None:
        attempt.scanned_at = now
    if said.expires_at and attempt.expires_at:
        attempt.expires_at = min(attempt.expires_at, said.expires_at)
    if said.fee is not None and attempt.status in PAID | {AttemptStatus.LATE_SUCCESS}:
        _adjust_fee(attempt, said.fee, now=now)


def _adjust_fee(attempt: PaymentAttempt, fee: int, *, now: datetime) -> None:
    booked = attempt.estimated_fee if attempt.actual_fee is None else attempt.actual_fee
    attempt.actual_fee = fee
    post_fee_adjustment(attempt=attempt, booked=booked, now=now)


def _is_ours(attempt: PaymentAttempt, said: ProviderAttempt) -> bool:
    """Money of another amount or currency than was asked for moves nothing."""
    same = said.amount == attempt.amount and said.captured <= attempt.amount
    if same and said.currency.upper() == attempt.currency:
        return True
    logger.error("attempt %s: the provider names another amount or currency", attempt.pk)
    attempt.failure = "amount_mismatch"
    return False


def _accepted(attempt: PaymentAttempt, said: ProviderAttempt) -> str:
    """A restaurant may choose to close a table only when the bank's money has arrived."""
    if said.status != AttemptStatus.SUCCEEDED or attempt.method != Method.OPEN_BANKING:
        return said.status
    chosen = payment_settings(attempt.restaurant_id)
    waits = chosen.accept_at == AcceptAt.SETTLED and attempt.status in OPEN | DEAD
    return AttemptStatus.PROCESSING if waits else said.status


def move_to(
    held: Held, status: AttemptStatus, *, now: datetime, said: ProviderAttempt | None = None
) -> None:
    """One step of the table, and what it means for money. The attempt is left unsaved."""
    attempt = held.attempt
    logger.info("attempt %s: %s to %s", attempt.pk, attempt.status, status)
    was_paid = attempt.status in PAID
    attempt.status, attempt.version = status, attempt.version + 1
    if status in DEAD:
        attempt.ended_at = now
        endings.follow(held, now=now)
    elif status == AttemptStatus.SUCCEEDED and said:
        captures.capture(held, said, now=now)
    elif status == AttemptStatus.LATE_SUCCESS and said:
        captures.receive_late(held, said, now=now)
    elif status == AttemptStatus.REVERSED and was_paid:
        captures.reverse(held, now=now)
    elif status in captures.DISPUTES and said:
        captures.dispute(held, said, captures.DISPUTES[status], now=now)


def _end_what_is_over(held: Held, said: ProviderAttempt, *, now: datetime) -> None:
    """What is over for us and could still be paid, or held, at the provider is cancelled there."""
    attempt = held.attempt
    payable = (AttemptStatus.AWAITING_CUSTOMER, AttemptStatus.AUTHORIZED)
    is_over = attempt.status in DEAD or attempt.status in (
        AttemptStatus.EXPIRING,
        AttemptStatus.CANCELING,
        AttemptStatus.CANCEL_UNKNOWN,
    )
    if is_over and said.status in payable and attempt.provider_id:
        attempt.save()
        hand_over(plan_call(attempt, Operation.CANCEL, now=now).pk)


@transaction_required
def review(held: Held, *, now: datetime) -> None:
    """Its settlement stalls. Call while holding the locks."""
    move_to(held, AttemptStatus.REVIEW, now=now)
    watch(held.attempt, said=AttemptStatus.REVIEW, now=now)
    held.attempt.save()
    held.kind = "payment.review"
    tell_payment(held, now=now)
