from uuid import UUID

import orjson
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from fynlo.accounts.choices import Permission
from fynlo.api.inputs import Flag, Id, Input
from fynlo.api.operations import operation
from fynlo.api.pages import PageQuery
from fynlo.api.views import Endpoint
from fynlo.db import new_id
from payments.documents import DAY_CLOSE
from payments.selectors.day import blockers, day_closes
from payments.services.closing import close_day, day_of

_TEXT = {"type": "string"}
_ITEM = {
    "type": "object",
    "required": ["id", "label", "link"],
    "properties": {"id": _TEXT, "label": _TEXT, "link": _TEXT},
}
BLOCKER = {
    "type": "object",
    "required": ["code", "is_blocking", "count", "link", "items"],
    "properties": {
        "code": _TEXT,
        "is_blocking": {"type": "boolean"},
        "count": {"type": "integer"},
        "link": _TEXT,
        "items": {"type": "array", "items": _ITEM},
    },
}
PREFLIGHT = {
    "type": "object",
    "required": ["business_date", "may_close", "blockers"],
    "properties": {
        "business_date": _TEXT,
        "may_close": {"type": "boolean"},
        "blockers": {"type": "array", "items": BLOCKER},
    },
}


class DayQuery(Input):
    business_date = serializers.DateField(required=False)


class DayCloseInput(Input):
    """`override`: close over what stands in the way; it is written down."""

    id = Id(required=False)
    business_date = serializers.DateField(required=False)
    override = Flag(default=False)


class Day(Endpoint):
    """The end of a business day."""

    @operation(Permission.APPROVE, query=DayQuery, answers=PREFLIGHT)
    def preflight(self, request: Request) -> HttpResponse:
        """What stands in the way of closing it, today when no date is given."""
        day = day_of(self.actor, self.query.get("business_date"), now=self.now)
        found = blockers(self.actor.restaurant_id, day)
        may_close = not any(one.is_blocking for one in found)
        answer = {"business_date": day, "may_close": may_close, "blockers": found}
        return self.answer(orjson.dumps(answer))

    @operation(Permission.APPROVE, body=DayCloseInput, answers=DAY_CLOSE, status=202)
    def close(self, request: Request) -> HttpResponse:
        """Done by a worker: look at `status_url`, or listen for `day.closed`."""
        given = self.body()
        pk = given.pop("id", None) or new_id()
        day = given.pop("business_date", None)
        return self.write(close_day, pk=pk, day=day, **given)

    @operation(Permission.APPROVE, query=PageQuery, answers=DAY_CLOSE, pages=True)
    def closes(self, request: Request) -> HttpResponse:
        """The days that were closed, with their Z reports."""
        rows = day_closes(self.actor.restaurant_id)
        return self.page(DAY_CLOSE, rows, order=("-business_date", "-id"))

    @operation(Permission.APPROVE, answers=DAY_CLOSE)
    def one_close(self, request: Request, pk: UUID) -> HttpResponse:
        return self.one(DAY_CLOSE, day_closes(self.actor.restaurant_id), pk)
