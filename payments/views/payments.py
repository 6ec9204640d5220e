from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from rest_framework.decorators import action
from rest_framework.request import Request

from fynlo.accounts.choices import Permission
from fynlo.api.operations import operation
from fynlo.api.views import Endpoint
from payments.documents import PAYMENT, STATUS
from payments.selectors.payments import payments
from payments.serializers.payments import (
    AskInput,
    CashInput,
    PaymentChange,
    PaymentInput,
    PaymentQuery,
    StopInput,
)
from payments.serializers.splits import PartInCashInput
from payments.services.calls import call_provider, finish_call
from payments.services.cancelling import prepare_cancel, prepare_fallback
from payments.services.cash import pay_in_cash, take_cash
from payments.services.open_banking import prepare_qr
from payments.services.payments import Wanted, change_payment, create_payment

NEWEST_FIRST = ("-taken_at", "-id")


def wanted_of(data: dict[str, Any]) -> Wanted:
    """What the till asks for, which is taken out of `data`."""
    return Wanted(**{name: data.pop(name) for name in Wanted.__slots__ if name in data})


class Payments(Endpoint):
    """What guests paid, and taking it. Each way to pay has an address of its own."""

    @operation(Permission.VIEW_PAYMENTS, query=PaymentQuery, answers=PAYMENT, pages=True)
    def list(self, request: Request) -> HttpResponse:
        rows = payments(self.actor.restaurant_id, **self.filters())
        return self.page(PAYMENT, rows, order=NEWEST_FIRST)

    @operation(Permission.VIEW_PAYMENTS, answers=PAYMENT)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        return self.one(PAYMENT, payments(self.actor.restaurant_id), pk)

    @operation(Permission.TAKE_PAYMENT, body=PaymentInput, answers=PAYMENT, status=201)
    def create(self, request: Request) -> HttpResponse:
        data = self.body()
        return self.make(create_payment, wanted=wanted_of(data), **data)

    @operation(Permission.TAKE_PAYMENT, body=PaymentChange, answers=PAYMENT, versioned=True)
    def partial_update(self, request: Request, pk: UUID) -> HttpResponse:
        data = self.body()
        expected = self.expected_version(data)
        return self.write(change_payment, pk=pk, expected_version=expected, **data)

    @action(detail=True, methods=["get"])
    @operation(Permission.VIEW_PAYMENTS, answers=STATUS)
    def status(self, request: Request, pk: UUID) -> HttpResponse:
        """What a till asks for while it waits; 304 while nothing has changed."""
        return self.one(STATUS, payments(self.actor.restaurant_id), pk)

    @action(detail=True, methods=["post"])
    @operation(Permission.TAKE_PAYMENT, body=StopInput, answers=PAYMENT)
    def cancel(self, request: Request, pk: UUID) -> HttpResponse:
        return self.in_phases(
            prepare_cancel, call=call_provider, finish=finish_call, pk=pk, **self.body()
        )

    @action(detail=True, methods=["post"])
    @operation(Permission.TAKE_PAYMENT, body=StopInput, answers=PAYMENT, money=True)
    def fallback(self, request: Request, pk: UUID) -> HttpResponse:
        """The card instead of the bank, once the bank can take nothing any more."""
        return self.in_phases(
            prepare_fallback, call=call_provider, finish=finish_call, pk=pk, **self.body()
        )

    @action(detail=False, methods=["post"])
    @operation(Permission.TAKE_PAYMENT, body=CashInput, answers=PAYMENT, status=201, money=True)
    def cash(self, request: Request) -> HttpResponse:
        return self.make(take_cash, **self.body())

    @action(detail=True, methods=["post"], url_path="cash")
    @operation(Permission.TAKE_PAYMENT, body=PartInCashInput, answers=PAYMENT, money=True)
    def settle_in_cash(self, request: Request, pk: UUID) -> HttpResponse:
        """A payment that waits to be asked for, such as a guest's part, in cash."""
        return self.write(pay_in_cash, pk=pk, **self.body())

    @action(detail=False, methods=["post"], url_path="open-banking/qr")
    @operation(Permission.TAKE_PAYMENT, body=AskInput, answers=PAYMENT, status=201, money=True)
    def open_banking(self, request: Request) -> HttpResponse:
        """An attempt by bank: its QR code is at `attempts/{id}/qr.svg`."""
        data = self.body()
        return self.in_phases(
            prepare_qr, call=call_provider, finish=finish_call, wanted=wanted_of(data), **data
        )

    def location_of(self, pk: UUID) -> str:
        return reverse("payment-detail", args=[pk])
