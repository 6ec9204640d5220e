"""Reads and locks of stored webhooks."""

from datetime import datetime
from uuid import UUID

from payments.choices import WebhookState
from payments.models import WebhookEvent


def webhook_id(provider: str, event_id: str, *, addressee: UUID | None) -> UUID:
    rows = WebhookEvent.objects.filter(provider=provider, event_id=event_id, addressee_id=addressee)
    pk: UUID = rows.values_list("pk", flat=True).get()
    return pk


def lock_webhook(pk: UUID) -> WebhookEvent:
    return WebhookEvent.objects.select_for_update(no_key=True).get(pk=pk)


def webhooks_waiting(*, now: datetime, limit: int) -> list[UUID]:
    rows = WebhookEvent.objects.filter(state=WebhookState.RECEIVED, try_at__lte=now)
    return list(rows.order_by("try_at", "pk").values_list("pk", flat=True)[:limit])


def occurred_at(provider: str, provider_id: str, *, kind: str) -> datetime:
    """When the provider says that it happened; it has to have told us."""
    rows = WebhookEvent.objects.filter(provider=provider, provider_id=provider_id, kind=kind)
    moment = rows.values_list("occurred_at", flat=True)[0]
    assert moment
    return moment
