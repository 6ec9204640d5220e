from typing import Any
from uuid import UUID

import orjson
from django.http import HttpResponse
from django.urls import reverse
from rest_framework.decorators import action
from rest_framework.request import Request

from fynlo.accounts.choices import Permission
from fynlo.api.operations import operation
from fynlo.api.pages import PageQuery
from fynlo.api.views import Endpoint
from payments.documents import DRAWER, DRAWER_EVENT
from payments.errors import DrawerNotOpen, DrawerStillOpen
from payments.selectors.drawers import drawer_events, drawers, nearest_drawer, one_drawer
from payments.serializers import drawers as inputs
from payments.services import drawers as services
from payments.services.drawer_reports import FIGURES, report

NEWEST_FIRST = ("-opened_at", "-id")
_MINOR = {"type": "integer"}
_MINOR_OR_NULL = {"anyOf": [_MINOR, {"type": "null"}]}
_TEXT = {"type": "string"}
_FIGURE = {
    "type": "object",
    "required": ["count", "amount"],
    "properties": {"count": _MINOR, "amount": _MINOR},
}
_REPORTED = {
    "drawer": _TEXT,
    "name": _TEXT,
    "business_date": _TEXT,
    "currency": _TEXT,
    "opened_at": _TEXT,
    "reported_at": _TEXT,
    "opening_float": _MINOR,
    **dict.fromkeys(FIGURES, _FIGURE),
    "no_sales": _MINOR,
    "tips": _MINOR,
    "expected": _MINOR,
    "counted": _MINOR_OR_NULL,
    "difference": _MINOR_OR_NULL,
    "outcome": {"anyOf": [_TEXT, {"type": "null"}]},
}
REPORT = {"type": "object", "required": list(_REPORTED), "properties": _REPORTED}


class Drawers(Endpoint):
    """Cash drawers. A drawer that is open does not say what should be in it: it is counted
    blind."""

    @operation(Permission.VIEW_PAYMENTS, query=inputs.DrawerQuery, answers=DRAWER, pages=True)
    def list(self, request: Request) -> HttpResponse:
        rows = drawers(self.actor.restaurant_id, **self.filters())
        return self.page(DRAWER, rows, order=NEWEST_FIRST)

    @operation(Permission.VIEW_PAYMENTS, answers=DRAWER)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        return self.one(DRAWER, drawers(self.actor.restaurant_id), pk)

    @operation(Permission.TAKE_PAYMENT, body=inputs.OpenInput, answers=DRAWER, status=201)
    def create(self, request: Request) -> HttpResponse:
        """Open a drawer, with a float."""
        return self.make(services.open_drawer, **self.body())

    @action(detail=False, methods=["post"])
    @operation(Permission.TAKE_PAYMENT, body=inputs.OpenInput, answers=DRAWER, status=201)
    def open(self, request: Request) -> HttpResponse:
        """The same, by its name."""
        return self.create(request)

    @action(detail=False, methods=["get"])
    @operation(Permission.TAKE_PAYMENT, answers=DRAWER)
    def current(self, request: Request) -> HttpResponse:
        """The drawer that your cash goes into now."""
        nearest = nearest_drawer(self.actor)
        if nearest is None:
            raise DrawerNotOpen
        return self.one(DRAWER, drawers(self.actor.restaurant_id), nearest.pk)

    @action(detail=True, methods=["get"])
    @operation(Permission.APPROVE, query=PageQuery, answers=DRAWER_EVENT, pages=True)
    def movements(self, request: Request, pk: UUID) -> HttpResponse:
        """The whole journal, sales and counts included."""
        rows = drawer_events(self.actor.restaurant_id, pk)
        return self.page(DRAWER_EVENT, rows, order=("done_at", "id"))

    @movements.mapping.post
    @operation(
        Permission.TAKE_PAYMENT,
        body=inputs.MovementInput,
        answers=DRAWER_EVENT,
        status=201,
        money=True,
    )
    def move(self, request: Request, pk: UUID) -> HttpResponse:
        """Paid in, paid out, or opened without a sale. To pay out takes a manager."""
        return self._moved(services.move_cash, pk, self.body())

    @action(detail=True, methods=["post"])
    @operation(
        Permission.TAKE_PAYMENT,
        body=inputs.UndoInput,
        answers=DRAWER_EVENT,
        status=201,
        money=True,
    )
    def undo(self, request: Request, pk: UUID) -> HttpResponse:
        """Take a movement back by a new one. It takes a manager."""
        given = self.body()
        given["movement_id"] = given.pop("movement")
        return self._moved(services.undo_movement, pk, given)

    @action(detail=True, methods=["post"])
    @operation(Permission.TAKE_PAYMENT, body=inputs.CountInput, answers=DRAWER)
    def count(self, request: Request, pk: UUID) -> HttpResponse:
        """What you counted. Counting again replaces it."""
        given = self.body()
        version = self.expected_version(given)
        return self.write(services.count_drawer, pk=pk, expected_version=version, **given)

    @action(detail=True, methods=["post"])
    @operation(Permission.TAKE_PAYMENT, body=inputs.CloseInput, answers=DRAWER, money=True)
    def close(self, request: Request, pk: UUID) -> HttpResponse:
        """With the last count. What is off by more than the tolerance takes a manager."""
        given = self.body()
        version = self.expected_version(given)
        given["approver"] = self.approver(given, Permission.APPROVE)
        return self.write(services.close_drawer, pk=pk, expected_version=version, **given)

    @action(detail=True, methods=["get"], url_path="x-report")
    @operation(Permission.APPROVE, answers=REPORT)
    def x_report(self, request: Request, pk: UUID) -> HttpResponse:
        """What went through the drawer up to now."""
        drawer = one_drawer(self.actor.restaurant_id, pk)
        return self.answer(orjson.dumps(report(drawer, now=self.now)))

    @action(detail=True, methods=["get"], url_path="z-report")
    @operation(Permission.APPROVE, answers=REPORT)
    def z_report(self, request: Request, pk: UUID) -> HttpResponse:
        """As it was when the drawer was closed."""
        drawer = one_drawer(self.actor.restaurant_id, pk)
        if drawer.report is None:
            raise DrawerStillOpen
        return self.answer(orjson.dumps(drawer.report))

    def _moved(self, service: Any, pk: UUID, given: dict[str, Any]) -> HttpResponse:
        given["approver"] = self.approver(given, Permission.APPROVE)
        return self.make(service, drawer=pk, **given)

    def location_of(self, pk: UUID) -> str:
        if self.action in {"create", "open"}:
            return reverse("drawer-detail", args=[pk])
        return reverse("drawer-movements", args=[self.kwargs["pk"]])
