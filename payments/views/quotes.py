from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from fynlo.accounts.choices import Permission
from fynlo.api.operations import operation
from fynlo.api.views import Endpoint
from payments.choices import FeePayer, Method, Obstacle
from payments.serializers.quotes import QuoteInput
from payments.services.quotes import quote

_MINOR = {"type": "integer"}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


METHOD_QUOTED = _object(
    {
        "method": {"enum": Method.values},
        "obstacles": {"type": "array", "items": {"enum": Obstacle.values}},
        "may_charge_guest": {"type": "boolean"},
        "fee_payer": {"enum": FeePayer.values},
        "rounding": _MINOR,
        "customer_fee": _MINOR,
        "total": _MINOR,
        "provider_fee": _MINOR,
        "platform_fee": _MINOR,
        "net": _MINOR,
        "saved_against_card": _MINOR,
    }
)
QUOTED = _object(
    {
        "order": {"type": "string", "format": "uuid"},
        "currency": {"type": "string"},
        "bill": _MINOR,
        "tip": _MINOR,
        "amount": _MINOR,
        "takes_tips": {"type": "boolean"},
        "tips": {"type": "array", "items": _object({"bps": _MINOR, "amount": _MINOR})},
        "methods": {"type": "array", "items": METHOD_QUOTED},
        "recommended": {"anyOf": [{"enum": Method.values}, {"type": "null"}]},
        "reasons": {"type": "array", "items": {"type": "string"}},
    }
)


class Quotes(Endpoint):
    """What each way to pay would come to. Nothing is written."""

    @operation(Permission.TAKE_PAYMENT, body=QuoteInput, answers=QUOTED)
    def create(self, request: Request) -> HttpResponse:
        return self.answer(quote(by=self.actor, now=self.now, **self.body()))
