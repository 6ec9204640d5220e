import hashlib
from collections.abc import Sequence
from typing import Any

import orjson
from django.http import HttpResponse
from rest_framework.request import Request

from fynlo.accounts.choices import Permission
from fynlo.accounts.selectors import restaurant_profile
from fynlo.api.operations import operation
from fynlo.api.views import Endpoint
from pos.choices import SalesGroup
from pos.selectors.sales import Period, period, sales_report
from pos.selectors.sales_facts import ORDER_MEASURES
from pos.serializers.analytics import SalesQuery
from pos.services.report_csv import report_csv
from pos.views import analytics_shapes as shapes

JSON, CSV = "application/json", "text/csv"


class Report(Endpoint):
    """What all reports share: their days, and JSON or, where `Accept` prefers it, CSV."""

    def period(self, **limits: int) -> Period:
        return period(
            restaurant_profile(self.actor.restaurant_id),
            now=self.now,
            first=self.query.get("from"),
            last=self.query.get("to"),
            **limits,
        )

    def report(
        self, found: dict[str, Any], *, name: str, columns: Sequence[str], money: Sequence[str]
    ) -> HttpResponse:
        """CSV has the rows of `results` only."""
        wanted = self.request._request.get_preferred_type([JSON, CSV])
        text = (
            report_csv(
                found["results"], columns=columns, money=money, currency=found["currency"]
            ).encode()
            if wanted == CSV
            else orjson.dumps(found)
        )
        response = self.answer(text, etag=f'"{hashlib.blake2b(text, digest_size=16).hexdigest()}"')
        response["Vary"] = "Accept"
        if wanted == CSV:
            file = f"{name}_{found['from']}_{found['to']}.csv"
            response["Content-Type"] = "text/csv; charset=utf-8"
            response["Content-Disposition"] = f'attachment; filename="{file}"'
        return response


class Sales(Report):
    @operation(Permission.VIEW_REPORTS, query=SalesQuery, answers=shapes.SALES, also=(CSV,))
    def list(self, request: Request) -> HttpResponse:
        """Completed orders by their business date; at most 400 days. CSV with `Accept: text/csv`.

        `results` by net, or in the order of time; `totals`, `payments` and `open` are of all.
        """
        group_by = SalesGroup(self.query["group_by"])
        found = sales_report(self.actor.restaurant_id, period=self.period(), group_by=group_by)
        by_line = group_by in (SalesGroup.PRODUCT, SalesGroup.CATEGORY)
        measures = shapes.LINE_COLUMNS if by_line else (*ORDER_MEASURES, *shapes.AVERAGES)
        return self.report(
            found,
            name=f"sales_by_{group_by}",
            columns=("key", "name", *measures),
            money=[measure for measure in measures if measure not in shapes.COUNTS],
        )
