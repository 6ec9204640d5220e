from collections.abc import Callable
from uuid import UUID

from django.http import HttpResponse
from rest_framework.decorators import action
from rest_framework.request import Request

from fynlo.accounts.choices import Permission
from fynlo.api.inputs import NoBody
from fynlo.api.operations import operation
from fynlo.api.views import Endpoint
from pos.documents import ORDER
from pos.serializers import orders as inputs
from pos.services import (
    closing,
    discounts,
    merging,
    sending,
    splitting,
    transfers,
    voids,
)


class OrderActions(Endpoint):
    """`POST orders/{id}/<verb>/`."""

    @action(detail=True, methods=["post"])
    @operation(Permission.TAKE_ORDERS, body=inputs.SomeLines, answers=ORDER)
    def send(self, request: Request, pk: UUID) -> HttpResponse:
        return self._act(sending.send_order, pk)

    @action(detail=True, methods=["post"])
    @operation(Permission.TAKE_ORDERS, body=inputs.HoldInput, answers=ORDER)
    def hold(self, request: Request, pk: UUID) -> HttpResponse:
        return self._act(sending.hold_lines, pk)

    @action(detail=True, methods=["post"])
    @operation(Permission.TAKE_ORDERS, body=inputs.FireInput, answers=ORDER)
    def fire(self, request: Request, pk: UUID) -> HttpResponse:
        return self._act(sending.fire_course, pk)

    @action(detail=True, methods=["post"])
    @operation(Permission.TAKE_ORDERS, body=inputs.SomeLines, answers=ORDER)
    def serve(self, request: Request, pk: UUID) -> HttpResponse:
        return self._act(sending.serve_lines, pk)

    @action(detail=True, methods=["post"])
    @operation(Permission.TAKE_ORDERS, body=NoBody, answers=ORDER)
    def complete(self, request: Request, pk: UUID) -> HttpResponse:
        return self._act(closing.complete_order, pk)

    @action(detail=True, methods=["post"])
    @operation(Permission.TAKE_ORDERS, body=inputs.ReasonInput, answers=ORDER)
    def cancel(self, request: Request, pk: UUID) -> HttpResponse:
        return self._act(closing.cancel_order, pk)

    @action(detail=True, methods=["post"])
    @operation(Permission.REOPEN_ORDER, body=NoBody, answers=ORDER)
    def reopen(self, request: Request, pk: UUID) -> HttpResponse:
        return self._act(closing.reopen_order, pk)

    @action(detail=True, methods=["post"], url_path="void-line")
    @operation(Permission.TAKE_ORDERS, body=inputs.VoidInput, answers=ORDER)
    def void_line(self, request: Request, pk: UUID) -> HttpResponse:
        return self._act(voids.void_line, pk, asks_approver=True)

    @action(detail=True, methods=["post"])
    @operation(Permission.GIVE_DISCOUNT, body=inputs.DiscountInput, answers=ORDER)
    def discount(self, request: Request, pk: UUID) -> HttpResponse:
        return self._act(discounts.give_discount, pk, asks_approver=True)

    @action(detail=True, methods=["post"], url_path="remove-discount")
    @operation(Permission.GIVE_DISCOUNT, body=inputs.RemoveDiscountInput, answers=ORDER)
    def remove_discount(self, request: Request, pk: UUID) -> HttpResponse:
        return self._act(discounts.remove_discount, pk, asks_approver=True)

    @action(detail=True, methods=["post"])
    @operation(Permission.TAKE_ORDERS, body=inputs.TransferInput, answers=ORDER)
    def transfer(self, request: Request, pk: UUID) -> HttpResponse:
        """To another table, another server, or both."""
        return self._act(transfers.transfer_order, pk)

    @action(detail=True, methods=["post"])
    @operation(Permission.TAKE_ORDERS, body=inputs.MergeInput, answers=ORDER)
    def merge(self, request: Request, pk: UUID) -> HttpResponse:
        """Put everything of this order on another one, which is the answer."""
        return self._act(merging.merge_order, pk)

    @action(detail=True, methods=["post"])
    @operation(Permission.TAKE_ORDERS, body=inputs.SplitInput, answers=ORDER, pages=True)
    def split(self, request: Request, pk: UUID) -> HttpResponse:
        """By lines, by seats, or in equal parts: the orders that it became, this one first."""
        return self._act(splitting.split_order, pk, asks_approver=True)

    def _act(
        self, service: Callable[..., str], pk: UUID, *, asks_approver: bool = False
    ) -> HttpResponse:
        given = self.body()
        expected = self.expected_version(given)
        if asks_approver:
            given["approver"] = self.approver(given, Permission.APPROVE)
        return self.write(service, pk=pk, expected_version=expected, **given)
