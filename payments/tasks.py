from datetime import timedelta
from typing import Any
from uuid import UUID

from celery import shared_task

from fynlo.clock import utc_now
from fynlo.db import durable
from payments.errors import ProviderError
from payments.selectors.ledger_checks import ledger_faults
from payments.services import (
    asking,
    calls,
    cancelling,
    closing,
    fee_watch,
    ledger_watch,
    sweeps,
    webhooks,
)

LOOKS_BACK = timedelta(days=3)


@shared_task(name="payments.call_provider")
def call_provider(*, call_id: str, **_: Any) -> None:
    """Twice, or by two workers at once, does no harm."""
    outcome = calls.try_call(UUID(call_id), now=utc_now())
    if outcome:
        with durable():
            calls.settle(call_id=UUID(call_id), outcome=outcome, now=utc_now())


@shared_task(name="payments.handle_webhook")
def handle_webhook(*, event_id: str, **_: Any) -> None:
    webhooks.handle_webhook(event_id=UUID(event_id), now=utc_now())


@shared_task(name="payments.refresh_attempt", throws=(ProviderError,))
def refresh_attempt(*, attempt_id: str, **_: Any) -> None:
    """What fails is asked again at the next poll."""
    asking.refresh_attempt(attempt_id=UUID(attempt_id), now=utc_now())


@shared_task(name="payments.refresh_refund", throws=(ProviderError,))
def refresh_refund(*, refund_id: str, **_: Any) -> None:
    asking.refresh_refund(refund_id=UUID(refund_id), now=utc_now())


@shared_task(name="payments.expire_attempt")
def expire_attempt(*, attempt_id: str, **_: Any) -> None:
    with durable():
        cancelling.expire_attempt(attempt_id=UUID(attempt_id), now=utc_now())


@shared_task(name="payments.sweep")
def sweep(**_: Any) -> None:
    """Every 15 seconds: what expired, and calls and webhooks that were left behind."""
    now = utc_now()
    with durable():
        late = sweeps.overdue(now=now)
    sweeps.hand_out("payments.expire_attempt", "attempt_id", late)
    sweeps.hand_out("payments.call_provider", "call_id", sweeps.left_calls(now=now))
    sweeps.hand_out("payments.handle_webhook", "event_id", sweeps.left_webhooks(now=now))


@shared_task(name="payments.poll")
def poll(**_: Any) -> None:
    """Every few seconds: attempts and refunds whose webhook may have been lost."""
    with durable():
        attempts, refunds = sweeps.to_poll(now=utc_now())
    sweeps.hand_out("payments.refresh_attempt", "attempt_id", attempts)
    sweeps.hand_out("payments.refresh_refund", "refund_id", refunds)


@shared_task(name="payments.check_ledgers")
def check_ledgers(**_: Any) -> None:
    """Every minute. A payment may be committed between two of the sums, so a fault counts when
    it is there twice."""
    suspects = ledger_faults()
    faults = set(suspects) & set(ledger_faults()) if suspects else set()
    with durable():
        ledger_watch.note_faults(sorted(faults, key=str), now=utc_now())


@shared_task(name="payments.watch_fees")
def watch_fees(**_: Any) -> None:
    """Every minute: the fees of the last days; `manage.py reconcile` looks at older ones."""
    now = utc_now()
    with durable():
        fee_watch.watch_fees(now.date() - LOOKS_BACK, now.date() + timedelta(days=1), now=now)


@shared_task(name="payments.close_day")
def close_day(*, close_id: str, **_: Any) -> None:
    """Twice, or by two workers at once, does no harm."""
    more = True
    while more:
        with durable():
            more = closing.take_step(close_id=UUID(close_id), now=utc_now())


@shared_task(name="payments.resume_closes")
def resume_closes(**_: Any) -> None:
    with durable():
        closing.resume(now=utc_now())
