from typing import Any, ClassVar

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from fynlo.accounts.admin.base import ReadOnlyAdmin
from fynlo.accounts.admin.display import badge, display
from fynlo.accounts.choices import Permission
from pos.choices import TicketState
from pos.models import Ticket
from pos.services.ticket_wording import differences

COLOURS = {
    TicketState.NEW: "danger",
    TicketState.ACKED: "warning",
    TicketState.STARTED: "info",
    TicketState.READY: "success",
    TicketState.COLLECTED: "default",
}


@admin.register(Ticket)
class TicketAdmin(ReadOnlyAdmin):
    """What the kitchen was asked for. It is worked on at the kitchen screen."""

    may_view = Permission.VIEW_KITCHEN
    list_display = ("title", "station", "state_badge", "what", "created_at")
    list_filter = ("state", "station")
    list_select_related = ("order", "table", "station")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "pk")
    readonly_fields = ("title", "state_badge", "what")
    fieldsets: ClassVar[Any] = (
        (None, {"fields": (("title", "station", "state_badge"), "what")}),
        (
            "Times",
            {
                "fields": (
                    ("created_at", "acknowledged_at", "started_at"),
                    ("ready_at", "collected_at"),
                )
            },
        ),
    )

    @display(description="Ticket", ordering="created_at")
    def title(self, ticket: Ticket) -> str:
        table = f", table {ticket.table}" if ticket.table else ""
        return f"Order {ticket.order.number}{table}, send {ticket.revision}"

    @display(description="State", ordering="state")
    def state_badge(self, ticket: Ticket) -> str:
        return badge(ticket.get_state_display(), COLOURS[TicketState(ticket.state)])

    @display(description="What")
    def what(self, ticket: Ticket) -> SafeString:
        return format_html_join("", "<div>{}</div>", ((_item(item),) for item in ticket.items))


def _item(item: dict[str, Any]) -> str:
    sign = {"cancel": "cancel ", "change": "change "}.get(item.get("change", ""), "")
    size = f", {item['variation']}" if item.get("variation") else ""
    dish = f"{sign}{item.get('quantity', '')} × {item.get('name', '')}{size}"
    told = "; ".join(f"{each.now} (was: {each.was})" for each in differences(item))
    return f"{dish}: {told}" if told else dish
