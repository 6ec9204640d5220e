"""A letter to the owners when Fynlo sends nothing to an endpoint any more."""

from uuid import UUID

from django.core.mail import send_mail
from django.db import transaction

from fynlo.accounts.selectors import owners_of
from fynlo.celery import app
from syncing.choices import Stopped
from syncing.models import WebhookEndpoint

_LETTER = """Fynlo sends no more events of {place} to

{url}

{because}

When it is activated again, Fynlo goes on where it stopped. What failed can be sent again from the
list of its deliveries:

{link}
"""
_BECAUSE = {
    Stopped.FAILING: "For three days it has taken no event, however often they were sent.",
    Stopped.GONE: "It answered 410 (Gone), which asks for no more events.",
}


def tell_owners(endpoint_id: UUID) -> None:
    """After commit."""
    task = app.signature("syncing.tell_of_stopped_webhook", kwargs={"pk": str(endpoint_id)})
    transaction.on_commit(task.delay, robust=True)


def send_letter(*, pk: UUID, public_url: str) -> None:
    """To each owner. Nothing when the endpoint is active again by now."""
    endpoint = WebhookEndpoint.objects.select_related("restaurant").get(pk=pk)
    if endpoint.is_active or not endpoint.stopped_because:
        return
    letter = _LETTER.format(
        place=endpoint.restaurant.name,
        url=endpoint.url,
        because=_BECAUSE[Stopped(endpoint.stopped_because)],
        link=f"{public_url}/admin/syncing/webhookdelivery/?endpoint__id__exact={endpoint.pk}",
    )
    for owner in owners_of(endpoint.restaurant_id).select_related("user"):
        send_mail("Webhooks have stopped", letter, None, [owner.user.email])
