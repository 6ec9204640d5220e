from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from fynlo.accounts.admin.base import ReadOnlyAdmin
from fynlo.accounts.admin.display import action, display, money_column
from fynlo.accounts.admin.inlines import ReadOnlyInline
from fynlo.accounts.admin_site import authority
from fynlo.accounts.choices import Permission
from payments.admin.badges import attempt_badge, payment_badge, refund_badge
from payments.admin.refund import refund_page
from payments.models import Payment, PaymentAttempt, PaymentSplit, Refund
from pos.admin.late import LateFilter, ToldLate

AMOUNTS = (
    ("bill_money", "tip_money", "total_money"),
    ("captured_money", "refunding_money", "refunded_money"),
    ("tendered_money", "change_given_money", "rounding_money"),
    ("fee_payer", "customer_fee_money"),
    ("platform_fee_money", "provider_fee_estimate_money"),
)


class AttemptInline(ReadOnlyInline):
    model = PaymentAttempt
    verbose_name_plural = "Attempts"
    ordering = ("number",)
    amount_money = money_column("amount", "Asked for")
    captured_money = money_column("captured", "Taken")
    estimated_fee_money = money_column("estimated_fee", "Fee expected")
    actual_fee_money = money_column("actual_fee", "Fee taken")
    fields = (
        "number",
        "method",
        "state",
        "amount_money",
        "captured_money",
        "estimated_fee_money",
        "actual_fee_money",
        "provider_id",
        "failure",
        "created_at",
        "ended_at",
    )
    readonly_fields = fields

    @display(description="Status")
    def state(self, attempt: PaymentAttempt) -> str:
        return attempt_badge(attempt.status)


class RefundInline(ReadOnlyInline):
    model = Refund
    verbose_name_plural = "Refunds"
    ordering = ("requested_at", "pk")
    amount_money = money_column("amount", "Amount")
    tip_amount_money = money_column("tip_amount", "Of the tip")
    fields = (
        "state",
        "amount_money",
        "tip_amount_money",
        "reason",
        "failure",
        "requested_by",
        "approved_by",
        "requested_at",
        "ended_at",
    )
    readonly_fields = fields

    @display(description="Status")
    def state(self, refund: Refund) -> str:
        return refund_badge(refund.status)


class SplitInline(ReadOnlyInline):
    model = PaymentSplit
    verbose_name_plural = "Part of a bill that several pay"
    fields = ("kind", "number", "parts", "made_by", "made_at")
    readonly_fields = fields


@admin.register(Payment)
class PaymentAdmin(ToldLate, ReadOnlyAdmin):
    """What a guest paid, every try at it, and what went back."""

    may_view = Permission.VIEW_PAYMENTS
    list_display = (
        "of_order",
        "method",
        "state",
        "total_money",
        "tip_money",
        "refunded_money",
        "taken_at",
    )
    list_filter = ("status", "method", LateFilter)
    list_select_related = ("order", "taken_by__user")
    search_fields = ("=order__number", "=attempts__provider_id")
    search_help_text = "Number of the order, or the provider's own id."
    date_hierarchy = "business_date"
    ordering = ("-taken_at", "-pk")
    actions_detail = ("give_back",)
    inlines = (AttemptInline, RefundInline, SplitInline)
    bill_money = money_column("bill", "Bill")
    tip_money = money_column("tip", "Tip")
    customer_fee_money = money_column("customer_fee", "Fee the guest pays")
    total_money = money_column("total", "Total")
    captured_money = money_column("captured", "Taken")
    refunding_money = money_column("refunding", "On its way back")
    refunded_money = money_column("refunded", "Refunded")
    tendered_money = money_column("tendered", "Handed over")
    change_given_money = money_column("change_given", "Change")
    rounding_money = money_column("rounding", "Cash rounding")
    platform_fee_money = money_column("platform_fee", "Fynlo's fee")
    provider_fee_estimate_money = money_column("provider_fee_estimate", "Provider's fee expected")
    readonly_fields = (
        "of_order",
        "state",
        "flags_shown",
        *(column for row in AMOUNTS for column in row if column != "fee_payer"),
    )
    fieldsets: ClassVar[Any] = (
        (
            None,
            {
                "fields": (
                    ("of_order", "method", "state"),
                    ("taken_at", "captured_at", "taken_by"),
                    "flags_shown",
                )
            },
        ),
        ("Money", {"fields": AMOUNTS}),
    )

    @display(description="Order", ordering="order__number")
    def of_order(self, payment: Payment) -> str:
        return f"#{payment.order.number}, {payment.business_date:%-d %b %Y}"

    @display(description="Status", ordering="status")
    def state(self, payment: Payment) -> str:
        return payment_badge(payment.status)

    def has_give_back_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """In any restaurant: the page itself asks about that of the payment."""
        return authority(request).may(Permission.REFUND_PAYMENT)

    @action(description="Refund …", permissions=["give_back"], url_path="refund")
    def give_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return refund_page(self, request, object_id)
