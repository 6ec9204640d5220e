from typing import Any
from uuid import UUID

import orjson
from django.http import HttpResponse
from rest_framework.decorators import action
from rest_framework.request import Request

from employees.documents import PUBLISHED_SHIFT, SHIFT, SWAP
from employees.selectors.rota import published_shifts, shifts, swaps_in_reach
from employees.serializers import rota as inputs
from employees.services.rota import (
    cancel_shift,
    change_shift,
    conflicts,
    create_shift,
    publish,
)
from employees.services.swaps import ask_for_swap, decide_swap
from fynlo.accounts.choices import Permission
from fynlo.api.inputs import NoBody
from fynlo.api.operations import Access, operation
from fynlo.api.pages import PageQuery
from fynlo.api.views import Endpoint

_TEXT, _ID = {"type": "string"}, {"type": "string", "format": "uuid"}
_CONFLICT = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "enum": ["overlap", "rest"]},
        "member": _ID,
        "name": _TEXT,
        "shift": _ID,
        "next_shift": _ID,
        "next_starts_at": {"type": "string", "format": "date-time"},
        "minutes": {"type": "integer"},
    },
    "required": ["kind", "member", "name", "shift", "next_shift", "next_starts_at", "minutes"],
}
_CONFLICTS = {"type": "array", "items": _CONFLICT}
CONFLICTS = {"type": "object", "properties": {"results": _CONFLICTS}, "required": ["results"]}
PUBLISHED = {
    "type": "object",
    "properties": {"published": {"type": "integer"}, "conflicts": _CONFLICTS},
    "required": ["published", "conflicts"],
}


class Shifts(Endpoint):
    @operation(Permission.VIEW_STAFF, query=inputs.ShiftQuery, answers=SHIFT, pages=True)
    def list(self, request: Request) -> HttpResponse:
        """Drafts, with what is published of each."""
        rows = shifts(self.actor.restaurant_id, **self.filters())
        return self.page(SHIFT, rows, order=("starts_at", "id"))

    @operation(Permission.VIEW_STAFF, answers=SHIFT)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        return self.one(SHIFT, shifts(self.actor.restaurant_id), pk)

    @operation(Permission.MANAGE_TIME, body=inputs.ShiftInput, answers=SHIFT, status=201)
    def create(self, request: Request) -> HttpResponse:
        return self.make(create_shift, **self.body())

    @operation(Permission.MANAGE_TIME, body=inputs.ShiftChange, answers=SHIFT, versioned=True)
    def partial_update(self, request: Request, pk: UUID) -> HttpResponse:
        changes: dict[str, Any] = self.body()
        expected = self.expected_version(changes)
        return self.write(change_shift, pk=pk, expected_version=expected, **changes)

    @operation(Permission.MANAGE_TIME, status=204, guarded=True)
    def destroy(self, request: Request, pk: UUID) -> HttpResponse:
        return self.write(cancel_shift, pk=pk, expected_version=self.expected_version({}))

    @action(detail=False, methods=["get"])
    @operation(Access.SIGNED_IN, query=inputs.ShiftQuery, answers=PUBLISHED_SHIFT, pages=True)
    def published(self, request: Request) -> HttpResponse:
        """What everybody sees."""
        rows = published_shifts(self.actor.restaurant_id, **self.filters())
        return self.page(PUBLISHED_SHIFT, rows, order=("published_starts_at", "id"))

    @action(detail=False, methods=["get"])
    @operation(Permission.VIEW_STAFF, query=inputs.Between, answers=CONFLICTS)
    def conflicts(self, request: Request) -> HttpResponse:
        """Overlaps, and too little rest, among the drafts."""
        found = conflicts(self.actor.restaurant_id, **self.query)
        return self.answer(orjson.dumps({"results": found}))

    @action(detail=False, methods=["post"])
    @operation(Permission.MANAGE_TIME, body=inputs.Between, answers=PUBLISHED)
    def publish(self, request: Request) -> HttpResponse:
        """All drafts of this time."""
        return self.write(publish, **self.body())


class ShiftSwaps(Endpoint):
    """`shifts/{id}/swaps/`."""

    @operation(Access.SIGNED_IN, body=inputs.SwapInput, answers=SWAP, status=201)
    def create(self, request: Request, pk: UUID) -> HttpResponse:
        return self.make(ask_for_swap, shift=pk, **self.body())

    def location_of(self, pk: UUID) -> str:
        return f"/api/v1/swaps/{pk}/"


class Swaps(Endpoint):
    @operation(Access.SIGNED_IN, query=PageQuery, answers=SWAP, pages=True)
    def list(self, request: Request) -> HttpResponse:
        """Those one takes part in; with the permission all."""
        return self.page(SWAP, swaps_in_reach(self.actor), order=("-asked_at", "-id"))

    @operation(Access.SIGNED_IN, answers=SWAP)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        return self.one(SWAP, swaps_in_reach(self.actor), pk)

    @action(detail=True, methods=["post"])
    @operation(Access.SIGNED_IN, body=NoBody, answers=SWAP)
    def accept(self, request: Request, pk: UUID) -> HttpResponse:
        return self._decide(pk, "accept")

    @action(detail=True, methods=["post"])
    @operation(Access.SIGNED_IN, body=NoBody, answers=SWAP)
    def decline(self, request: Request, pk: UUID) -> HttpResponse:
        return self._decide(pk, "decline")

    @action(detail=True, methods=["post"])
    @operation(Access.SIGNED_IN, body=NoBody, answers=SWAP)
    def cancel(self, request: Request, pk: UUID) -> HttpResponse:
        return self._decide(pk, "cancel")

    @action(detail=True, methods=["post"])
    @operation(Permission.MANAGE_TIME, body=NoBody, answers=SWAP)
    def approve(self, request: Request, pk: UUID) -> HttpResponse:
        return self._decide(pk, "approve")

    def _decide(self, pk: UUID, verb: str) -> HttpResponse:
        expected = self.expected_version(self.body())
        return self.write(decide_swap, pk=pk, action=verb, expected_version=expected)
