"""Asking providers, never inside a transaction and never forgetting that it was asked.

A call is committed before it is made (`plan_call`), leased by whoever makes it, and settled when
its answer is known. Whoever dies in between leaves an unfinished call, which a sweep makes again
under the same key: the provider then answers what it answered before.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.db import Intent, durable, transaction_required
from payments.choices import (
    BEING_CANCELLED,
    AttemptStatus,
    CancelOutcome,
    Operation,
)
from payments.errors import (
    NotSupported,
    ProviderAuth,
    ProviderDeclined,
    ProviderError,
    ProviderInvalidRequest,
    ProviderOutcomeUnknown,
    ProviderRateLimited,
    ProviderUnavailable,
)
from payments.models import ProviderCall
from payments.providers.base import PaymentProvider, ProviderAttempt, ProviderRefund
from payments.selectors.attempts import Held, call_row, hold_attempt, lock_call
from payments.selectors.payments import payment_document
from payments.services.accounts import adapter_for
from payments.services.attempts import spec_of
from payments.services.refund_states import refund_failed, refund_is_unknown, take_refund
from payments.services.states import move_to, take
from payments.services.telling import tell_payment
from payments.services.watching import watch

logger = logging.getLogger(__name__)
# Longer than a call mostly takes. Two at once do no harm: the key is the same.
LEASE = timedelta(seconds=30)
LONGEST_PAUSE_S = 300
REFUNDING_TRIED_FOR = timedelta(days=3)
# What is not an answer: the same call may be made again.
NO_ANSWER = (ProviderOutcomeUnknown, ProviderUnavailable, ProviderRateLimited)
_KEPT = (
    "provider_id",
    "status",
    "provider_status",
    "amount",
    "currency",
    "captured",
    "refunded",
    "fee",
    "failure",
)
Answer = ProviderAttempt | ProviderRefund | CancelOutcome


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one try: an answer or an error. `state` is how the attempt stood after a
    cancellation, when that could be asked."""

    answer: Answer | None
    error: ProviderError | None
    latency_ms: int
    state: ProviderAttempt | None = None


def call_provider(*, intent: Intent, now: datetime) -> Outcome | None:
    """The middle phase of a request. None when there is nothing to ask, or somebody else is
    asking; the last phase then answers how things stand."""
    return try_call(intent.point, now=now) if intent.point else None


def try_call(call_id: UUID, *, now: datetime) -> Outcome | None:
    """Leases the call in a transaction of its own and makes it. None as above."""
    with durable():
        leased = lease(call_id=call_id, now=now)
    return ask(call_row(call_id)) if leased else None


@transaction_required
def lease(*, call_id: UUID, now: datetime) -> bool:
    """Whether the caller is to make it now: not when it is finished, or another one is at it."""
    call = lock_call(call_id)
    if call.finished_at is not None or call.try_at > now:
        return False
    call.tries += 1
    call.try_at = now + LEASE
    call.save(update_fields=["tries", "try_at"])
    return True


def ask(call: ProviderCall) -> Outcome:
    """Over the network. Whatever the provider refuses is part of the outcome."""
    began, answer, error, state = monotonic(), None, None, None
    try:
        adapter = adapter_for(call.restaurant_id, call.attempt.provider)
        answer = _made(adapter, call)
        if call.operation == Operation.CANCEL:
            state = _state_of(adapter, call)
    except ProviderError as refused:
        error = refused
        logger.warning("%s of attempt %s: %s", call.operation, call.attempt_id, refused.code)
    return Outcome(answer, error, int((monotonic() - began) * 1000), state)


def _made(adapter: PaymentProvider, call: ProviderCall) -> Answer:
    attempt, key = call.attempt, str(call.key)
    if call.operation == Operation.CREATE:
        return _found(adapter, call) or adapter.create(spec_of(call), idem=key)
    if call.operation == Operation.CONFIRM:
        return adapter.confirm(attempt.provider_id, idem=key, **call.arguments)
    if call.operation == Operation.CAPTURE:
        return adapter.capture(attempt.provider_id, idem=key, **call.arguments)
    if call.operation == Operation.CANCEL:
        return adapter.cancel(attempt.provider_id, idem=key)
    return adapter.refund(attempt.provider_id, idem=key, **call.arguments)


def _found(adapter: PaymentProvider, call: ProviderCall) -> ProviderAttempt | None:
    """When it is not the first try, and the provider can be searched."""
    try:
        return adapter.find(call.attempt_id) if call.tries > 1 else None
    except NotSupported:
        return None


def _state_of(adapter: PaymentProvider, call: ProviderCall) -> ProviderAttempt | None:
    try:
        return adapter.fetch(call.attempt.provider_id)
    except ProviderError:
        return None


@transaction_required
def settle(*, call_id: UUID, outcome: Outcome, now: datetime) -> None:
    """Write what came of it, and what that means. Twice does no harm.

    Locks the order, the payment, the attempt, the call; then the event log.
    """
    call = call_row(call_id)
    held = hold_attempt(call.attempt_id)
    call = lock_call(call_id)
    call.attempt = held.attempt
    if call.finished_at is None:
        _record(call, outcome, now=now)
    if call.operation == Operation.REFUND:
        _settle_refund(held, call, outcome, now=now)
    elif call.operation == Operation.CANCEL:
        _settle_cancel(held, outcome, now=now)
    elif isinstance(outcome.answer, ProviderAttempt):
        take(held, outcome.answer, now=now)
    elif outcome.error:
        _settle_refusal(held, call, outcome.error, now=now)


def _record(call: ProviderCall, outcome: Outcome, *, now: datetime) -> None:
    call.latency_ms = outcome.latency_ms
    call.error = outcome.error.code if outcome.error else ""
    call.response = _kept(outcome.answer)
    if _is_final(call, outcome, now=now):
        call.finished_at = now
    else:
        pause = min(LONGEST_PAUSE_S, 5 * 2 ** min(call.tries - 1, 10))
        call.try_at = now + timedelta(seconds=pause)
    call.save()


def _is_final(call: ProviderCall, outcome: Outcome, *, now: datetime) -> bool:
    """Whether it is not to be made again."""
    error = outcome.error
    if error is None:
        return outcome.answer != CancelOutcome.UNKNOWN
    if call.operation == Operation.CANCEL:
        return False
    if call.operation == Operation.REFUND:
        return not _may_be_refunded(error) or now - call.started_at > REFUNDING_TRIED_FOR
    if isinstance(error, ProviderOutcomeUnknown):
        return False
    # What was surely never received is given up: the guest is offered something else.
    return not (call.tries > 1 and isinstance(error, NO_ANSWER))


def _may_be_refunded(error: ProviderError) -> bool:
    """Later on: a bank refunds only what is settled."""
    return isinstance(error, (*NO_ANSWER, ProviderAuth)) or (
        isinstance(error, ProviderInvalidRequest) and error.extra.get("kind") == "invalid-state"
    )


def _kept(answer: Answer | None) -> dict[str, Any] | None:
    """An allow-list: nothing that opens or pays anything is written down."""
    if answer is None:
        return None
    if isinstance(answer, CancelOutcome):
        return {"outcome": answer.value}
    return {name: getattr(answer, name) for name in _KEPT if hasattr(answer, name)}


def _settle_cancel(held: Held, outcome: Outcome, *, now: datetime) -> None:
    if outcome.state is not None:
        dead = outcome.answer in (CancelOutcome.CANCELED, CancelOutcome.ALREADY_FINAL)
        waits = outcome.state.status == AttemptStatus.AWAITING_CUSTOMER
        said = outcome.state
        # The provider has confirmed it, and is behind with saying so elsewhere.
        take(
            held, replace(said, status=AttemptStatus.CANCELED) if dead and waits else said, now=now
        )
    elif outcome.answer == CancelOutcome.CANCELED:
        _move(held, AttemptStatus.CANCELED, now=now)
    if held.attempt.status in BEING_CANCELLED - {AttemptStatus.CANCEL_UNKNOWN}:
        _move(held, AttemptStatus.CANCEL_UNKNOWN, now=now)


def _settle_refusal(held: Held, call: ProviderCall, error: ProviderError, *, now: datetime) -> None:
    attempt = held.attempt
    attempt.failure = str(error.extra.get("decline_code", error.code))[:80]
    if call.operation != Operation.CREATE:
        attempt.save()
        tell_payment(held, now=now)
    elif call.finished_at is None:
        if attempt.status == AttemptStatus.CREATED:
            _move(held, AttemptStatus.UNKNOWN, now=now)
    elif attempt.is_open:
        declined = isinstance(error, ProviderDeclined)
        _move(held, AttemptStatus.DECLINED if declined else AttemptStatus.FAILED, now=now)


def _move(held: Held, status: AttemptStatus, *, now: datetime) -> None:
    move_to(held, status, now=now)
    watch(held.attempt, said=status, now=now)
    held.attempt.save()
    tell_payment(held, now=now)


def _settle_refund(held: Held, call: ProviderCall, outcome: Outcome, *, now: datetime) -> None:
    assert call.refund_id
    if isinstance(outcome.answer, ProviderRefund):
        take_refund(held, call.refund_id, outcome.answer, now=now)
    elif call.finished_at is not None and outcome.error:
        refund_failed(held, call.refund_id, outcome.error.code, now=now)
    elif isinstance(outcome.error, ProviderOutcomeUnknown):
        refund_is_unknown(held, call.refund_id, now=now)


@transaction_required
def finish_call(*, intent: Intent, outcome: Outcome | None, by: Actor, now: datetime) -> str:
    """The last phase of a request: the payment's document, whatever came of the call."""
    if intent.point and outcome:
        settle(call_id=intent.point, outcome=outcome, now=now)
    return payment_document(by.restaurant_id, intent.entity)
