from typing import ClassVar
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from fynlo.api.operations import Access, operation
from fynlo.api.views import Endpoint
from fynlo.db import durable
from payments.choices import Provider
from payments.services.webhooks import read_webhook, store_webhook

STORED = {"type": "object", "properties": {"stored": {"type": "boolean"}}, "required": ["stored"]}


class Webhooks(Endpoint):
    """Where providers tell us that something happened. Verified, stored, answered; no more."""

    provider: ClassVar[Provider]

    @operation(Access.PUBLIC, answers=STORED)
    def create(self, request: Request) -> HttpResponse:
        """The signature covers the very bytes and the path: neither is parsed before."""
        return self._store(request)

    def _store(self, request: Request, addressee: UUID | None = None) -> HttpResponse:
        sent = request._request
        event = read_webhook(
            self.provider,
            sent.body,
            sent.headers,
            path=sent.path,
            now=self.now,
            addressee=addressee,
        )
        with durable():
            store_webhook(provider=self.provider, event=event, now=self.now, addressee=addressee)
        return self.answer('{"stored":true}')


class OpenBankingWebhooks(Webhooks):
    provider = Provider.TRUELAYER


class StripeWebhooks(Webhooks):
    provider = Provider.STRIPE

    @operation(Access.PUBLIC, answers=STORED)
    def to_restaurant(self, request: Request, pk: UUID) -> HttpResponse:
        """The address of a restaurant with keys of its own at Stripe."""
        return self._store(request, addressee=pk)
