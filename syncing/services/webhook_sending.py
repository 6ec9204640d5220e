"""Sending events to integrators: in order, at least once, by one worker for each endpoint.

An endpoint's cursor moves in the transaction that makes the delivery's row, and that row is there
before anything is sent. A worker leases the endpoint, sends outside of any transaction, and notes
what came of it. Whoever dies in between leaves a lease that ends, and a row that is tried again.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from fynlo.accounts.actor import System
from fynlo.celery import app
from fynlo.db import durable, new_id, transaction_required
from fynlo.events.log import append
from fynlo.events.reading import last_seq
from syncing.choices import DeliveryStatus, Stopped
from syncing.documents import WEBHOOK_ENDPOINT
from syncing.models import WebhookDelivery, WebhookEndpoint
from syncing.providers.addresses import Reach
from syncing.providers.posting import Answer, Poster
from syncing.selectors.webhooks import (
    asked_for,
    endpoints_with_work,
    envelope_of,
    in_order,
    lock_endpoint_of_worker,
    lock_endpoint_unless_held,
    next_event,
    signing_secrets,
)
from syncing.services.webhook_letters import tell_owners
from syncing.services.webhook_signing import headers_of

# Six times what one try may take.
LEASE = timedelta(seconds=60)
# Then another endpoint has its turn.
TURN_S = 20.0
FIRST_PAUSE_S = 5
LONGEST_PAUSE_S = 4 * 60 * 60
TRIED_FOR = timedelta(days=3)
NOT_KEPT = "The event is no longer in the log."


@dataclass(frozen=True, slots=True)
class Job:
    """One try, ready to be sent."""

    endpoint_id: UUID
    delivery_id: UUID
    lease: UUID
    url: str
    headers: dict[str, str]
    body: bytes


def hand_out(*, now: datetime) -> None:
    """One task for each endpoint that has something to be sent."""
    for pk in endpoints_with_work(now=now):
        task = app.signature("syncing.deliver_webhooks", kwargs={"endpoint_id": str(pk)})
        task.apply_async(expires=30)


def work_off(*, endpoint_id: UUID, clock: Callable[[], datetime]) -> None:
    """Send what waits, for as long as one turn. Two workers at once do no harm: one has nothing
    to do. Opens transactions of its own: call outside of one."""
    lease, began = new_id(), monotonic()
    with Poster(Reach.of_settings()) as poster:
        while monotonic() - began < TURN_S:
            with durable():
                job = claim(endpoint_id=endpoint_id, lease=lease, now=clock())
            if job is None:
                return
            answer = poster.post(job.url, headers=job.headers, body=job.body)
            with durable():
                settle(job=job, answer=answer, now=clock())
    with durable():
        release(endpoint_id=endpoint_id, lease=lease)


@transaction_required
def claim(*, endpoint_id: UUID, lease: UUID, now: datetime) -> Job | None:
    """What to send now, the endpoint leased to the caller. None when there is nothing, or when
    another worker is at it.

    Locks the endpoint, skipping one that is locked.
    """
    endpoint = lock_endpoint_unless_held(endpoint_id)
    if endpoint is None or (endpoint.lease != lease and endpoint.is_leased(now)):
        return None
    delivery = _due(endpoint, now=now)
    envelope = envelope_of(delivery) if delivery else ""
    if delivery and envelope is None:
        _end(delivery, DeliveryStatus.FAILED, error=NOT_KEPT, now=now)
    if delivery is None or not envelope:
        _free(endpoint)
        return None
    _lease(endpoint, delivery, lease=lease, now=now)
    body = envelope.encode()
    secrets = signing_secrets(endpoint.pk, now=now)
    headers = headers_of(delivery, body, secrets=secrets, now=now)
    return Job(endpoint.pk, delivery.pk, lease, endpoint.url, headers, body)


def _due(endpoint: WebhookEndpoint, *, now: datetime) -> WebhookDelivery | None:
    asked = asked_for(endpoint.pk, now=now)
    if asked or not endpoint.is_active:
        return asked
    first = in_order(endpoint.pk)
    if first is None:
        return _planned(endpoint, now=now)
    return first if first.try_at <= now else None


def _planned(endpoint: WebhookEndpoint, *, now: datetime) -> WebhookDelivery | None:
    """The next event of the log, and the cursor behind it."""
    newest = last_seq(endpoint.restaurant_id)
    event = next_event(endpoint)
    if event is None:
        endpoint.seq = max(endpoint.seq, newest)
        return None
    endpoint.seq, kind = event
    return WebhookDelivery.objects.create(
        pk=new_id(),
        restaurant_id=endpoint.restaurant_id,
        endpoint=endpoint,
        seq=endpoint.seq,
        kind=kind,
        created_at=now,
        try_at=now,
    )


def _lease(
    endpoint: WebhookEndpoint, delivery: WebhookDelivery, *, lease: UUID, now: datetime
) -> None:
    endpoint.lease, endpoint.leased_until = lease, now + LEASE
    endpoint.sending = delivery.pk
    endpoint.save(update_fields=["seq", "lease", "leased_until", "sending"])
    delivery.tries += 1
    delivery.first_tried_at = delivery.first_tried_at or now
    delivery.version += 1
    delivery.save(update_fields=["tries", "first_tried_at", "version"])


def _free(endpoint: WebhookEndpoint) -> None:
    endpoint.lease = endpoint.leased_until = endpoint.sending = None
    endpoint.save(update_fields=["seq", "lease", "leased_until", "sending"])


@transaction_required
def release(*, endpoint_id: UUID, lease: UUID) -> None:
    """The turn is over: whoever comes next goes on."""
    endpoint = lock_endpoint_of_worker(endpoint_id)
    if endpoint.lease == lease:
        _free(endpoint)


@transaction_required
def settle(*, job: Job, answer: Answer, now: datetime) -> None:
    """Note what came of it, and what that means. Who comes after the lease has ended may still
    say that it was taken, and nothing else.

    Locks the endpoint; then the event log.
    """
    endpoint = lock_endpoint_of_worker(job.endpoint_id)
    delivery = WebhookDelivery.objects.get(pk=job.delivery_id)
    is_late = endpoint.lease != job.lease
    if delivery.status != DeliveryStatus.PENDING or (is_late and not answer.is_taken):
        return
    _note(delivery, answer)
    if answer.is_taken:
        _end(delivery, DeliveryStatus.DELIVERED, now=now)
    elif answer.is_gone or delivery.is_by_hand or _is_too_old(delivery, now):
        _end(delivery, DeliveryStatus.FAILED, error=answer.error, now=now)
        if answer.is_gone or not delivery.is_by_hand:
            _stop(endpoint, Stopped.GONE if answer.is_gone else Stopped.FAILING, now=now)
    else:
        delivery.try_at = now + pause_after(delivery.tries)
        delivery.save()


def _is_too_old(delivery: WebhookDelivery, now: datetime) -> bool:
    return now - (delivery.first_tried_at or now) >= TRIED_FOR


def pause_after(tries: int) -> timedelta:
    """Twice as long after each try, up to four hours, give or take a fifth."""
    seconds = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(tries - 1, 20))
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311


def _note(delivery: WebhookDelivery, answer: Answer) -> None:
    delivery.response_status, delivery.response = answer.status, answer.body
    delivery.error, delivery.latency_ms = answer.error, answer.latency_ms
    delivery.version += 1


def _end(
    delivery: WebhookDelivery, status: DeliveryStatus, *, error: str = "", now: datetime
) -> None:
    delivery.status, delivery.error, delivery.ended_at = status, error, now
    delivery.save()


def _stop(endpoint: WebhookEndpoint, because: Stopped, *, now: datetime) -> None:
    """What was deleted meanwhile is not heard of again."""
    if not endpoint.is_active or endpoint.archived_at:
        return
    endpoint.is_active = False
    endpoint.stopped_because, endpoint.stopped_at = because, now
    endpoint.version += 1
    endpoint.save()
    tell_owners(endpoint.pk)
    append(
        kind="webhook_endpoint.stopped",
        document=WEBHOOK_ENDPOINT,
        entity_id=endpoint.pk,
        by=System(endpoint.restaurant_id),
        now=now,
    )
