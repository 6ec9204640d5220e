from uuid import UUID

import orjson
from django.http import HttpResponse
from rest_framework.decorators import action
from rest_framework.request import Request

from fynlo.accounts.choices import Permission
from fynlo.api.operations import operation
from fynlo.api.pages import CursorInvalid, PageQuery, decode_cursor, encode_cursor
from pos.documents import ORDER
from pos.selectors.order_history import order_history
from pos.selectors.orders import filtered_orders, orders
from pos.serializers import orders as inputs
from pos.services.explaining import EXPLAINED, explain_order
from pos.services.line_changes import change_line
from pos.services.lines import add_lines, remove_line
from pos.services.orders import change_order, open_order
from pos.services.preview import LINE_AMOUNTS, ORDER_AMOUNTS, calculate_order
from pos.views.order_actions import OrderActions
from pos.views.receipts import OrderReceipts

NEWEST_FIRST = ("-opened_at", "-id")
_ID_OR_NULL = {"anyOf": [{"type": "string", "format": "uuid"}, {"type": "null"}]}
_TEXT_OR_NULL = {"anyOf": [{"type": "string"}, {"type": "null"}]}
CALCULATED = {
    "type": "object",
    "description": "The amounts of the order that the same body would make.",
    "required": [*ORDER_AMOUNTS, "lines"],
    "properties": {
        "lines": {"type": "array", "items": {"type": "object", "required": list(LINE_AMOUNTS)}}
    },
}


HISTORY_ROW = {
    "type": "object",
    "required": [
        "seq",
        "at",
        "kind",
        "sentence",
        "actor",
        "actor_name",
        "device",
        "device_name",
        "version",
        "changed",
    ],
    "properties": {
        "seq": {"type": "integer"},
        "at": {"type": "string", "format": "date-time"},
        "kind": {"type": "string"},
        "sentence": {"type": "string"},
        "actor": _ID_OR_NULL,
        "actor_name": _TEXT_OR_NULL,
        "device": _ID_OR_NULL,
        "device_name": _TEXT_OR_NULL,
        "version": {"type": "integer"},
        "changed": {"type": "array", "items": {"type": "string"}},
    },
}


def seq_of(cursor: str) -> int:
    """Raises CursorInvalid."""
    (seq,) = decode_cursor(cursor, 1)
    if not isinstance(seq, int) or not 0 < seq < 2**63:
        raise CursorInvalid
    return seq


class Orders(OrderActions, OrderReceipts):
    """Orders, their lines, and what can be done to them."""

    @operation(Permission.VIEW_ORDERS, query=inputs.OrderQuery, answers=ORDER, pages=True)
    def list(self, request: Request) -> HttpResponse:
        rows = filtered_orders(self.actor.restaurant_id, **self.filters())
        return self.page(ORDER, rows, order=NEWEST_FIRST, is_logged=True)

    @operation(Permission.VIEW_ORDERS, answers=ORDER)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        return self.one(ORDER, orders(self.actor.restaurant_id), pk)

    @operation(Permission.TAKE_ORDERS, body=inputs.OrderInput, answers=ORDER, status=201)
    def create(self, request: Request) -> HttpResponse:
        return self.make(open_order, **self.body())

    @operation(Permission.TAKE_ORDERS, body=inputs.OrderChange, answers=ORDER, versioned=True)
    def partial_update(self, request: Request, pk: UUID) -> HttpResponse:
        changes = self.body()
        expected = self.expected_version(changes)
        approver = self.approver(changes, Permission.APPROVE)
        return self.write(
            change_order, pk=pk, expected_version=expected, changes=changes, approver=approver
        )

    @action(detail=True, methods=["get"])
    @operation(Permission.VIEW_ORDERS, query=PageQuery, answers=HISTORY_ROW, pages=True)
    def history(self, request: Request, pk: UUID) -> HttpResponse:
        """Who did what, when, and from which device; oldest first."""
        cursor = self.query.get("cursor")
        rows, last = order_history(
            self.actor.restaurant_id,
            pk,
            limit=self.query["limit"],
            after=seq_of(cursor) if cursor else None,
        )
        following = encode_cursor([last]) if last else None
        return self.answer(orjson.dumps({"results": rows, "next": following}))

    @action(detail=True, methods=["get"])
    @operation(Permission.VIEW_ORDERS, answers=EXPLAINED)
    def explain(self, request: Request, pk: UUID) -> HttpResponse:
        """How the total came about: price, discounts, service, tax, rounding, step by step."""
        return self.answer(explain_order(by=self.actor, pk=pk))

    @action(detail=False, methods=["post"])
    @operation(Permission.TAKE_ORDERS, body=inputs.CalculateInput, answers=CALCULATED)
    def calculate(self, request: Request) -> HttpResponse:
        return self.answer(calculate_order(by=self.actor, now=self.now, **self.body()))

    @action(detail=True, methods=["post"])
    @operation(Permission.TAKE_ORDERS, body=inputs.LinesInput, answers=ORDER)
    def lines(self, request: Request, pk: UUID) -> HttpResponse:
        return self.write(add_lines, pk=pk, **self.body())

    @action(detail=True, methods=["patch"], url_path="lines/<uuid:line_id>")
    @operation(Permission.TAKE_ORDERS, body=inputs.LineChange, answers=ORDER, versioned=True)
    def line(self, request: Request, pk: UUID, line_id: UUID) -> HttpResponse:
        changes = self.body()
        expected = self.expected_version(changes)
        return self.write(
            change_line,
            pk=pk,
            line_id=line_id,
            expected_version=expected,
            approver=self.approver(changes, Permission.APPROVE),
            changes=changes,
        )

    @line.mapping.delete
    @operation(Permission.TAKE_ORDERS, answers=ORDER, guarded=True)
    def line_delete(self, request: Request, pk: UUID, line_id: UUID) -> HttpResponse:
        expected = self.expected_version({})
        return self.write(remove_line, pk=pk, line_id=line_id, expected_version=expected)
