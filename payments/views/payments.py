from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from rest_framework.decorators import action
from rest_framework.request import Request

from fynlo.accounts.choices import Permission
from fynlo.api.operations import operation
from fynlo.api.views import Endpoint
from payments.documents import PAYMENT
from payments.selectors.payments import payments
from payments.serializers.payments import CashInput, PaymentQuery
from payments.services.cash import take_cash

NEWEST_FIRST = ("-taken_at", "-id")


class Payments(Endpoint):
    """What guests paid, and taking it. Each way to pay has an address of its own."""

    @operation(Permission.VIEW_PAYMENTS, query=PaymentQuery, answers=PAYMENT, pages=True)
    def list(self, request: Request) -> HttpResponse:
        rows = payments(self.actor.restaurant_id, **self.filters())
        return self.page(PAYMENT, rows, order=NEWEST_FIRST)

    @operation(Permission.VIEW_PAYMENTS, answers=PAYMENT)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        return self.one(PAYMENT, payments(self.actor.restaurant_id), pk)

    @action(detail=False, methods=["post"])
    @operation(Permission.TAKE_PAYMENT, body=CashInput, answers=PAYMENT, status=201, money=True)
    def cash(self, request: Request) -> HttpResponse:
        return self.make(take_cash, **self.body())

    def location_of(self, pk: UUID) -> str:
        return reverse("payment-detail", args=[pk])
