from datetime import date
from typing import Any

import orjson
from django.http import HttpResponse
from rest_framework.request import Request

from fynlo.accounts.choices import Permission
from fynlo.accounts.selectors import restaurant_profile
from fynlo.api.operations import operation
from fynlo.api.views import Endpoint
from fynlo.documents import schema
from payments.choices import Method
from payments.documents import FEE_ALARM
from payments.selectors.fee_alarms import fee_alarm_documents
from payments.selectors.fees import fee_schedules
from payments.selectors.money_reports import (
    fees_by_method,
    ledger_sums,
    revenue,
    saved_by_bank,
    settlement,
)
from pos.selectors.sales import Period, period
from pos.serializers.analytics import ReportQuery

_MINOR, _TEXT = {"type": "integer"}, {"type": "string"}


def _report(row: dict[str, Any], **more: Any) -> dict[str, Any]:
    rows = {"type": "object", "required": list(row), "properties": row}
    named = {"from": _TEXT, "to": _TEXT, **more, "results": {"type": "array", "items": rows}}
    return {"type": "object", "required": list(named), "properties": named}


REVENUE = _report({"day": _TEXT, "restaurant": _TEXT, "method": _TEXT, "fee": _MINOR}, total=_MINOR)
FEES = _report(
    {
        "method": _TEXT,
        **dict.fromkeys(
            ("payments", "captured", "expected", "adjusted", "actual", "platform"), _MINOR
        ),
    },
    currency=_TEXT,
    saved_by_bank=_MINOR,
    alarms={"type": "array", "items": schema(FEE_ALARM)},
)
SETTLEMENT = _report(
    {
        "day": _TEXT,
        "provider": _TEXT,
        **dict.fromkeys(
            ("captured", "late", "reversed", "refunded", "other", "fees", "net"), _MINOR
        ),
    },
    currency=_TEXT,
    net=_MINOR,
)


class MoneyReports(Endpoint):
    """Sums of the ledger, by business date."""

    @operation(Permission.VIEW_PLATFORM, query=ReportQuery, answers=REVENUE)
    def revenue(self, request: Request) -> HttpResponse:
        """What Fynlo took of every restaurant, in each one's own currency."""
        days = self._days()
        rows = revenue(ledger_sums(days.first, days.last))
        return self._report(days, results=rows, total=sum(row["fee"] for row in rows))

    @operation(Permission.VIEW_REPORTS, query=ReportQuery, answers=FEES)
    def fees(self, request: Request) -> HttpResponse:
        """What was expected to be taken of the restaurant's payments, and what was.

        `alarms`: days on which a fee was off by more than the restaurant's `fee_tolerance`."""
        days, restaurant = self._days(), self.actor.restaurant_id
        rows = fees_by_method(ledger_sums(days.first, days.last, restaurant=restaurant))
        alarms = fee_alarm_documents(restaurant, days.first, days.last)
        return self._report(
            days,
            results=rows,
            currency=self._currency(),
            saved_by_bank=self._saved(days),
            alarms=[orjson.Fragment(alarm) for alarm in alarms],
        )

    @operation(Permission.VIEW_REPORTS, query=ReportQuery, answers=SETTLEMENT)
    def settlement(self, request: Request) -> HttpResponse:
        """What each provider has to pay out for each day."""
        days, restaurant = self._days(), self.actor.restaurant_id
        rows = settlement(ledger_sums(days.first, days.last, restaurant=restaurant))
        net = sum(row["net"] for row in rows)
        return self._report(days, results=rows, currency=self._currency(), net=net)

    def _saved(self, days: Period) -> int:
        profile = restaurant_profile(self.actor.restaurant_id)
        prices = fee_schedules(country=profile.country, currency=profile.currency, on=days.last)
        card = prices.get(Method.CARD)
        if card is None:
            return 0
        saved, _ = saved_by_bank(
            profile.id,
            days.first,
            days.last,
            card_bps=card.provider_bps,
            card_fixed=card.provider_fixed,
        )
        return saved

    def _days(self) -> Period:
        return period(
            restaurant_profile(self.actor.restaurant_id),
            now=self.now,
            first=self.query.get("from"),
            last=self.query.get("to"),
        )

    def _currency(self) -> str:
        return restaurant_profile(self.actor.restaurant_id).currency

    def _report(self, days: Period, **found: Any) -> HttpResponse:
        said: dict[str, date] = {"from": days.first, "to": days.last}
        return self.answer(orjson.dumps({**said, **found}))
