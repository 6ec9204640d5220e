import hashlib
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.decorators import action
from rest_framework.request import Request

from fynlo.accounts.choices import Permission
from fynlo.api.inputs import NoBody
from fynlo.api.operations import operation
from fynlo.api.views import Endpoint
from fynlo.documents import schema
from pos.documents import FLOOR, ORDER, TABLE
from pos.selectors.floor import floors, live_floors, tables
from pos.serializers.floor import (
    FloorChange,
    FloorInput,
    TableChange,
    TableInput,
    TableMerge,
    TableMove,
    TableQuery,
)
from pos.services.floors import (
    change_floor,
    change_table,
    create_floor,
    create_table,
    delete_floor,
    delete_table,
)
from pos.services.table_merging import merge_table, unmerge_table
from pos.services.table_moving import move_table


def _with(shape: dict[str, Any], **more: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**shape["properties"], **more},
        "required": [*shape["required"], *more],
    }


LIVE_TABLE = _with(
    schema(TABLE),
    state={"type": "string", "enum": ["free", "seated", "ordered", "paying"]},
    orders={"type": "array", "items": {"type": "string", "format": "uuid"}},
    minutes={"anyOf": [{"type": "integer"}, {"type": "null"}]},
    due={"type": "integer"},
    unacknowledged={"type": "integer"},
)
LIVE_FLOOR = _with(schema(FLOOR), tables={"type": "array", "items": LIVE_TABLE})


class Floors(Endpoint):
    @operation(Permission.VIEW_FLOOR, answers=LIVE_FLOOR, pages=True)
    def list(self, request: Request) -> HttpResponse:
        """Every floor, each table with its state, its open orders, the minutes since the first
        of them was opened, and what is due. All on one page."""
        text = live_floors(self.actor.restaurant_id, now=self.now)
        digest = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
        return self.answer(f'{{"results":{text},"next":null}}', etag=f'"{digest}"')

    @operation(Permission.VIEW_FLOOR, answers=FLOOR)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        return self.one(FLOOR, floors(self.actor.restaurant_id), pk)

    @operation(Permission.EDIT_FLOOR, body=FloorInput, answers=FLOOR, status=201)
    def create(self, request: Request) -> HttpResponse:
        return self.make(create_floor, **self.body())

    @operation(Permission.EDIT_FLOOR, body=FloorChange, answers=FLOOR, versioned=True)
    def partial_update(self, request: Request, pk: UUID) -> HttpResponse:
        changes: dict[str, Any] = self.body()
        expected = self.expected_version(changes)
        return self.write(change_floor, pk=pk, expected_version=expected, **changes)

    @operation(Permission.EDIT_FLOOR, status=204, guarded=True)
    def destroy(self, request: Request, pk: UUID) -> HttpResponse:
        return self.write(delete_floor, pk=pk, expected_version=self.expected_version({}))


class Tables(Endpoint):
    @operation(Permission.VIEW_FLOOR, query=TableQuery, answers=TABLE, pages=True)
    def list(self, request: Request) -> HttpResponse:
        rows = tables(self.actor.restaurant_id, **self.filters())
        return self.page(TABLE, rows, order=("number", "id"))

    @operation(Permission.VIEW_FLOOR, answers=TABLE)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        return self.one(TABLE, tables(self.actor.restaurant_id), pk)

    @operation(Permission.EDIT_FLOOR, body=TableInput, answers=TABLE, status=201)
    def create(self, request: Request) -> HttpResponse:
        return self.make(create_table, **self.body())

    @operation(Permission.EDIT_FLOOR, body=TableChange, answers=TABLE, versioned=True)
    def partial_update(self, request: Request, pk: UUID) -> HttpResponse:
        changes: dict[str, Any] = self.body()
        expected = self.expected_version(changes)
        return self.write(change_table, pk=pk, expected_version=expected, **changes)

    @operation(Permission.EDIT_FLOOR, status=204, guarded=True)
    def destroy(self, request: Request, pk: UUID) -> HttpResponse:
        return self.write(delete_table, pk=pk, expected_version=self.expected_version({}))

    @action(detail=True, methods=["post"])
    @operation(Permission.TAKE_ORDERS, body=TableMerge, answers=TABLE)
    def merge(self, request: Request, pk: UUID) -> HttpResponse:
        """Push this table to another one, which takes the orders of both from now on."""
        given = self.body()
        expected = self.expected_version(given)
        return self.write(merge_table, pk=pk, expected_version=expected, **given)

    @action(detail=True, methods=["post"])
    @operation(Permission.TAKE_ORDERS, body=NoBody, answers=TABLE)
    def unmerge(self, request: Request, pk: UUID) -> HttpResponse:
        """Let this table stand for itself again."""
        expected = self.expected_version(self.body())
        return self.write(unmerge_table, pk=pk, expected_version=expected)

    @action(detail=True, methods=["post"])
    @operation(Permission.TAKE_ORDERS, body=TableMove, answers=ORDER, pages=True)
    def move(self, request: Request, pk: UUID) -> HttpResponse:
        """All open orders of this table go to another one, or none does: the orders."""
        given = self.body()
        expected = self.expected_version(given)
        return self.write(move_table, pk=pk, expected_version=expected, **given)
