"""Work of the accounts that a request must not wait for."""

from typing import Any

from celery import shared_task
from django.conf import settings

from fynlo.accounts.services import passwords


@shared_task(
    name="accounts.send_reset_link",
    autoretry_for=(OSError,),
    retry_backoff=True,
    max_retries=5,
)
def send_reset_link(*, email: str, **_: Any) -> None:
    """Takes the address as it was typed, so that the request does the same for every address."""
    passwords.send_reset_link(email=email, public_url=settings.PUBLIC_URL)
