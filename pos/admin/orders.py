from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from fynlo.accounts.admin.base import ReadOnlyAdmin
from fynlo.accounts.admin.display import badge, display, money_column
from fynlo.accounts.admin.inlines import ReadOnlyInline
from fynlo.accounts.choices import Permission
from fynlo.money import for_people
from pos.admin.late import LateFilter, ToldLate
from pos.admin.timeline import timeline
from pos.choices import DiscountKind, LineState, OrderStatus, PaymentStatus
from pos.models import Order, OrderDiscount, OrderLine

STATUS = {
    OrderStatus.OPEN: "info",
    OrderStatus.COMPLETED: "success",
    OrderStatus.CANCELLED: "default",
}
KITCHEN = {
    LineState.NEW: "default",
    LineState.HELD: "warning",
    LineState.SENT: "info",
    LineState.PREPARING: "info",
    LineState.READY: "success",
    LineState.SERVED: "success",
    LineState.VOIDED: "danger",
}
PAYMENT = {
    PaymentStatus.UNPAID: "warning",
    PaymentStatus.PARTIALLY_PAID: "warning",
    PaymentStatus.PAID: "success",
    PaymentStatus.PARTIALLY_REFUNDED: "danger",
    PaymentStatus.REFUNDED: "danger",
}
AMOUNTS = (
    ("gross_money", "discount_money", "subtotal_money"),
    ("service_charge_money", "tax_added_money", "tip_money"),
    ("rounding_money", "total_money", "tax_money"),
    ("paid_money", "refunded_money"),
)


class LineInline(ReadOnlyInline):
    model = OrderLine
    verbose_name_plural = "Lines"
    ordering = ("position", "pk")
    fields = ("quantity_text", "what", "unit", "sum", "discounted", "kitchen", "note")
    readonly_fields = fields

    @display(description="Quantity")
    def quantity_text(self, line: OrderLine) -> str:
        return f"{line.quantity.normalize():f}"

    @display(description="What")
    def what(self, line: OrderLine) -> SafeString:
        size = f", {line.variation_name}" if line.variation_name else ""
        modifiers = ", ".join(str(row.get("name", "")) for row in line.modifiers)
        reason = f"Voided: {line.void_reason}" if line.voided_at else ""
        return format_html(
            "<div>{}{}</div><div>{}</div><div>{}</div>", line.name, size, modifiers, reason
        )

    @display(description="Each")
    def unit(self, line: OrderLine) -> str:
        return for_people(line.unit_price + line.modifiers_price, line.order.currency)

    @display(description="Discount")
    def discounted(self, line: OrderLine) -> str:
        return for_people(line.discount, line.order.currency) if line.discount else "–"

    @display(description="Total")
    def sum(self, line: OrderLine) -> str:
        return for_people(line.total, line.order.currency)

    @display(description="Kitchen")
    def kitchen(self, line: OrderLine) -> str:
        return badge(line.get_state_display(), KITCHEN[LineState(line.state)])


class DiscountInline(ReadOnlyInline):
    model = OrderDiscount
    verbose_name_plural = "Discounts"
    ordering = ("given_at", "pk")
    fields = ("reason", "on", "size", "took_off", "given_by", "approved_by", "given_at")
    readonly_fields = fields

    @display(description="On")
    def on(self, discount: OrderDiscount) -> str:
        return str(discount.line) if discount.line else "The whole order"

    @display(description="Size")
    def size(self, discount: OrderDiscount) -> str:
        if discount.kind == DiscountKind.PERCENT:
            return f"{discount.value / 100:g} %"
        return for_people(discount.value, discount.order.currency)

    @display(description="Took off")
    def took_off(self, discount: OrderDiscount) -> str:
        return for_people(discount.amount, discount.order.currency)


@admin.register(Order)
class OrderAdmin(ToldLate, ReadOnlyAdmin):
    """What was sold, as it stands, and everything that happened to it."""

    may_view = Permission.VIEW_ORDERS
    list_display = ("title", "place", "state", "kitchen", "payment", "total_money", "opened_at")
    list_filter = ("status", "payment_status", "kitchen_status", "channel", LateFilter)
    list_select_related = ("table", "server__user")
    search_fields = ("table__number", "lines__name")
    search_help_text = "Table, or what was ordered."
    date_hierarchy = "business_date"
    ordering = ("-opened_at", "-pk")
    change_form_outer_after_template = "admin/pos/order_timeline.html"
    gross_money = money_column("gross", "Menu prices")
    discount_money = money_column("discount", "Discounts")
    subtotal_money = money_column("subtotal", "Subtotal")
    service_charge_money = money_column("service_charge", "Service charge")
    tax_added_money = money_column("tax_added", "Tax on top")
    tip_money = money_column("tip", "Tip")
    rounding_money = money_column("rounding", "Cash rounding")
    total_money = money_column("total", "Total")
    tax_money = money_column("tax", "Of which tax")
    paid_money = money_column("paid", "Paid")
    refunded_money = money_column("refunded", "Refunded")
    readonly_fields = (
        "title",
        "place",
        "state",
        "kitchen",
        "payment",
        "flags_shown",
        *(column for row in AMOUNTS for column in row),
    )
    fieldsets: ClassVar[Any] = (
        (
            None,
            {
                "fields": (
                    ("title", "place", "guests"),
                    ("state", "kitchen", "payment"),
                    ("opened_at", "closed_at", "server"),
                    ("note", "cancel_reason"),
                    "flags_shown",
                )
            },
        ),
        ("Money", {"fields": AMOUNTS}),
    )

    @display(description="Number", ordering="opened_at")
    def title(self, order: Order) -> str:
        return f"#{order.number}, {order.business_date:%-d %b %Y}"

    @display(description="Where")
    def place(self, order: Order) -> str:
        return f"Table {order.table}" if order.table else order.get_channel_display()

    @display(description="Status", ordering="status")
    def state(self, order: Order) -> str:
        return badge(order.get_status_display(), STATUS[OrderStatus(order.status)])

    @display(description="Kitchen", ordering="kitchen_status")
    def kitchen(self, order: Order) -> str:
        state = LineState(order.kitchen_status)
        return badge(state.label, KITCHEN[state])

    @display(description="Payment", ordering="payment_status")
    def payment(self, order: Order) -> str:
        status = PaymentStatus(order.payment_status)
        return badge(status.label, PAYMENT[status])

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        has_discounts = obj is not None and obj.discounts.exists()
        return [LineInline, DiscountInline] if has_discounts else [LineInline]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        order = self.get_object(request, object_id)
        happened = timeline(order) if order else []
        context = {**(extra_context or {}), "timeline": happened}
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response
