"""The form of a product, and the rows inside it."""

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelect2MultipleWidget

from fynlo.accounts.admin.forms import TenantForm
from fynlo.accounts.admin.inlines import TenantInline
from pos.admin.rows import ArchivingFormSet, ArchivingInline, id_of_page
from pos.choices import Allergen, Diet
from pos.models import AvailabilityWindow, Product, ProductModifierGroup, TimedPrice, Variation

WEEKDAYS = ((1, "Mon"), (2, "Tue"), (3, "Wed"), (4, "Thu"), (5, "Fri"), (6, "Sat"), (7, "Sun"))


class ProductForm(TenantForm):
    allergens = forms.MultipleChoiceField(
        choices=Allergen.choices, required=False, widget=UnfoldAdminSelect2MultipleWidget
    )
    dietary = forms.MultipleChoiceField(
        choices=Diet.choices, required=False, widget=UnfoldAdminSelect2MultipleWidget
    )

    class Meta:
        model = Product
        exclude: ClassVar[list[str]] = []
        help_texts: ClassVar[dict[str, str]] = {
            "sku": "Your own code for it; unique on the menu.",
            "cost": "What it costs you, for the margin in reports.",
            "course": "0: sent at once; 1, 2, 3: fired one after the other.",
            "prep_minutes": "How long the kitchen needs.",
            "position": "Lower comes first on the till.",
            "image": "Address of a picture.",
            "station": "Where it is cooked. Without one no ticket is printed.",
        }


class VariationFormSet(ArchivingFormSet):
    def delete_existing(self, obj: Any, commit: bool = True) -> None:
        """Happy hours of a size that is gone go with it."""
        TimedPrice.objects.filter(variation=obj).delete()
        super().delete_existing(obj, commit)


class VariationInline(ArchivingInline):
    model = Variation
    formset = VariationFormSet
    verbose_name = "size"
    verbose_name_plural = "Sizes, each with its own price"
    money = ("price", "cost")
    fields = ("name", "price", "cost", "position")


class ModifierGroupInline(TenantInline):
    model = ProductModifierGroup
    verbose_name = "question"
    verbose_name_plural = "Questions the till asks, in this order"
    ordering_field = "position"
    hide_ordering_field = True
    ordering = ("position", "pk")
    fields = ("group", "position")


class WindowInline(TenantInline):
    """Rows with weekdays to tick."""

    ordering = ("starts_at", "pk")

    def formfield_for_dbfield(
        self, db_field: "models.Field[Any, Any]", request: HttpRequest, **options: Any
    ) -> Any:
        if isinstance(db_field, ArrayField):
            return forms.TypedMultipleChoiceField(
                choices=WEEKDAYS, coerce=int, widget=UnfoldAdminCheckboxSelectMultipleWidget
            )
        return super().formfield_for_dbfield(db_field, request, **options)


class AvailabilityWindowInline(WindowInline):
    model = AvailabilityWindow
    verbose_name = "time of sale"
    verbose_name_plural = "Sold only at these times"
    fields = ("weekdays", "starts_at", "ends_at")


class TimedPriceInline(WindowInline):
    model = TimedPrice
    verbose_name = "happy hour"
    verbose_name_plural = "Happy hours"
    money = ("price",)
    fields = ("variation", "price", "weekdays", "starts_at", "ends_at")

    def formfield_for_dbfield(
        self, db_field: "models.Field[Any, Any]", request: HttpRequest, **options: Any
    ) -> Any:
        if db_field.name == "variation":
            rows = Variation.objects.filter(product__in=id_of_page(request), archived_at=None)
            options["queryset"] = rows
            options.pop("restaurant_id", None)
        return super().formfield_for_dbfield(db_field, request, **options)

    def choices_for(
        self, db_field: "models.ForeignKey[Any, Any]", restaurant_id: UUID
    ) -> QuerySet[Any]:
        return db_field.related_model._default_manager.none()
