from typing import Any, ClassVar

from django.contrib import admin

from fynlo.accounts.admin.base import ReadOnlyAdmin
from fynlo.accounts.admin.display import badge, display, money_column
from fynlo.accounts.choices import Permission
from fynlo.money import for_people
from payments.models import FeeAlarm, LedgerAlarm


@admin.register(FeeAlarm)
class FeeAlarmAdmin(ReadOnlyAdmin):
    """Days on which a provider took other fees than its price list says."""

    may_view = Permission.VIEW_REPORTS
    list_display = (
        "business_date",
        "method",
        "payments",
        "expected_money",
        "actual_money",
        "too_much",
        "raised_at",
    )
    list_filter = ("method",)
    date_hierarchy = "business_date"
    ordering = ("-business_date", "-pk")
    expected_money = money_column("expected", "Expected")
    actual_money = money_column("actual", "Taken")
    readonly_fields = ("expected_money", "actual_money", "too_much")
    fieldsets: ClassVar[Any] = (
        (
            None,
            {
                "fields": (
                    ("business_date", "method", "raised_at"),
                    ("payments", "expected_money", "actual_money", "too_much"),
                )
            },
        ),
    )

    @display(description="Too much")
    def too_much(self, alarm: FeeAlarm) -> str:
        more = alarm.actual - alarm.expected
        return badge(for_people(more, alarm.currency), "danger" if more > 0 else "info")


@admin.register(LedgerAlarm)
class LedgerAlarmAdmin(ReadOnlyAdmin):
    """When two sums that have to agree did not."""

    may_view = Permission.VIEW_REPORTS
    list_display = ("check_name", "state", "books_money", "counted_money", "raised_at", "ended_at")
    ordering = ("-raised_at", "-pk")
    books_money = money_column("books", "Books")
    counted_money = money_column("counted", "Counted")
    readonly_fields = ("state", "books_money", "counted_money")
    fieldsets: ClassVar[Any] = (
        (
            None,
            {
                "fields": (
                    ("check_name", "state"),
                    ("raised_at", "ended_at"),
                    ("books_money", "counted_money"),
                )
            },
        ),
    )

    @display(description="Status", ordering="ended_at")
    def state(self, alarm: LedgerAlarm) -> str:
        if alarm.ended_at is None:
            return badge("They differ", "danger")
        return badge("They agree again", "success")
