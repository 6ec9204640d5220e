from typing import Any, ClassVar

import orjson
from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from fynlo.accounts.admin.base import ReadOnlyAdmin
from fynlo.accounts.admin.display import badge, display
from fynlo.accounts.admin.inlines import ReadOnlyInline
from fynlo.accounts.choices import Permission
from fynlo.money import for_people
from pos.models import Receipt, ReceiptPrint
from pos.services.receipts.paper import issued


class PrintInline(ReadOnlyInline):
    model = ReceiptPrint
    verbose_name_plural = "Printed"
    ordering = ("copy",)
    fields = ("copy", "printed_at", "printed_by", "device")
    readonly_fields = fields


@admin.register(Receipt)
class ReceiptAdmin(ReadOnlyAdmin):
    """What was issued, in the order of the fiscal numbers. Nobody changes or deletes it."""

    may_view = Permission.VIEW_ORDERS
    list_display = ("number", "of_order", "total", "corrected", "prints", "issued_at")
    list_select_related = ("order__table", "corrects")
    search_fields = ("=number", "=order__number")
    search_help_text = "Number of the receipt, or of the order."
    date_hierarchy = "issued_at"
    ordering = ("-number",)
    inlines = (PrintInline,)
    readonly_fields = ("of_order", "total", "corrected", "prints", "page")
    fieldsets: ClassVar[Any] = (
        (
            None,
            {
                "fields": (
                    ("number", "of_order", "total"),
                    ("issued_at", "corrected", "page"),
                )
            },
        ),
        ("Chain", {"fields": ("hash", "previous_hash")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """A subquery, because rows that are grouped cannot be locked."""
        prints = ReceiptPrint.objects.filter(receipt=OuterRef("pk")).order_by()
        count = Subquery(prints.values("receipt").annotate(count=Count("pk")).values("count"))
        rows: QuerySet[Any] = super().get_queryset(request).annotate(copies=Coalesce(count, 0))
        return rows

    @display(description="Order")
    def of_order(self, receipt: Receipt) -> str:
        return f"#{receipt.order.number}, {receipt.order.business_date:%-d %b %Y}"

    @display(description="Total")
    def total(self, receipt: Receipt) -> str:
        content = orjson.loads(receipt.content)
        return for_people(content["total"], content["currency"])

    @display(description="Corrects")
    def corrected(self, receipt: Receipt) -> str:
        return badge(f"Receipt {receipt.corrects.number}", "warning") if receipt.corrects else "–"

    @display(description="Printed")
    def prints(self, receipt: Any) -> int:
        return int(receipt.copies)

    @display(description="As the guest sees it")
    def page(self, receipt: Receipt) -> SafeString:
        address = issued(receipt, mark="").url
        return format_html('<a href="{}" target="_blank" rel="noopener">Open</a>', address)
