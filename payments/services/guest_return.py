"""A guest's browser comes back from a bank or a card page."""

from django.db import transaction

from fynlo.celery import app
from payments.choices import Provider
from payments.selectors.attempts import attempt_known_to
from payments.services.guest_page import token_of_attempt


def came_back(provider_id: str) -> str:
    """The token of the page to go on with; empty for a payment that nobody knows.

    Whoever comes with another's id sees no more than that page shows: its state is the provider's.
    """
    for provider in (Provider.TRUELAYER, Provider.STRIPE):
        attempt = attempt_known_to(provider, provider_id) if provider_id else None
        if attempt:
            task = app.signature("payments.refresh_attempt", kwargs={"attempt_id": str(attempt.pk)})
            transaction.on_commit(task.delay, robust=True)
            return token_of_attempt(attempt)
    return ""
