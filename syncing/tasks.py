from typing import Any
from uuid import UUID

from celery import shared_task
from django.conf import settings

from fynlo.clock import utc_now
from fynlo.db import durable
from syncing.selectors.operations import operations_due
from syncing.services import webhook_deliveries, webhook_letters, webhook_sending
from syncing.services.settling import retry_due

AT_ONCE = 200


@shared_task(name="syncing.retry_operations")
def retry_operations(**_: Any) -> None:
    """Every few seconds; each operation in a transaction of its own."""
    now = utc_now()
    for pk in operations_due(now=now, limit=AT_ONCE):
        with durable():
            retry_due(pk=pk, now=now)


@shared_task(name="syncing.deliver_webhooks")
def deliver_webhooks(*, endpoint_id: str, **_: Any) -> None:
    """Twice, or by two workers at once, does no harm."""
    webhook_sending.work_off(endpoint_id=UUID(endpoint_id), clock=utc_now)


@shared_task(name="syncing.hand_out_webhooks")
def hand_out_webhooks(**_: Any) -> None:
    """Every second: the log is read for all endpoints in one statement."""
    webhook_sending.hand_out(now=utc_now())


@shared_task(
    name="syncing.tell_of_stopped_webhook",
    autoretry_for=(OSError,),
    retry_backoff=True,
    max_retries=5,
)
def tell_of_stopped_webhook(*, pk: str, **_: Any) -> None:
    webhook_letters.send_letter(pk=UUID(pk), public_url=settings.PUBLIC_URL)


@shared_task(name="syncing.forget_deliveries")
def forget_deliveries(**_: Any) -> None:
    """Each night, in transactions of bounded size."""
    more = 1
    while more:
        with durable():
            more = webhook_deliveries.forget_batch(now=utc_now())
