"""What people do with deliveries: ask for a ping, and for something once more."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from fynlo.accounts.actor import Actor
from fynlo.celery import app
from fynlo.db import new_id, transaction_required
from syncing.choices import DeliveryStatus
from syncing.errors import DeliveryUnderWay, EventNotKept
from syncing.models import WebhookDelivery, WebhookEndpoint
from syncing.selectors.webhooks import (
    deliveries,
    delivery_document,
    envelope_of,
    lock_endpoint,
)

PING = "webhook.ping"
KEPT_FOR = timedelta(days=30)
FORGOTTEN_AT_ONCE = 5000


def hand_over(endpoint_id: UUID) -> None:
    """A worker is told after commit; when that is lost, the sweep finds the work."""
    task = app.signature("syncing.deliver_webhooks", kwargs={"endpoint_id": str(endpoint_id)})
    transaction.on_commit(task.delay, robust=True)


@transaction_required
def ping(*, by: Actor, now: datetime, pk: UUID) -> str:
    """The delivery's document, as it waits. Also where the endpoint is not active.

    Raises NotFound.
    """
    return _by_hand(lock_endpoint(by.restaurant_id, pk), kind=PING, seq=None, now=now)


@transaction_required
def redeliver(*, by: Actor, now: datetime, pk: UUID) -> str:
    """What has ended is sent once more, as a delivery of its own; what waits is tried now, also
    while the endpoint is left alone. Where it is not active, what waits is sent once, too.

    Raises NotFound, DeliveryUnderWay, EventNotKept.
    """
    delivery = deliveries(by.restaurant_id).one(by.restaurant_id, pk)
    endpoint = lock_endpoint(by.restaurant_id, delivery.endpoint_id)
    delivery.refresh_from_db()
    if envelope_of(delivery) is None:
        raise EventNotKept
    if delivery.status != DeliveryStatus.PENDING or not endpoint.is_active:
        return _by_hand(endpoint, kind=delivery.kind, seq=delivery.seq, now=now)
    if endpoint.is_leased(now) and endpoint.sending == pk:
        raise DeliveryUnderWay
    endpoint.quiet_until = None
    endpoint.save(update_fields=["quiet_until"])
    delivery.try_at = now
    delivery.version += 1
    delivery.save(update_fields=["try_at", "version"])
    hand_over(endpoint.pk)
    return delivery_document(pk)


def _by_hand(endpoint: WebhookEndpoint, *, kind: str, seq: int | None, now: datetime) -> str:
    delivery = WebhookDelivery.objects.create(
        pk=new_id(),
        restaurant_id=endpoint.restaurant_id,
        endpoint=endpoint,
        seq=seq,
        kind=kind,
        is_by_hand=True,
        created_at=now,
        try_at=now,
    )
    hand_over(endpoint.pk)
    return delivery_document(delivery.pk)


@transaction_required
def forget_batch(*, now: datetime) -> int:
    """Deletes deliveries that ended long ago; how many. Call in a transaction, until 0."""
    old = WebhookDelivery.objects.filter(ended_at__lt=now - KEPT_FOR).order_by("ended_at", "pk")
    ids = list(old.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
    return WebhookDelivery.objects.filter(pk__in=ids).delete()[0] if ids else 0
