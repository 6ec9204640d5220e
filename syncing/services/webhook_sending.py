"""Sending events to integrators: at least once, by one worker at a time for each endpoint.

An endpoint's cursor moves in the transaction that makes the delivery's row, and that row is there
before anything is sent, as is that of the attempt. A worker leases the endpoint, sends outside of
any transaction, and notes what came of it. What failed waits by itself, and the log goes on.
Whoever dies in between leaves a lease that ends, and a row that is tried again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from fynlo.accounts.actor import System
from fynlo.celery import app
from fynlo.db import durable, new_id, transaction_required
from fynlo.events.log import append
from fynlo.events.reading import Found, last_seq
from syncing.choices import DeliveryStatus, Stopped
from syncing.documents import WEBHOOK_ENDPOINT
from syncing.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from syncing.providers.addresses import Reach
from syncing.providers.posting import Answer, Poster
from syncing.selectors.webhooks import (
    due,
    endpoints_with_work,
    envelope_of,
    lock_endpoint_of_worker,
    lock_endpoint_unless_held,
    next_event,
    signing_secrets,
)
from syncing.services.webhook_letters import tell_owners
from syncing.services.webhook_pauses import asked_pause, pause_after, quiet_for
from syncing.services.webhook_signing import headers_of

# Six times what one try may take.
LEASE = timedelta(seconds=60)
# Then another endpoint has its turn.
TURN_S = 20.0
TRIED_FOR = timedelta(days=3)
NOT_KEPT = "The event is no longer in the log."


@dataclass(frozen=True, slots=True)
class Job:
    """One try, ready to be sent."""

    endpoint_id: UUID
    delivery_id: UUID
    attempt_id: UUID
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
    """Send what waits, for as long as one turn, or until nobody answers. Two workers at once do
    no harm: one has nothing to do. Opens transactions of its own: call outside of one."""
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
            if answer.status is None:
                break
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
    delivery = _next(endpoint, now=now)
    envelope = envelope_of(delivery) if delivery else ""
    if delivery and envelope is None:
        _end(delivery, DeliveryStatus.FAILED, error=NOT_KEPT, now=now)
    if delivery is None or not envelope:
        _free(endpoint)
        return None
    attempt = _lease(endpoint, delivery, lease=lease, now=now)
    body = envelope.encode()
    secrets = signing_secrets(endpoint.pk, now=now)
    headers = headers_of(delivery, body, secrets=secrets, now=now)
    return Job(endpoint.pk, delivery.pk, attempt.pk, lease, endpoint.url, headers, body)


def _next(endpoint: WebhookEndpoint, *, now: datetime) -> WebhookDelivery | None:
    """What somebody asked for; then whatever has waited longest, a second try or a new event."""
    asked = due(endpoint.pk, now=now, is_by_hand=True)
    if asked or not endpoint.takes_events(now):
        return asked
    again, newest = due(endpoint.pk, now=now, is_by_hand=False), last_seq(endpoint.restaurant_id)
    event = next_event(endpoint)
    if event is None:
        endpoint.seq = max(endpoint.seq, newest)
        return again
    if again and again.try_at <= event.received_at:
        return again
    return _planned(endpoint, event, now=now)


def _planned(endpoint: WebhookEndpoint, event: Found, *, now: datetime) -> WebhookDelivery:
    """The cursor moves behind it."""
    endpoint.seq = event.seq
    return WebhookDelivery.objects.create(
        pk=new_id(),
        restaurant_id=endpoint.restaurant_id,
        endpoint=endpoint,
        seq=event.seq,
        kind=event.kind,
        created_at=now,
        try_at=now,
    )


def _lease(
    endpoint: WebhookEndpoint, delivery: WebhookDelivery, *, lease: UUID, now: datetime
) -> WebhookAttempt:
    endpoint.lease, endpoint.leased_until = lease, now + LEASE
    endpoint.sending = delivery.pk
    endpoint.save(update_fields=["seq", "lease", "leased_until", "sending"])
    delivery.tries += 1
    delivery.first_tried_at = delivery.first_tried_at or now
    delivery.version += 1
    delivery.save(update_fields=["tries", "first_tried_at", "version"])
    return WebhookAttempt.objects.create(delivery=delivery, number=delivery.tries, tried_at=now)


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
    say that it was taken, and nothing else but what came of the attempt.

    Locks the endpoint; then the event log.
    """
    endpoint = lock_endpoint_of_worker(job.endpoint_id)
    _note_attempt(job.attempt_id, answer)
    delivery = WebhookDelivery.objects.get(pk=job.delivery_id)
    is_late = endpoint.lease != job.lease
    if delivery.status != DeliveryStatus.PENDING or (is_late and not answer.is_taken):
        return
    _note(delivery, answer)
    if answer.is_taken:
        _end(delivery, DeliveryStatus.DELIVERED, now=now)
    elif answer.is_gone or delivery.is_by_hand or _since(delivery.first_tried_at, now) >= TRIED_FOR:
        _end(delivery, DeliveryStatus.FAILED, error=answer.error, now=now)
    else:
        delivery.try_at = now + max(pause_after(delivery.tries), asked_pause(answer, now=now))
        delivery.save()
    _judge(endpoint, answer, is_by_hand=delivery.is_by_hand, now=now)


def _judge(endpoint: WebhookEndpoint, answer: Answer, *, is_by_hand: bool, now: datetime) -> None:
    """What an answer means for all that follows."""
    if answer.is_gone:
        _stop(endpoint, Stopped.GONE, now=now)
    if answer.is_gone or is_by_hand:
        return
    endpoint.failing_since = None if answer.is_taken else endpoint.failing_since or now
    failing = _since(endpoint.failing_since, now)
    endpoint.quiet_until = now + quiet_for(answer, failing=failing, now=now)
    endpoint.save(update_fields=["failing_since", "quiet_until"])
    if failing >= TRIED_FOR:
        _stop(endpoint, Stopped.FAILING, now=now)


def _since(moment: datetime | None, now: datetime) -> timedelta:
    return now - (moment or now)


def _note_attempt(pk: UUID, answer: Answer) -> None:
    WebhookAttempt.objects.filter(pk=pk).update(
        response_status=answer.status,
        response=answer.body,
        error=answer.error,
        latency_ms=answer.latency_ms,
    )


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
