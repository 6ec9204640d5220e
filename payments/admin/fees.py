from datetime import date, timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from unfold.admin import ModelAdmin

from fynlo.accounts.admin.display import badge, display
from fynlo.accounts.admin_site import authority
from fynlo.accounts.choices import Permission
from fynlo.clock import utc_now
from payments.models import FeeSchedule

# Somewhere it is tomorrow already, and prices are known before they hold.
NOTICE = timedelta(days=2)


def earliest() -> date:
    """The first day that a price may hold from, and that may still be changed."""
    return utc_now().date() + NOTICE


class ScheduleForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean_valid_from(self) -> date:
        chosen: date = self.cleaned_data["valid_from"]
        if chosen < earliest():
            text = f"What holds already stays as it is. Choose {earliest():%-d %B %Y} or later."
            raise forms.ValidationError(text, code="too_early")
        return chosen

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).upper()

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()


@admin.register(FeeSchedule)
class FeeScheduleAdmin(ModelAdmin):  # type: ignore[misc]
    """What ways to pay cost. The platform enters what is to hold from a day to come; what holds,
    or held, stays as it was. Restaurants see what is for them."""

    form = ScheduleForm
    list_display = ("__str__", "provider_share", "platform_share", "takes", "standing")
    list_filter = ("method",)
    ordering = ("method", "country", "currency", "-valid_from", "pk")
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
    warn_unsaved_form = True
    fieldsets: ClassVar[Any] = (
        (None, {"fields": (("method", "valid_from"), ("country", "currency"))}),
        (
            "Fees",
            {
                "description": "Basis points (290 are 2.9 %), and minor units.",
                "fields": (("provider_bps", "provider_fixed", "platform_bps"),),
            },
        ),
        ("Amounts", {"description": "Minor units.", "fields": (("minimum", "maximum"),)}),
    )

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return authority(request).may(Permission.VIEW_REPORTS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return authority(request).everywhere

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_to_come = obj is None or obj.valid_from >= earliest()
        return authority(request).everywhere and is_to_come

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """One that is still to come may be taken back, one at a time."""
        return obj is not None and self.has_change_permission(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Those of the countries and currencies of the restaurants that are governed."""
        rows: QuerySet[Any] = super().get_queryset(request)
        if authority(request).everywhere:
            return rows
        places = authority(request).restaurants().values_list("country", "currency").distinct()
        theirs = Q(pk=None)
        for country, currency in places.order_by():
            theirs |= Q(country__in=("", country), currency__in=("", currency))
        return rows.filter(theirs)

    def _get_obj_does_not_exist_redirect(self, *args: Any) -> HttpResponse:
        raise Http404

    @display(description="Provider")
    def provider_share(self, row: FeeSchedule) -> str:
        fixed = f" + {row.provider_fixed}" if row.provider_fixed else ""
        return f"{row.provider_bps / 100:g} %{fixed}"

    @display(description="Fynlo")
    def platform_share(self, row: FeeSchedule) -> str:
        return f"{row.platform_bps / 100:g} %"

    @display(description="Amounts")
    def takes(self, row: FeeSchedule) -> str:
        return f"{row.minimum} to {row.maximum}" if row.maximum else f"from {row.minimum}"

    @display(description="Status", ordering="valid_from")
    def standing(self, row: FeeSchedule) -> str:
        is_to_come = row.valid_from > utc_now().date()
        return badge("To come", "info") if is_to_come else badge("Since then", "default")
