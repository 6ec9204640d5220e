from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from fynlo.accounts.admin.base import ReadOnlyAdmin
from fynlo.accounts.admin.display import badge, display, money_column
from fynlo.accounts.admin.forms import OwnedForm
from fynlo.accounts.admin.inlines import ReadOnlyInline
from fynlo.accounts.choices import Permission
from fynlo.accounts.selectors import restaurant_profile
from fynlo.money import for_people
from payments.models import LedgerEntry, LedgerTransaction


class EntryInline(ReadOnlyInline):
    model = LedgerEntry
    verbose_name_plural = "Entries"
    ordering = ("pk",)
    fields = ("account_name", "debit", "credit")
    readonly_fields = fields

    @display(description="Account")
    def account_name(self, entry: LedgerEntry) -> str:
        return entry.account.get_code_display()

    @display(description="Debit")
    def debit(self, entry: LedgerEntry) -> str:
        return for_people(entry.amount, entry.currency) if entry.amount > 0 else ""

    @display(description="Credit")
    def credit(self, entry: LedgerEntry) -> str:
        return for_people(-entry.amount, entry.currency) if entry.amount < 0 else ""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).select_related("account")
        return rows


@admin.register(LedgerTransaction)
class LedgerAdmin(ReadOnlyAdmin):
    """The books. What is posted stays; a mistake is put right by another posting."""

    may_view = Permission.VIEW_REPORTS
    form = OwnedForm
    list_display = ("source_key", "kind", "debited_money", "balance", "business_date", "created_at")
    list_filter = ("kind",)
    search_fields = ("source_key",)
    search_help_text = "What caused it."
    date_hierarchy = "business_date"
    ordering = ("-created_at", "-pk")
    inlines = (EntryInline,)
    debited_money = money_column("debited", "Amount")
    readonly_fields = ("debited_money", "balance")
    fieldsets: ClassVar[Any] = (
        (
            None,
            {
                "fields": (
                    ("source_key", "kind"),
                    ("business_date", "created_at"),
                    ("debited_money", "balance"),
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Subqueries, because rows that are grouped cannot be locked."""
        entries = LedgerEntry.objects.filter(transaction=OuterRef("pk")).order_by()
        rows: QuerySet[Any] = (
            super()
            .get_queryset(request)
            .annotate(debited=_sum(entries.filter(amount__gt=0)), left_over=_sum(entries))
        )
        return rows

    @display(description="Balance", ordering="left_over")
    def balance(self, posted: Any) -> str:
        currency = restaurant_profile(posted.restaurant_id).currency
        text = for_people(posted.left_over, currency)
        return badge(text, "danger" if posted.left_over else "success")


def _sum(entries: QuerySet[LedgerEntry]) -> Coalesce:
    summed = entries.values("transaction").annotate(sum=Sum("amount")).values("sum")
    return Coalesce(Subquery(summed), 0)
