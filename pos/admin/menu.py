"""Everything of the menu but products."""

import re
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminColorInputWidget

from fynlo.accounts.admin.display import display
from fynlo.accounts.admin.fields import PercentField
from fynlo.accounts.admin.forms import TenantForm
from fynlo.accounts.choices import Permission
from pos.admin.archivable import ArchivableAdmin
from pos.admin.product_form import AvailabilityWindowInline
from pos.admin.rows import ArchivingFormSet, ArchivingInline
from pos.documents import CATEGORY, MODIFIER_GROUP, STATION, TAX_RATE
from pos.errors import ChoicesImpossible
from pos.models import Category, Modifier, ModifierGroup, Product, Station, TaxRate
from pos.selectors.menu import lock_menu, menu_changed
from pos.services.categories import delete_category
from pos.services.modifier_groups import delete_modifier_group
from pos.services.stations import delete_station
from pos.services.tax_rates import delete_tax_rate

COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class MenuAdmin(ArchivableAdmin):
    may_view = Permission.VIEW_MENU
    may_change = Permission.EDIT_MENU

    def lock_first(self, restaurant_id: UUID) -> None:
        lock_menu(restaurant_id)

    def changed(self, restaurant_id: UUID) -> None:
        menu_changed(restaurant_id)


class CategoryForm(TenantForm):
    colour = forms.CharField(max_length=7, widget=UnfoldAdminColorInputWidget, initial="#64748b")

    class Meta:
        model = Category
        fields = ("name", "parent", "position", "colour")

    def clean_colour(self) -> str:
        colour: str = self.cleaned_data["colour"]
        if not COLOUR.fullmatch(colour):
            raise ValidationError("A colour is # and six hexadecimal digits.")
        return colour

    def clean_parent(self) -> Category | None:
        parent: Category | None = self.cleaned_data["parent"]
        if parent is None:
            return None
        if parent.parent_id or parent.pk == self.instance.pk:
            raise ValidationError("Categories have two levels: choose one from the top level.")
        if Category.objects.filter(parent_id=self.instance.pk).exists():
            raise ValidationError("This category has some below it and must stay at the top.")
        return parent


@admin.register(Category)
class CategoryAdmin(MenuAdmin):
    document = CATEGORY
    delete = staticmethod(delete_category)
    form = CategoryForm
    inlines = (AvailabilityWindowInline,)
    list_display = ("name", "swatch", "parent", "products", "position")
    list_select_related = ("parent",)
    search_fields = ("name",)
    ordering = ("position", "pk")
    fieldsets: ClassVar[Any] = ((None, {"fields": (("name", "parent"), ("colour", "position"))}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """A subquery, because rows that are grouped cannot be locked."""
        live = Product.objects.filter(category=OuterRef("pk"), archived_at=None).order_by()
        count = Subquery(live.values("category").annotate(count=Count("pk")).values("count"))
        rows: QuerySet[Any] = super().get_queryset(request).annotate(live=Coalesce(count, 0))
        return rows

    @display(description="Colour")
    def swatch(self, category: Category) -> SafeString:
        style = "display:inline-block;width:1.5rem;height:1.5rem;border-radius:.375rem"
        return format_html('<span style="{};background:{}"></span>', style, category.colour)

    @display(description="Products")
    def products(self, category: Any) -> int:
        return int(category.live)


class ModifierFormSet(ArchivingFormSet):
    def clean(self) -> None:
        """As many choices as the group asks for must be there to choose."""
        super().clean()
        kept = [form for form in self.forms if form not in self.deleted_forms]
        choices = sum(bool(form.has_changed() or form.instance.name) for form in kept)
        group = self.instance
        most = group.max_choices if group.allow_quantities and choices else choices
        if group.min_choices > min(group.max_choices, most):
            raise ValidationError(ChoicesImpossible.message)


class ModifierInline(ArchivingInline):
    model = Modifier
    formset = ModifierFormSet
    signed_money = ("price_delta",)
    fields = ("name", "price_delta", "position")


class ModifierGroupForm(TenantForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        least, most = cleaned.get("min_choices"), cleaned.get("max_choices")
        if least is not None and most is not None and not max(least, 1) <= most:
            self.add_error("max_choices", "At least one, and no fewer than the minimum.")
        return cleaned


@admin.register(ModifierGroup)
class ModifierGroupAdmin(MenuAdmin):
    document = MODIFIER_GROUP
    delete = staticmethod(delete_modifier_group)
    form = ModifierGroupForm
    inlines = (ModifierInline,)
    list_display = ("name", "choices", "options", "allow_quantities", "position")
    search_fields = ("name", "modifiers__name")
    ordering = ("position", "pk")
    fieldsets: ClassVar[Any] = (
        (
            None,
            {"fields": ("name", ("min_choices", "max_choices"), "allow_quantities", "position")},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("modifiers")

    @display(description="Choose")
    def choices(self, group: ModifierGroup) -> str:
        if group.min_choices == group.max_choices:
            return f"exactly {group.max_choices}"
        return f"{group.min_choices} to {group.max_choices}"

    @display(description="Options")
    def options(self, group: ModifierGroup) -> str:
        rows = sorted(group.modifiers.all(), key=lambda row: row.position)
        names = [row.name for row in rows if row.archived_at is None]
        more = f" and {len(names) - 4} more" if len(names) > 4 else ""
        return ", ".join(names[:4]) + more


class TaxRateForm(TenantForm):
    rate_bps = PercentField(label="Rate")


@admin.register(TaxRate)
class TaxRateAdmin(MenuAdmin):
    document = TAX_RATE
    delete = staticmethod(delete_tax_rate)
    form = TaxRateForm
    list_display = ("name", "rate", "is_inclusive")
    search_fields = ("name",)
    ordering = ("rate_bps", "pk")
    fieldsets: ClassVar[Any] = (
        (
            None,
            {
                "fields": ("name", "rate_bps", "is_inclusive"),
                "description": "What is already sold keeps the rate it was sold at.",
            },
        ),
    )

    @display(description="Rate", ordering="rate_bps")
    def rate(self, tax_rate: TaxRate) -> str:
        return f"{PercentField().prepare_value(tax_rate.rate_bps)} %"


@admin.register(Station)
class StationAdmin(MenuAdmin):
    document = STATION
    delete = staticmethod(delete_station)
    list_display = ("name", "acknowledge_within_seconds", "position")
    search_fields = ("name",)
    ordering = ("position", "pk")
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("name", "acknowledge_within_seconds", "position")}),
    )
