"""Asking a provider how something stands, whoever remembered to: a webhook, the poll, a person."""

from datetime import datetime
from uuid import UUID

from fynlo.db import durable
from payments.choices import AttemptStatus
from payments.selectors.attempts import attempt_row, hold_attempt
from payments.selectors.refunds import refund_row
from payments.services.accounts import adapter_for
from payments.services.refund_states import take_refund
from payments.services.states import apply_provider_state, review


def refresh_attempt(*, attempt_id: UUID, now: datetime) -> None:
    """Fetch, then apply in a transaction of its own. One that the provider does not know yet is
    left alone. Call outside a transaction. Raises NotFound, ProviderError."""
    attempt = attempt_row(attempt_id)
    if not attempt.provider_id:
        return
    said = adapter_for(attempt.restaurant_id, attempt.provider).fetch(attempt.provider_id)
    with durable():
        apply_provider_state(attempt_id=attempt_id, said=said, now=now)


def refresh_refund(*, refund_id: UUID, now: datetime) -> None:
    """As `refresh_attempt`, for a refund."""
    refund = refund_row(refund_id)
    if not refund.provider_id:
        return
    adapter = adapter_for(refund.restaurant_id, refund.attempt.provider)
    said = adapter.fetch_refund(refund.attempt.provider_id, refund.provider_id)
    with durable():
        take_refund(hold_attempt(refund.attempt_id), refund_id, said, now=now)


def settlement_stalled(*, attempt_id: UUID, now: datetime) -> None:
    """The bank has accepted it and no money comes: somebody has to look. Call as above."""
    with durable():
        held = hold_attempt(attempt_id)
        if held.attempt.status == AttemptStatus.SUCCEEDED:
            review(held, now=now)
