from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from rest_framework.request import Request

from fynlo.accounts.choices import Permission
from fynlo.api.operations import operation
from fynlo.api.pages import PageQuery
from fynlo.api.views import Endpoint
from payments.documents import REFUND
from payments.selectors.payments import one_payment
from payments.selectors.refunds import refunds
from payments.serializers.refunds import RefundInput
from payments.services.calls import call_provider
from payments.services.refund_lines import LinePart
from payments.services.refunds import Wish, finish_refund, prepare_refund

OLDEST_FIRST = ("requested_at", "id")


class Refunds(Endpoint):
    """`payments/{id}/refunds/`: what went back of a payment, and giving it back."""

    @operation(Permission.VIEW_PAYMENTS, query=PageQuery, answers=REFUND, pages=True)
    def list(self, request: Request, pk: UUID) -> HttpResponse:
        paid = one_payment(self.actor.restaurant_id, pk)
        rows = refunds(self.actor.restaurant_id).filter(payment=paid)
        return self.page(REFUND, rows, order=OLDEST_FIRST)

    @operation(Permission.REFUND_PAYMENT, body=RefundInput, answers=REFUND, status=201, money=True)
    def create(self, request: Request, pk: UUID) -> HttpResponse:
        data = self.body()
        approver = self.approver(data, Permission.APPROVE)
        return self.in_phases(
            prepare_refund,
            call=call_provider,
            finish=finish_refund,
            payment=pk,
            approver=approver,
            wish=_wish(data),
            **data,
        )

    def location_of(self, pk: UUID) -> str:
        return reverse("payment-refunds", args=[self.kwargs["pk"]])


def _wish(data: dict[str, Any]) -> Wish:
    """Taken out of `data`."""
    lines = [LinePart(**row) for row in data.pop("lines", ())]
    given = {name: data.pop(name) for name in ("amount", "tip") if name in data}
    return Wish(reason=data.pop("reason"), lines=lines, **given)
