from datetime import date
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpResponse
from rest_framework.decorators import action
from rest_framework.request import Request

from employees.choices import RULE_PACKS
from employees.documents import ADJUSTMENT, PAYROLL_PERIOD
from employees.selectors.payroll import adjustments_in_reach, periods
from employees.serializers import payroll as inputs
from employees.services.adjustments import (
    approve_adjustment,
    reject_adjustment,
    request_adjustment,
)
from employees.services.hours import Rules
from employees.services.payroll import (
    FIGURES,
    payroll_csv,
    payroll_with_corrections,
    tips_csv,
    what_if,
)
from employees.services.periods import close_period, create_period
from fynlo.accounts.choices import Permission
from fynlo.api.inputs import NoBody
from fynlo.api.operations import Access, operation
from fynlo.api.pages import PageQuery
from fynlo.api.views import Endpoint

_TEXT, _WHOLE = {"type": "string"}, {"type": "integer"}


def _shape(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


_FIGURES: dict[str, Any] = dict.fromkeys(FIGURES, _WHOLE)
_WHO = {"member": {"type": "string", "format": "uuid"}, "name": _TEXT}
_TIMES = {name: _WHOLE for name in FIGURES if name != "tips"}
_ROW = _shape(**_WHO, employee_code=_TEXT, job_title=_TEXT, **_FIGURES, currency=_TEXT)
PAYROLL = _shape(
    **{"from": {"type": "string", "format": "date"}, "to": {"type": "string", "format": "date"}},
    currency=_TEXT,
    results={"type": "array", "items": _ROW},
    total=_shape(**_FIGURES),
    locked_at={"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
    corrections={"type": "array", "items": _shape(**_WHO, **_FIGURES)},
)
_COMPARED = _shape(**_WHO, present=_shape(**_TIMES), proposed=_shape(**_TIMES))
WHAT_IF = _shape(results={"type": "array", "items": _COMPARED})
CSV = {"type": "string", "contentMediaType": "text/csv"}


class EntryAdjustments(Endpoint):
    """`time-entries/{id}/adjustments/`."""

    @operation(Access.SIGNED_IN, body=inputs.AdjustmentInput, answers=ADJUSTMENT, status=201)
    def create(self, request: Request, pk: UUID) -> HttpResponse:
        return self.make(request_adjustment, entry=pk, **self.body())

    def location_of(self, pk: UUID) -> str:
        return f"/api/v1/adjustments/{pk}/"


class Adjustments(Endpoint):
    @operation(Access.SIGNED_IN, query=inputs.AdjustmentQuery, answers=ADJUSTMENT, pages=True)
    def list(self, request: Request) -> HttpResponse:
        """Of one's own hours; with the permission all."""
        rows = adjustments_in_reach(self.actor, **self.filters())
        return self.page(ADJUSTMENT, rows, order=("-requested_at", "-id"))

    @operation(Access.SIGNED_IN, answers=ADJUSTMENT)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        return self.one(ADJUSTMENT, adjustments_in_reach(self.actor), pk)

    @action(detail=True, methods=["post"])
    @operation(Permission.MANAGE_TIME, body=inputs.Decision, answers=ADJUSTMENT)
    def approve(self, request: Request, pk: UUID) -> HttpResponse:
        given = self.body()
        expected = self.expected_version(given)
        return self.write(approve_adjustment, pk=pk, expected_version=expected, **given)

    @action(detail=True, methods=["post"])
    @operation(Permission.MANAGE_TIME, body=inputs.Decision, answers=ADJUSTMENT)
    def reject(self, request: Request, pk: UUID) -> HttpResponse:
        given = self.body()
        expected = self.expected_version(given)
        return self.write(reject_adjustment, pk=pk, expected_version=expected, **given)


class Periods(Endpoint):
    @operation(Permission.VIEW_STAFF, query=PageQuery, answers=PAYROLL_PERIOD, pages=True)
    def list(self, request: Request) -> HttpResponse:
        rows = periods(self.actor.restaurant_id)
        return self.page(PAYROLL_PERIOD, rows, order=("-starts_on", "-id"))

    @operation(Permission.VIEW_STAFF, answers=PAYROLL_PERIOD)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        return self.one(PAYROLL_PERIOD, periods(self.actor.restaurant_id), pk)

    @operation(Permission.MANAGE_TIME, body=inputs.PeriodInput, answers=PAYROLL_PERIOD, status=201)
    def create(self, request: Request) -> HttpResponse:
        return self.make(create_period, **self.body())

    @action(detail=True, methods=["post"])
    @operation(Permission.MANAGE_TIME, body=NoBody, answers=PAYROLL_PERIOD)
    def lock(self, request: Request, pk: UUID) -> HttpResponse:
        expected = self.expected_version(self.body())
        return self.write(close_period, pk=pk, expected_version=expected)


class Payroll(Endpoint):
    @operation(Permission.VIEW_STAFF, query=inputs.Range, answers=PAYROLL)
    def list(self, request: Request) -> HttpResponse:
        """Seconds and minor units."""
        found = payroll_with_corrections(self.actor.restaurant_id, now=self.now, **self._days())
        return self.answer(orjson.dumps(found))

    @action(detail=False, methods=["get"])
    @operation(Permission.VIEW_STAFF, query=inputs.Range, answers=CSV, also=("text/csv",))
    def export(self, request: Request) -> HttpResponse:
        """The same as CSV."""
        text = payroll_csv(self.actor.restaurant_id, now=self.now, **self._days())
        return _file(text, "payroll")

    @action(detail=False, methods=["get"], url_path="tips/export")
    @operation(Permission.VIEW_STAFF, query=inputs.Range, answers=CSV, also=("text/csv",))
    def tips(self, request: Request) -> HttpResponse:
        """Every tip as CSV, as it was credited."""
        return _file(tips_csv(self.actor.restaurant_id, **self._days()), "tips")

    def _days(self) -> dict[str, date]:
        return {"first": self.query["from"], "last": self.query["to"]}


def _file(text: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


class WhatIf(Endpoint):
    @operation(Permission.MANAGE_TIME, body=inputs.WhatIf, answers=WHAT_IF)
    def create(self, request: Request) -> HttpResponse:
        """Past hours as other rules would judge them. Nothing is written."""
        given = self.body()
        stored = RULE_PACKS[given["pack"]] if "pack" in given else given.get("rules", {})
        found = what_if(
            self.actor.restaurant_id,
            first=given["from"],
            last=given["to"],
            rules=Rules.of(stored),
            now=self.now,
        )
        return self.answer(orjson.dumps(found))
