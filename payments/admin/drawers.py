from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from fynlo.accounts.admin.base import ReadOnlyAdmin
from fynlo.accounts.admin.display import action, badge, display, money_column
from fynlo.accounts.admin.inlines import ReadOnlyInline
from fynlo.accounts.admin_site import authority
from fynlo.accounts.choices import Permission
from payments.admin.closing import closing_page
from payments.choices import DrawerOutcome, DrawerStatus
from payments.models import DrawerEvent, DrawerSession


class DrawerEventInline(ReadOnlyInline):
    model = DrawerEvent
    verbose_name_plural = "Journal"
    ordering = ("done_at", "pk")
    amount_money = money_column("amount", "Amount")
    counted_money = money_column("counted", "Counted")
    fields = ("kind", "amount_money", "counted_money", "reason", "done_by", "approved_by",
              "done_at")  # fmt: skip
    readonly_fields = fields


@admin.register(DrawerSession)
class DrawerAdmin(ReadOnlyAdmin):
    """Cash drawers, what was expected and what was counted. An open one is counted blind: it does
    not say what to expect."""

    may_view = Permission.APPROVE
    list_display = (
        "name",
        "state",
        "expected_money",
        "counted_money",
        "difference_money",
        "outcome",
        "opened_at",
        "closed_at",
    )
    list_filter = ("status",)
    list_select_related = ("opened_by__user", "closed_by__user")
    search_fields = ("name", "note")
    date_hierarchy = "business_date"
    ordering = ("-opened_at", "-pk")
    inlines = (DrawerEventInline,)
    actions_detail = ("count_and_close",)
    opening_float_money = money_column("opening_float", "Float")
    expected_money = money_column("expected", "Expected")
    counted_money = money_column("counted", "Counted")
    difference_money = money_column("difference", "Difference")
    readonly_fields = (
        "state",
        "opening_float_money",
        "expected_money",
        "counted_money",
        "difference_money",
        "outcome",
    )
    fieldsets: ClassVar[Any] = (
        (
            None,
            {
                "fields": (
                    ("name", "state", "device"),
                    ("opened_at", "opened_by", "opening_float_money"),
                    ("counted_at", "counted_by", "note"),
                    ("closed_at", "closed_by", "approved_by"),
                )
            },
        ),
        (
            "Count",
            {"fields": (("expected_money", "counted_money"), ("difference_money", "outcome"))},
        ),
    )

    @display(description="Status", ordering="status")
    def state(self, drawer: DrawerSession) -> str:
        is_open = drawer.status == DrawerStatus.OPEN
        return badge(drawer.get_status_display(), "info" if is_open else "default")

    @display(description="Over or short", ordering="difference")
    def outcome(self, drawer: DrawerSession) -> str:
        if drawer.difference is None:
            return "–"
        if drawer.difference == 0:
            return badge(DrawerOutcome.EXACT.label, "success")
        is_over = drawer.difference > 0
        off = DrawerOutcome.OVERAGE if is_over else DrawerOutcome.SHORTAGE
        return badge(off.label, "warning" if is_over else "danger")

    def has_close_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """In any restaurant: the page itself asks about that of the drawer."""
        return authority(request).may(Permission.TAKE_PAYMENT)

    @action(description="Count and close …", permissions=["close"], url_path="close")
    def count_and_close(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return closing_page(self, request, object_id)
