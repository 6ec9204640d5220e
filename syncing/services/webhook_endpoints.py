"""Where a restaurant's events are sent to, and what signs them."""

import secrets
from datetime import datetime, timedelta
from typing import TypedDict, Unpack
from uuid import UUID

from django.db.models import F

from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import STREAM_PERMISSIONS
from fynlo.accounts.selectors import lock_staff
from fynlo.db import check_version, created_before, new_id, transaction_required
from fynlo.events.log import append, append_deleted
from fynlo.events.reading import last_seq
from syncing.choices import DeliveryStatus, Stopped
from syncing.documents import WEBHOOK_ENDPOINT
from syncing.errors import TooManyEndpoints
from syncing.models import WebhookEndpoint, WebhookSecret
from syncing.providers.addresses import Reach
from syncing.selectors.webhooks import endpoint_document, endpoints, lock_endpoint, waiting
from syncing.services.webhook_deliveries import hand_over

MOST = 20
# For so long an endpoint gets two signatures, and its owner may go from one secret to the other.
GRACE = timedelta(hours=24)
DELETED = "The endpoint was deleted."


class EndpointFields(TypedDict, total=False):
    url: str
    description: str
    streams: list[str]
    kinds: list[str]
    is_active: bool


def new_secret() -> str:
    """256 bits."""
    return f"whsec_{secrets.token_urlsafe(32)}"


@transaction_required
def create_endpoint(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    fingerprint: str,
    secret: str,
    **fields: Unpack[EndpointFields],
) -> tuple[str, bool]:
    """The document, and whether it is new. It gets what happens from now on.

    Raises IdConflict, AddressRefused, PermissionMissing, TooManyEndpoints.
    """
    if created_before(WebhookEndpoint, pk=pk, by=by.restaurant_id, fingerprint=fingerprint):
        return endpoint_document(pk), False
    endpoint = WebhookEndpoint(
        pk=pk, restaurant_id=by.restaurant_id, fingerprint=fingerprint, created_at=now, **fields
    )
    _check(by, endpoint)
    lock_staff(by.restaurant_id)
    if endpoints(by.restaurant_id).count() >= MOST:
        raise TooManyEndpoints
    endpoint.seq = last_seq(by.restaurant_id)
    endpoint.save(force_insert=True)
    WebhookSecret.objects.create(endpoint=endpoint, secret=secret, made_at=now)
    kind = "webhook_endpoint.created"
    return append(kind=kind, document=WEBHOOK_ENDPOINT, entity_id=pk, by=by, now=now), True


def _check(by: Actor, endpoint: WebhookEndpoint) -> None:
    """Nobody has sent to themselves what they may not see."""
    Reach.of_settings().check(endpoint.url)
    for stream in endpoint.streams or STREAM_PERMISSIONS:
        by.must(STREAM_PERMISSIONS[stream])


@transaction_required
def change_endpoint(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    expected_version: int | None,
    **fields: Unpack[EndpointFields],
) -> str:
    """Only what is given changes. What waits is tried at once when the address is another, or the
    endpoint is active again: it goes on where it stopped, with three days anew.

    Raises NotFound, VersionConflict, AddressRefused, PermissionMissing.
    """
    endpoint = _lock(by, pk, expected_version)
    for name, value in fields.items():
        setattr(endpoint, name, value)
    _check(by, endpoint)
    if endpoint.is_active:
        endpoint.stopped_because, endpoint.stopped_at = Stopped.NOT, None
        if "url" in fields or "is_active" in fields:
            _try_again(endpoint, now=now)
    endpoint.version += 1
    endpoint.save()
    kind = "webhook_endpoint.updated"
    return append(kind=kind, document=WEBHOOK_ENDPOINT, entity_id=pk, by=by, now=now)


def _try_again(endpoint: WebhookEndpoint, *, now: datetime) -> None:
    endpoint.failing_since = endpoint.quiet_until = None
    waiting(endpoint.pk).filter(is_by_hand=False).update(
        try_at=now, first_tried_at=None, version=F("version") + 1
    )
    hand_over(endpoint.pk)


def _lock(by: Actor, pk: UUID, expected_version: int | None) -> WebhookEndpoint:
    endpoint = lock_endpoint(by.restaurant_id, pk)
    check_version(endpoint.version, expected_version, document=lambda: endpoint_document(pk))
    return endpoint


@transaction_required
def delete_endpoint(*, by: Actor, now: datetime, pk: UUID, expected_version: int | None) -> str:
    """Nothing more is sent, what waits has failed. Nothing to show.

    Raises NotFound, VersionConflict.
    """
    endpoint = _lock(by, pk, expected_version)
    endpoint.archived_at = now
    endpoint.version += 1
    endpoint.save(update_fields=["archived_at", "version"])
    endpoint.secrets.all().delete()
    waiting(pk).update(status=DeliveryStatus.FAILED, ended_at=now, error=DELETED)
    kind = "webhook_endpoint.deleted"
    append_deleted(kind=kind, document=WEBHOOK_ENDPOINT, entity_id=pk, by=by, now=now)
    return ""


@transaction_required
def rotate_secret(
    *, by: Actor, now: datetime, pk: UUID, expected_version: int | None, secret: str
) -> str:
    """The new one signs at once, and those before it for a day more.

    Raises NotFound, VersionConflict.
    """
    endpoint = _lock(by, pk, expected_version)
    endpoint.secrets.filter(ends_at__lte=now).delete()
    endpoint.secrets.filter(ends_at=None).update(ends_at=now + GRACE)
    endpoint.secrets.create(pk=new_id(), secret=secret, made_at=now)
    endpoint.version += 1
    endpoint.save(update_fields=["version"])
    kind = "webhook_endpoint.secret_rotated"
    return append(kind=kind, document=WEBHOOK_ENDPOINT, entity_id=pk, by=by, now=now)
