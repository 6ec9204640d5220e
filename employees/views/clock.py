from collections.abc import Callable
from functools import cached_property
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.decorators import action
from rest_framework.request import Request

from employees.choices import Punch, WorkState
from employees.documents import CLOCK_ATTEMPT, TIME_ENTRY
from employees.selectors.attempts import attempts
from employees.selectors.entries import entries, entries_in_reach
from employees.serializers import clock as inputs
from employees.serializers.payroll import EntryInput
from employees.services import clock
from employees.services.board import board, my_status
from employees.services.entering import enter_time
from employees.services.evidence import Told
from employees.services.signals import Spot
from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Permission
from fynlo.accounts.services.sign_in import actor_by_pin
from fynlo.api.operations import Access, operation
from fynlo.api.rates import address_of
from fynlo.api.views import Endpoint
from fynlo.db import durable
from fynlo.documents import schema
from fynlo.errors import DomainError

_WHEN = {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}
_MINUTES = {"type": "integer"}
_STANDING: dict[str, Any] = {
    "state": {"type": "string", "enum": WorkState.values},
    "since": _WHEN,
    "minutes_today": _MINUTES,
    "minutes_week": _MINUTES,
    "overtime_minutes_week": _MINUTES,
    "next_break_due_at": _WHEN,
    "minutes_to_overtime": {"anyOf": [_MINUTES, {"type": "null"}]},
}


def _shape(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


STATUS = _shape(**_STANDING, entry={"anyOf": [schema(TIME_ENTRY), {"type": "null"}]})
_PERSON = _shape(
    member={"type": "string", "format": "uuid"},
    name={"type": "string"},
    job_title={"type": "string"},
    **_STANDING,
    minutes_late={"anyOf": [_MINUTES, {"type": "null"}]},
)
BOARD = _shape(results={"type": "array", "items": _PERSON})


class Timeclock(Endpoint):
    """By a signed-in member, or by code and PIN on a paired device.

    Every try is kept: an accepted one with what it changed, a refused one by itself.
    """

    refusal: DomainError | None = None

    @property
    def actor(self) -> Actor:
        """Raises PinRefused, PinLocked."""
        return self._puncher

    @cached_property
    def _puncher(self) -> Actor:
        caller: Any = self.request.user
        if isinstance(caller, Actor):
            return caller
        code, pin = self._given.get("employee_code", ""), self._given.get("pin", "")
        return actor_by_pin(device=caller, employee_code=code, pin=pin, now=self.now)

    @cached_property
    def _given(self) -> dict[str, Any]:
        return self.body()

    @action(detail=False, methods=["post"], url_path="clock-in")
    @operation(Access.MEMBER_OR_DEVICE, body=inputs.ClockInInput, answers=TIME_ENTRY, status=201)
    def clock_in(self, request: Request) -> HttpResponse:
        own_id = {"id": self._given["id"]} if "id" in self._given else {}
        return self._try(Punch.CLOCK_IN, lambda told: self.make(
            self._noting(clock.clock_in, told), told=told, **own_id))  # fmt: skip

    @action(detail=False, methods=["post"], url_path="clock-out")
    @operation(Access.MEMBER_OR_DEVICE, body=inputs.ClockOutInput, answers=TIME_ENTRY)
    def clock_out(self, request: Request) -> HttpResponse:
        return self._change(Punch.CLOCK_OUT, clock.clock_out)

    @action(detail=False, methods=["post"], url_path="breaks/start")
    @operation(Access.MEMBER_OR_DEVICE, body=inputs.BreakInput, answers=TIME_ENTRY)
    def start_break(self, request: Request) -> HttpResponse:
        return self._change(Punch.BREAK_START, clock.start_break)

    @action(detail=False, methods=["post"], url_path="breaks/end")
    @operation(Access.MEMBER_OR_DEVICE, body=inputs.PunchInput, answers=TIME_ENTRY)
    def end_break(self, request: Request) -> HttpResponse:
        return self._change(Punch.BREAK_END, clock.end_break)

    def location_of(self, pk: UUID) -> str:
        return f"/api/v1/time-entries/{pk}/"

    def _change(self, punch: Punch, service: Callable[..., str]) -> HttpResponse:
        return self._try(punch, lambda told: self.write(self._noting(service, told), told=told))

    def _try(self, punch: Punch, act: Callable[[Told], HttpResponse]) -> HttpResponse:
        told = self._told(punch)
        try:
            self._prove(told)
            return act(told)
        finally:
            if self.refusal is not None:
                self._record(told, self.refusal)

    def _prove(self, told: Told) -> None:
        try:
            assert self._puncher
        except DomainError as refusal:
            self.refusal = refusal
            raise

    def _noting(self, service: Callable[..., Any], told: Told) -> Callable[..., Any]:
        """A refusal undoes its transaction, so it is remembered until that is over."""

        def noted(**arguments: Any) -> Any:
            try:
                return service(**arguments)
            except DomainError as refusal:
                self.refusal = refusal
                raise

        return noted

    def _told(self, punch: Punch) -> Told:
        given, place = self._given, self._given.get("place")
        return Told(
            punch=punch,
            occurred_at=given.get("occurred_at"),
            device_time=given.get("device_time"),
            spot=Spot(**place) if place else None,
            break_type=given.get("break_type"),
            waives_break=given.get("waives_break", False),
            employee_code=given.get("employee_code", ""),
            address=address_of(self.request._request) or None,
        )

    def _record(self, told: Told, refusal: DomainError) -> None:
        caller: Any = self.request.user
        with durable():
            clock.record_refusal(
                restaurant_id=caller.restaurant_id,
                device_id=caller.device_id,
                member_id=caller.membership_id,
                now=self.now,
                told=told,
                refusal=refusal,
            )


class Boards(Endpoint):
    """What the clock shows."""

    @action(detail=False, methods=["get"])
    @operation(Access.SIGNED_IN, answers=STATUS)
    def status(self, request: Request) -> HttpResponse:
        """Mine."""
        return self.answer(my_status(by=self.actor, now=self.now))

    @action(detail=False, methods=["get"])
    @operation(Permission.VIEW_STAFF, answers=BOARD)
    def board(self, request: Request) -> HttpResponse:
        """Everybody's."""
        return self.answer(board(by=self.actor, now=self.now))

    @action(detail=False, methods=["get"])
    @operation(Permission.MANAGE_TIME, query=inputs.AttemptQuery, answers=CLOCK_ATTEMPT, pages=True)
    def attempts(self, request: Request) -> HttpResponse:
        rows = attempts(self.actor.restaurant_id, **self.filters())
        return self.page(CLOCK_ATTEMPT, rows, order=("-attempted_at", "-id"))


class TimeEntries(Endpoint):
    @operation(Access.SIGNED_IN, query=inputs.EntryQuery, answers=TIME_ENTRY, pages=True)
    def list(self, request: Request) -> HttpResponse:
        """One's own; with the permission everybody's."""
        wanted = entries(self.actor.restaurant_id, **self.filters())
        rows = entries_in_reach(self.actor) & wanted
        return self.page(TIME_ENTRY, rows, order=("-started_at", "-id"))

    @operation(Permission.MANAGE_TIME, body=EntryInput, answers=TIME_ENTRY, status=201)
    def create(self, request: Request) -> HttpResponse:
        """Hours of somebody else that were never at the clock."""
        return self.make(enter_time, **self.body())

    @operation(Access.SIGNED_IN, answers=TIME_ENTRY)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        return self.one(TIME_ENTRY, entries_in_reach(self.actor), pk)
