"""Work of the accounts that a request must not wait for."""

from typing import Any
from uuid import UUID

from celery import shared_task
from django.conf import settings

from fynlo.accounts.services import passwords, sweeping, warming
from fynlo.clock import utc_now
from fynlo.db import durable


@shared_task(
    name="accounts.send_reset_link",
    autoretry_for=(OSError,),
    retry_backoff=True,
    max_retries=5,
)
def send_reset_link(*, email: str, **_: Any) -> None:
    """Takes the address as it was typed, so that the request does the same for every address."""
    passwords.send_reset_link(email=email, public_url=settings.PUBLIC_URL)


@shared_task(
    name="accounts.send_invitation",
    autoretry_for=(OSError,),
    retry_backoff=True,
    max_retries=5,
)
def send_invitation(*, membership_id: str, **_: Any) -> None:
    passwords.send_invitation(membership_id=UUID(membership_id), public_url=settings.PUBLIC_URL)


@shared_task(name="accounts.sweep")
def sweep(**_: Any) -> None:
    """Each night."""
    with durable():
        sweeping.sweep(now=utc_now())


@shared_task(name="accounts.warm_caches")
def warm_caches(**_: Any) -> None:
    """Every ten minutes: values end after an hour, and Redis may have lost them."""
    warming.warm_restaurants_at_work(now=utc_now())
