from uuid import UUID

from django.http import HttpResponse
from rest_framework.decorators import action
from rest_framework.request import Request

from fynlo.accounts.choices import Permission
from fynlo.api.inputs import NoBody
from fynlo.api.operations import operation
from fynlo.api.views import Endpoint
from pos.documents import TICKET
from pos.selectors.kitchen import all_tickets, kitchen_load, tickets
from pos.serializers.kitchen import TicketQuery
from pos.services.tickets import advance

OLDEST_FIRST = ("created_at", "id")


class Tickets(Endpoint):
    """What the stations cook."""

    @operation(Permission.VIEW_KITCHEN, query=TicketQuery, answers=TICKET, pages=True)
    def list(self, request: Request) -> HttpResponse:
        rows = tickets(self.actor.restaurant_id, **self.filters())
        return self.page(TICKET, rows, order=OLDEST_FIRST)

    @operation(Permission.VIEW_KITCHEN, answers=TICKET)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        return self.one(TICKET, all_tickets(self.actor.restaurant_id), pk)

    @action(detail=True, methods=["post"])
    @operation(Permission.WORK_KITCHEN, body=NoBody, answers=TICKET)
    def ack(self, request: Request, pk: UUID) -> HttpResponse:
        return self._advance(pk, "ack")

    @action(detail=True, methods=["post"])
    @operation(Permission.WORK_KITCHEN, body=NoBody, answers=TICKET)
    def start(self, request: Request, pk: UUID) -> HttpResponse:
        return self._advance(pk, "start")

    @action(detail=True, methods=["post"])
    @operation(Permission.WORK_KITCHEN, body=NoBody, answers=TICKET)
    def ready(self, request: Request, pk: UUID) -> HttpResponse:
        return self._advance(pk, "ready")

    @action(detail=True, methods=["post"])
    @operation(Permission.VIEW_KITCHEN, body=NoBody, answers=TICKET)
    def collect(self, request: Request, pk: UUID) -> HttpResponse:
        return self._advance(pk, "collect")

    @action(detail=True, methods=["post"])
    @operation(Permission.WORK_KITCHEN, body=NoBody, answers=TICKET)
    def recall(self, request: Request, pk: UUID) -> HttpResponse:
        return self._advance(pk, "recall")

    def _advance(self, pk: UUID, step: str) -> HttpResponse:
        expected = self.expected_version(self.body())
        return self.write(advance, pk=pk, action=step, expected_version=expected)


_NUMBER = {"type": "integer"}
_MAYBE = {"anyOf": [_NUMBER, {"type": "null"}]}
_STATION_LOAD = {
    "station": {"type": "string", "format": "uuid"},
    "name": {"type": "string"},
    "open_tickets": _NUMBER,
    "work_minutes": _NUMBER,
    "measured_tickets": _NUMBER,
    "p50_seconds": _MAYBE,
    "p80_seconds": _MAYBE,
    "promised_seconds": _NUMBER,
}
LOAD = {
    "type": "object",
    "required": ["stations", "promised_at"],
    "properties": {
        "stations": {
            "type": "array",
            "items": {
                "type": "object",
                "required": list(_STATION_LOAD),
                "properties": _STATION_LOAD,
            },
        },
        "promised_at": {"type": "string", "format": "date-time"},
    },
}


class Load(Endpoint):
    """How busy the stations are, and what to promise a guest."""

    @operation(Permission.VIEW_KITCHEN, answers=LOAD)
    def list(self, request: Request) -> HttpResponse:
        return self.answer(kitchen_load(self.actor.restaurant_id, now=self.now))
