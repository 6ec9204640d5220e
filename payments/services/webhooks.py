"""Providers' messages: verified, stored once, answered; a worker then asks what is so.

Their contents are never believed, so their order and their number do not matter.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from fynlo.celery import app
from fynlo.db import durable, transaction_required
from payments.choices import Provider, WebhookState
from payments.errors import ProviderAuth, ProviderError, SignatureInvalid
from payments.models import WebhookEvent
from payments.providers.base import ProviderEvent, RestaurantAccount
from payments.providers.registry import provider_of
from payments.selectors.attempts import attempt_known_to
from payments.selectors.fees import own_stripe
from payments.selectors.refunds import refund_known_to
from payments.selectors.webhooks import lock_webhook, webhook_id
from payments.services.asking import refresh_attempt, refresh_refund, settlement_stalled

logger = logging.getLogger(__name__)
# One may come before the answer to the call that it is about was written down.
UNKNOWN_FOR = timedelta(hours=1)
LONGEST_PAUSE_S = 300
LEASE = timedelta(seconds=30)
STALLED = "settlement_stalled"


def read_webhook(
    provider: Provider,
    raw: bytes,
    headers: Mapping[str, str],
    *,
    path: str,
    now: datetime,
    addressee: UUID | None = None,
) -> ProviderEvent:
    """Verifies the signature; may ask the provider for its keys: call outside a transaction.

    By the keys of the deployment, or by `addressee`'s own and by no other. Raises
    SignatureInvalid, also where no provider was set up and none can have signed; ProviderError.
    """
    account = own_stripe(addressee) if addressee else RestaurantAccount()
    if addressee and not account.stripe_secret_key:
        raise SignatureInvalid
    try:
        adapter = provider_of(provider, account)
    except ProviderAuth as nobody:
        raise SignatureInvalid from nobody
    return adapter.parse_webhook(raw, headers, path=path, now=now)


@transaction_required
def store_webhook(
    *,
    provider: Provider,
    event: ProviderEvent,
    now: datetime,
    addressee: UUID | None = None,
) -> UUID:
    """The same event is stored once, however often and from wherever it comes. A worker does the
    rest; when the broker is away a sweep finds it."""
    fresh = WebhookEvent(
        provider=provider,
        addressee_id=addressee,
        event_id=event.event_id[:120],
        kind=event.kind[:80],
        provider_id=event.provider_id[:80],
        refund_id=event.refund_id[:80],
        occurred_at=event.occurred_at,
        received_at=now,
        try_at=now,
    )
    WebhookEvent.objects.bulk_create([fresh], ignore_conflicts=True)
    pk = webhook_id(provider, fresh.event_id, addressee=addressee)
    task = app.signature("payments.handle_webhook", kwargs={"event_id": str(pk)})
    transaction.on_commit(task.delay, robust=True)
    return pk


def handle_webhook(*, event_id: UUID, now: datetime) -> None:
    """Ask the provider about what it was about. Done once; what fails is tried again later.

    Opens transactions of its own: call outside of one.
    """
    with durable():
        event = _leased(event_id, now=now)
    if event is None:
        return
    try:
        state = _follow(event, now=now)
    except ProviderError as error:
        logger.warning("webhook %s: %s", event.event_id, error.code)
        state = WebhookState.RECEIVED
    with durable():
        _close(event_id, state, now=now)


def _leased(event_id: UUID, *, now: datetime) -> WebhookEvent | None:
    """None when it was dealt with, or somebody is at it."""
    event = lock_webhook(event_id)
    if event.state != WebhookState.RECEIVED or event.try_at > now:
        return None
    event.tries += 1
    event.try_at = now + LEASE
    event.save(update_fields=["tries", "try_at"])
    return event


def _follow(event: WebhookEvent, *, now: datetime) -> WebhookState:
    """RECEIVED when it is to be looked at again."""
    attempt = attempt_known_to(event.provider, event.provider_id)
    if attempt is None:
        may_come = now - event.received_at < UNKNOWN_FOR
        return WebhookState.RECEIVED if may_come else WebhookState.IGNORED
    if event.addressee_id not in (None, attempt.restaurant_id):
        return WebhookState.IGNORED
    refresh_attempt(attempt_id=attempt.pk, now=now)
    if STALLED in event.kind:
        settlement_stalled(attempt_id=attempt.pk, now=now)
    if event.refund_id:
        refund = refund_known_to(attempt, event.refund_id)
        if refund is None:
            may_come = now - event.received_at < UNKNOWN_FOR
            return WebhookState.RECEIVED if may_come else WebhookState.IGNORED
        refresh_refund(refund_id=refund.pk, now=now)
    return WebhookState.DONE


def _close(event_id: UUID, state: WebhookState, *, now: datetime) -> None:
    event = lock_webhook(event_id)
    if event.state != WebhookState.RECEIVED:
        return
    attempt = attempt_known_to(event.provider, event.provider_id)
    event.restaurant_id = attempt.restaurant_id if attempt else None
    event.state = state
    pause = min(LONGEST_PAUSE_S, 2 ** min(event.tries, 10))
    event.try_at = now + timedelta(seconds=pause)
    event.processed_at = None if state == WebhookState.RECEIVED else now
    event.save()
