"""Reads and locks of webhooks."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from fynlo.accounts.choices import STREAM_PERMISSIONS
from fynlo.db import OwnedQuerySet
from fynlo.errors import NotFound
from fynlo.events import reading
from fynlo.events.models import Cursor
from syncing.choices import DeliveryStatus
from syncing.documents import WEBHOOK_DELIVERY, WEBHOOK_ENDPOINT
from syncing.models import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookSecret,
)

# More are possible only for who rotates a secret again and again within a day.
SIGNATURES = 5


def endpoints(restaurant_id: UUID) -> OwnedQuerySet[WebhookEndpoint]:
    return WebhookEndpoint.objects.for_restaurant(restaurant_id).filter(archived_at=None)


def endpoint_document(pk: UUID) -> str:
    return WEBHOOK_ENDPOINT.read(WebhookEndpoint.objects.filter(pk=pk))[0]


def lock_endpoint(restaurant_id: UUID, pk: UUID) -> WebhookEndpoint:
    """The lock of all that is its own: secrets and deliveries too. Raises NotFound."""
    endpoint = WebhookEndpoint.objects.lock(restaurant_id, pk)
    if endpoint.archived_at is not None:
        raise NotFound
    return endpoint


def lock_endpoint_unless_held(pk: UUID) -> WebhookEndpoint | None:
    """None when another transaction holds it, or when it is gone."""
    rows = WebhookEndpoint.objects.select_for_update(no_key=True, skip_locked=True)
    return rows.filter(pk=pk, archived_at=None).first()


def lock_endpoint_of_worker(pk: UUID) -> WebhookEndpoint:
    """Archived or not: what was sent is noted."""
    return WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=pk)


def signing_secrets(endpoint_id: UUID, *, now: datetime) -> list[str]:
    """Those that sign now, the newest first."""
    rows = WebhookSecret.objects.filter(endpoint_id=endpoint_id)
    live = rows.filter(Q(ends_at=None) | Q(ends_at__gt=now)).order_by("-made_at", "-pk")
    return list(live.values_list("secret", flat=True)[:SIGNATURES])


def deliveries(restaurant_id: UUID) -> OwnedQuerySet[WebhookDelivery]:
    rows = WebhookDelivery.objects.for_restaurant(restaurant_id)
    return rows.filter(endpoint__archived_at=None)


def deliveries_of(
    restaurant_id: UUID, endpoint_id: UUID, *, status: str | None = None
) -> OwnedQuerySet[WebhookDelivery]:
    """Raises NotFound when the endpoint is not there."""
    endpoints(restaurant_id).one(restaurant_id, endpoint_id)
    rows = deliveries(restaurant_id).filter(endpoint=endpoint_id)
    return rows.filter(status=status) if status else rows


def delivery_document(pk: UUID) -> str:
    return WEBHOOK_DELIVERY.read(WebhookDelivery.objects.filter(pk=pk))[0]


def attempts_of(restaurant_id: UUID, delivery_id: UUID) -> QuerySet[WebhookAttempt]:
    """Raises NotFound when the delivery is not there."""
    deliveries(restaurant_id).one(restaurant_id, delivery_id)
    return WebhookAttempt.objects.filter(delivery=delivery_id)


def waiting(endpoint_id: UUID) -> QuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.filter(endpoint=endpoint_id, status=DeliveryStatus.PENDING)


def due(endpoint_id: UUID, *, now: datetime, is_by_hand: bool) -> WebhookDelivery | None:
    """What has waited longest for its next try. Call while holding the endpoint."""
    rows = waiting(endpoint_id).filter(is_by_hand=is_by_hand, try_at__lte=now)
    return rows.order_by("try_at", "pk").first()


def next_event(endpoint: WebhookEndpoint) -> reading.Found | None:
    """The first event after `endpoint.seq` that it asks for."""
    return reading.first_after(
        restaurant_id=endpoint.restaurant_id,
        seq=endpoint.seq,
        streams=endpoint.streams or list(STREAM_PERMISSIONS),
        kinds=endpoint.kinds,
    )


def envelope_of(delivery: WebhookDelivery) -> str | None:
    """As sockets get it, JSON text; None when the log has it no more."""
    if delivery.seq is None:
        return f'{{"type":"ping","endpoint":"{delivery.endpoint_id}"}}'
    event = reading.at(restaurant_id=delivery.restaurant_id, seq=delivery.seq)
    return event.envelope if event else None


def endpoints_with_work(*, now: datetime) -> Collection[UUID]:
    """Those that nobody works on, and that have something to be sent now."""
    pending = WebhookDelivery.objects.filter(endpoint=OuterRef("pk"), status=DeliveryStatus.PENDING)
    newest = Cursor.objects.filter(pk=OuterRef("restaurant_id")).values("seq")
    by_hand = Exists(pending.filter(is_by_hand=True, try_at__lte=now))
    again = Exists(pending.filter(is_by_hand=False, try_at__lte=now))
    more = Q(seq__lt=Subquery(newest))
    takes_events = Q(is_active=True) & (Q(quiet_until=None) | Q(quiet_until__lte=now))
    rows = WebhookEndpoint.objects.filter(archived_at=None)
    free = rows.filter(Q(leased_until=None) | Q(leased_until__lte=now))
    found = free.filter(by_hand | takes_events & (again | more))
    return list(found.order_by("pk").values_list("pk", flat=True))
