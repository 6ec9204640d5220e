import json
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from rest_framework.decorators import action
from rest_framework.request import Request

from fynlo.accounts.choices import Permission
from fynlo.api.operations import operation
from fynlo.api.views import Endpoint
from payments.documents import PAYMENT
from payments.serializers.card import CaptureInput, ConfirmInput, IntentInput
from payments.serializers.payments import StopInput
from payments.services.calls import call_provider, finish_call
from payments.services.cancelling import prepare_stop
from payments.services.card import card_intent, prepare_capture, prepare_card, prepare_confirm
from payments.views.payments import wanted_of

_NAMES = ("id", "status", "client_secret", "publishable_key", "account", "redirect_url")
CARD_INTENT: dict[str, Any] = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in _NAMES},
    "required": list(_NAMES),
}


class CardIntents(Endpoint):
    """Paying by card. An intent is the attempt of a payment; `{id}` is the attempt's."""

    @operation(Permission.TAKE_PAYMENT, body=IntentInput, answers=PAYMENT, status=201, money=True)
    def create(self, request: Request) -> HttpResponse:
        data = self.body()
        return self.in_phases(
            prepare_card, call=call_provider, finish=finish_call, wanted=wanted_of(data), **data
        )

    @operation(Permission.TAKE_PAYMENT, answers=CARD_INTENT)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        """What Stripe's SDK on the till, or Stripe.js, needs; asked of Stripe, never stored."""
        found = card_intent(restaurant_id=self.actor.restaurant_id, pk=pk)
        response = self.answer(json.dumps(asdict(found)))
        response["Cache-Control"] = "no-store"
        return response

    @action(detail=True, methods=["post"])
    @operation(Permission.TAKE_PAYMENT, body=ConfirmInput, answers=PAYMENT, money=True)
    def confirm(self, request: Request, pk: UUID) -> HttpResponse:
        """A declined card leaves the attempt waiting for another, with the reason in `failure`."""
        return self.in_phases(
            prepare_confirm, call=call_provider, finish=finish_call, pk=pk, **self.body()
        )

    @action(detail=True, methods=["post"])
    @operation(Permission.TAKE_PAYMENT, body=CaptureInput, answers=PAYMENT, money=True)
    def capture(self, request: Request, pk: UUID) -> HttpResponse:
        return self.in_phases(
            prepare_capture, call=call_provider, finish=finish_call, pk=pk, **self.body()
        )

    @action(detail=True, methods=["post"])
    @operation(Permission.TAKE_PAYMENT, body=StopInput, answers=PAYMENT)
    def cancel(self, request: Request, pk: UUID) -> HttpResponse:
        """The attempt ends and a hold is released; the payment waits for another way to pay."""
        return self.in_phases(
            prepare_stop, call=call_provider, finish=finish_call, pk=pk, **self.body()
        )

    def location_of(self, pk: UUID) -> str:
        return reverse("payment-detail", args=[pk])
