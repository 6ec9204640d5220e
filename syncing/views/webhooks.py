"""Where events are sent to, and what came of it.

A secret is shown by the answer that made it and never again: what is stored for an
Idempotency-Key is the answer without it.
"""

from typing import Any
from uuid import UUID

import orjson
from django.http import HttpResponse
from rest_framework.decorators import action
from rest_framework.request import Request

from fynlo.accounts.choices import Permission
from fynlo.api.accounts.serializers import Nothing
from fynlo.api.inputs import NoBody
from fynlo.api.operations import operation
from fynlo.api.pages import PageQuery
from fynlo.api.views import Endpoint
from fynlo.documents import schema
from syncing.documents import WEBHOOK_ATTEMPT, WEBHOOK_DELIVERY, WEBHOOK_ENDPOINT
from syncing.selectors.webhooks import attempts_of, deliveries, deliveries_of, endpoints
from syncing.serializers.webhooks import DeliveryQuery, EndpointChange, EndpointInput
from syncing.services.webhook_deliveries import ping, redeliver
from syncing.services.webhook_endpoints import (
    change_endpoint,
    create_endpoint,
    delete_endpoint,
    new_secret,
    rotate_secret,
)

_PUBLIC = schema(WEBHOOK_ENDPOINT)
WITH_SECRET = {
    **_PUBLIC,
    "description": "`secret` is there in the first answer, and in no repetition of it.",
    "properties": {**_PUBLIC["properties"], "secret": {"type": "string"}},
}


class WebhookEndpoints(Endpoint):
    """Addresses of integrators, each of which gets the log."""

    @operation(Permission.VIEW_WEBHOOKS, query=PageQuery, answers=WEBHOOK_ENDPOINT, pages=True)
    def list(self, request: Request) -> HttpResponse:
        rows = endpoints(self.actor.restaurant_id)
        return self.page(WEBHOOK_ENDPOINT, rows, order=("created_at", "id"))

    @operation(Permission.VIEW_WEBHOOKS, answers=WEBHOOK_ENDPOINT)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        return self.one(WEBHOOK_ENDPOINT, endpoints(self.actor.restaurant_id), pk)

    @operation(Permission.MANAGE_WEBHOOKS, body=EndpointInput, answers=WITH_SECRET, status=201)
    def create(self, request: Request) -> HttpResponse:
        secret = new_secret()
        made = self.make(create_endpoint, secret=secret, **self.body())
        return _showing(secret, made) if made.status_code == 201 else made

    @operation(
        Permission.MANAGE_WEBHOOKS, body=EndpointChange, answers=WEBHOOK_ENDPOINT, versioned=True
    )
    def partial_update(self, request: Request, pk: UUID) -> HttpResponse:
        changes: dict[str, Any] = self.body()
        expected = self.expected_version(changes)
        return self.write(change_endpoint, pk=pk, expected_version=expected, **changes)

    @operation(Permission.MANAGE_WEBHOOKS, status=204, guarded=True)
    def destroy(self, request: Request, pk: UUID) -> HttpResponse:
        return self.write(delete_endpoint, pk=pk, expected_version=self.expected_version({}))

    @action(detail=True, methods=["post"], url_path="rotate-secret")
    @operation(Permission.MANAGE_WEBHOOKS, body=NoBody, answers=WITH_SECRET)
    def rotate_secret(self, request: Request, pk: UUID) -> HttpResponse:
        """A new one, which signs beside the old one for 24 hours."""
        secret, expected = new_secret(), self.expected_version(self.body())
        rotated = self.write(rotate_secret, pk=pk, expected_version=expected, secret=secret)
        return _showing(secret, rotated) if rotated.status_code == 200 else rotated

    @action(detail=True, methods=["post"])
    @operation(Permission.MANAGE_WEBHOOKS, body=Nothing, answers=WEBHOOK_DELIVERY)
    def test(self, request: Request, pk: UUID) -> HttpResponse:
        """Sends a ping. Look at the delivery for what came of it."""
        self.body()
        return self.write(ping, pk=pk)

    @action(detail=True, methods=["get"])
    @operation(Permission.VIEW_WEBHOOKS, query=DeliveryQuery, answers=WEBHOOK_DELIVERY, pages=True)
    def deliveries(self, request: Request, pk: UUID) -> HttpResponse:
        """Of the last 30 days, the newest first."""
        rows = deliveries_of(self.actor.restaurant_id, pk, **self.filters())
        return self.page(WEBHOOK_DELIVERY, rows, order=("-created_at", "-id"))


class WebhookDeliveries(Endpoint):
    @operation(Permission.VIEW_WEBHOOKS, answers=WEBHOOK_DELIVERY)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        return self.one(WEBHOOK_DELIVERY, deliveries(self.actor.restaurant_id), pk)

    @action(detail=True, methods=["get"])
    @operation(Permission.VIEW_WEBHOOKS, query=PageQuery, answers=WEBHOOK_ATTEMPT, pages=True)
    def attempts(self, request: Request, pk: UUID) -> HttpResponse:
        """Each try of it, the newest first. Without `latency_ms` it is under way, or whoever sent
        it died before the answer was noted."""
        rows = attempts_of(self.actor.restaurant_id, pk)
        return self.page(WEBHOOK_ATTEMPT, rows, order=("-number", "-id"))

    @action(detail=True, methods=["post"])
    @operation(Permission.MANAGE_WEBHOOKS, body=Nothing, answers=WEBHOOK_DELIVERY)
    def redeliver(self, request: Request, pk: UUID) -> HttpResponse:
        """Once more, as a delivery of its own; one that waits is tried now."""
        self.body()
        return self.write(redeliver, pk=pk)


def _showing(secret: str, response: HttpResponse) -> HttpResponse:
    if "Idempotency-Replayed" not in response:
        document = orjson.loads(response.content)
        response.content = orjson.dumps({**document, "secret": secret})
    response["Cache-Control"] = "no-store"
    return response
