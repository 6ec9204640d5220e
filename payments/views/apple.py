import json
from functools import partial
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from rest_framework.decorators import action
from rest_framework.request import Request

from fynlo.accounts.choices import Permission
from fynlo.api.operations import operation
from fynlo.api.views import Endpoint
from payments.documents import PAYMENT
from payments.serializers.card import PaymentOf, ProcessInput, SessionInput
from payments.services.apple import (
    call_apple,
    finish_apple,
    open_session,
    payment_request,
    prepare_apple,
)

SESSION = {"type": "object", "additionalProperties": True}
CONFIG = {
    "type": "object",
    "properties": {
        "config_id": {"type": "string"},
        "payment": {"type": "string", "format": "uuid"},
        "amount": {"type": "integer"},
        "currency": {"type": "string"},
        "expires_at": {"type": "string", "format": "date-time"},
        "request": {"type": "object", "additionalProperties": True},
    },
    "required": ["config_id", "payment", "amount", "currency", "expires_at", "request"],
}


class ApplePay(Endpoint):
    """Apple Pay, on a page and in the app. Stripe charges what the guest's phone has signed."""

    @action(detail=False, methods=["post"], url_path="merchant-session")
    @operation(Permission.TAKE_PAYMENT, body=SessionInput, answers=SESSION)
    def merchant_session(self, request: Request) -> HttpResponse:
        """What `completeMerchantValidation` takes; it serves once."""
        session = open_session(restaurant_id=self.actor.restaurant_id, **self.body())
        response = self.answer(json.dumps(session))
        response["Cache-Control"] = "no-store"
        return response

    @action(detail=False, methods=["get"])
    @operation(Permission.TAKE_PAYMENT, query=PaymentOf, answers=CONFIG)
    def config(self, request: Request) -> HttpResponse:
        """What a PKPaymentRequest is made of for a pending payment: `request` has Apple's names."""
        found = payment_request(
            restaurant_id=self.actor.restaurant_id, payment=self.query["payment"], now=self.now
        )
        return self.answer(json.dumps(found))

    @action(detail=False, methods=["post"])
    @operation(Permission.TAKE_PAYMENT, body=ProcessInput, answers=PAYMENT, money=True)
    def process(self, request: Request) -> HttpResponse:
        data = self.body()
        return self.in_phases(
            prepare_apple,
            call=partial(call_apple, token=data["token"]),
            finish=finish_apple,
            **data,
        )


@require_safe
def domain_association(request: HttpRequest) -> HttpResponse:
    """What Apple gave to prove that this host is ours: the very bytes, without a redirect."""
    path = settings.APPLE_PAY_DOMAIN_ASSOCIATION_FILE
    try:
        content = Path(path).read_bytes() if path else b""
    except OSError:
        content = b""
    if not content:
        raise Http404
    return HttpResponse(content, content_type="text/plain")
