from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from fynlo.accounts.admin.base import ReadOnlyAdmin
from fynlo.accounts.admin.display import badge, display
from fynlo.accounts.choices import Permission
from fynlo.accounts.selectors import restaurant_profile
from fynlo.money import for_people
from payments.choices import CloseState, Method
from payments.models import DayClose
from payments.selectors.day import SALES


@admin.register(DayClose)
class DayCloseAdmin(ReadOnlyAdmin):
    """Business days that were closed, with their Z reports as they were written then."""

    may_view = Permission.APPROVE
    list_display = ("business_date", "number", "stage", "sold", "requested_by", "closed_at")
    list_filter = ("state",)
    list_select_related = ("requested_by__user",)
    date_hierarchy = "business_date"
    ordering = ("-business_date", "-pk")
    readonly_fields = ("stage", "sold", "sales", "taken", "refunds")
    fieldsets: ClassVar[Any] = (
        (
            None,
            {
                "fields": (
                    ("business_date", "number", "stage"),
                    ("requested_by", "requested_at", "closed_at"),
                    "overridden",
                )
            },
        ),
        ("Z report", {"fields": (("sales", "taken", "refunds"),)}),
    )

    @display(description="Status", ordering="state")
    def stage(self, day: DayClose) -> str:
        colour = "success" if day.state == CloseState.DONE else "info"
        return badge(day.get_state_display(), colour)

    @display(description="Sold")
    def sold(self, day: DayClose) -> str:
        return _money(day, day.report["sales"]["total"]) if day.report else "–"

    @display(description="Sales")
    def sales(self, day: DayClose) -> SafeString | str:
        if day.report is None:
            return "–"
        figures = day.report["sales"]
        named = ((name.replace("_", " ").capitalize(), figures[name]) for name in SALES)
        return _lines((name, _money(day, amount)) for name, amount in named)

    @display(description="Taken")
    def taken(self, day: DayClose) -> SafeString | str:
        if day.report is None:
            return "–"
        return _lines(
            (f"{Method(row['method']).label}, {row['payments']}", _money(day, row["captured"]))
            for row in day.report["payments"]
        )

    @display(description="Refunds")
    def refunds(self, day: DayClose) -> str:
        if day.report is None:
            return "–"
        given = day.report["refunds"]
        return f"{given['count']}: {_money(day, given['amount'])}"


def _money(day: DayClose, amount: int) -> str:
    return for_people(amount, restaurant_profile(day.restaurant_id).currency)


def _lines(rows: Iterator[tuple[str, str]]) -> SafeString:
    return format_html_join("", "<div>{}: {}</div>", rows)
