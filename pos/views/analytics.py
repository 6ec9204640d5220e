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
from pos.choices import ProductSort, SalesGroup
from pos.selectors.kitchen_times import MOST_KITCHEN_DAYS, kitchen_report
from pos.selectors.product_sales import product_report
from pos.selectors.sales import Period, period, sales_report, server_report
from pos.selectors.sales_facts import ORDER_MEASURES
from pos.serializers.analytics import ProductSalesQuery, ReportQuery, SalesQuery
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
        self,
        found: dict[str, Any],
        *,
        name: str,
        columns: Sequence[str],
        money: Sequence[str],
        only_in_csv: str = "",
    ) -> HttpResponse:
        """CSV has the rows of `results`, and nothing else."""
        wanted = self.request._request.get_preferred_type([JSON, CSV])
        text = (
            report_csv(
                found["results"], columns=columns, money=money, currency=found.get("currency", "")
            ).encode()
            if wanted == CSV
            else orjson.dumps({part: found[part] for part in found if part != only_in_csv})
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


class ProductSales(Report):
    @operation(
        Permission.VIEW_REPORTS, query=ProductSalesQuery, answers=shapes.PRODUCTS, also=(CSV,)
    )
    def list(self, request: Request) -> HttpResponse:
        """The best and the worst, products on the menu that nobody bought among them. CSV, with
        `Accept: text/csv`, has them all. At most 400 days."""
        found = product_report(
            self.actor.restaurant_id,
            period=self.period(),
            sort=ProductSort(self.query["sort"]),
            limit=self.query["limit"],
        )
        return self.report(
            found,
            name="products",
            columns=list(shapes.PRODUCT_ROW),
            money=("gross", "discount", "net", "tax", "voided", "cost", "margin"),
            only_in_csv="results",
        )


class KitchenTimes(Report):
    @operation(Permission.VIEW_REPORTS, query=ReportQuery, answers=shapes.KITCHEN, also=(CSV,))
    def list(self, request: Request) -> HttpResponse:
        """How long each station took from a ticket's arrival until it was acknowledged, started
        and ready. At most 31 days. CSV with `Accept: text/csv`."""
        days = self.period(most_days=MOST_KITCHEN_DAYS)
        found = kitchen_report(self.actor.restaurant_id, period=days)
        return self.report(found, name="kitchen", columns=list(shapes.STATION_ROW), money=())


class ServerSales(Report):
    @operation(Permission.VIEW_REPORTS, query=ReportQuery, answers=shapes.SERVERS, also=(CSV,))
    def list(self, request: Request) -> HttpResponse:
        """What each server sold, by whom an order was served last. At most 400 days. CSV with
        `Accept: text/csv`."""
        found = server_report(self.actor.restaurant_id, period=self.period())
        columns = list(shapes.SERVER_ROW)
        money = [n for n in columns[2:] if n not in shapes.COUNTS and not n.endswith("_bps")]
        return self.report(found, name="servers", columns=columns, money=money)
