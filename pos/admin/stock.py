"""Sold out, only so many left, back again: for one product or for many."""

from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
)

from fynlo.errors import DomainError
from pos.choices import Availability
from pos.models import Product
from pos.services.availability import set_availability

if TYPE_CHECKING:
    from pos.admin.products import ProductAdmin

MOST_PIECES = 1_000_000


class StockForm(forms.Form):
    """The rules of `POST products/{id}/availability/`."""

    state = forms.ChoiceField(
        label="Availability", choices=Availability.choices, widget=UnfoldAdminRadioSelectWidget
    )
    quantity = forms.IntegerField(
        label="How many are left",
        required=False,
        min_value=1,
        max_value=MOST_PIECES,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Of each, when it is limited. Every one that is ordered counts down.",
    )
    until = forms.SplitDateTimeField(
        label="In stock again at",
        required=False,
        widget=UnfoldAdminSplitDateTimeWidget,
        help_text="By itself. Leave it empty when nobody knows.",
    )

    def clean_quantity(self) -> int | None:
        quantity: int | None = self.cleaned_data["quantity"]
        is_limited = self.cleaned_data.get("state") == Availability.LIMITED
        if is_limited and quantity is None:
            raise ValidationError("Say how many are left.")
        return quantity if is_limited else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("state") == Availability.IN_STOCK:
            cleaned["until"] = None
        return cleaned


class Stock:
    """One answer to a request about these products: the form, or the change."""

    def __init__(self, page: "ProductAdmin", request: HttpRequest, rows: QuerySet[Product]) -> None:
        self.page, self.request, self.rows = page, request, rows

    def answer(self) -> HttpResponse | None:
        """None when it is done."""
        asked = "state" in self.request.POST
        form = StockForm(self.request.POST if asked else None, initial=self._now())
        if not form.is_valid():
            return self._show(form)
        set_stock = partial(set_availability, expected_version=None, **form.cleaned_data)
        label = Availability(form.cleaned_data["state"]).label.lower()
        try:
            self.page.each(self.request, self.rows, set_stock, label)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.detail)
            return self._show(form)
        return None

    def _now(self) -> dict[str, Any]:
        """How it stands, when it is about one."""
        products = list(self.rows[:2])
        if len(products) != 1:
            return {}
        (product,) = products
        until = product.available_again_at
        return {"state": product.availability, "quantity": product.stock, "until": until}

    def _show(self, form: StockForm) -> HttpResponse:
        context = {
            **self.page.admin_site.each_context(self.request),
            "title": "Availability",
            "opts": self.page.opts,
            "form": form,
            "names": list(self.rows.order_by("name", "pk").values_list("name", flat=True)),
            "selected": self.request.POST.getlist(ACTION_CHECKBOX_NAME),
            "select_across": self.request.POST.get("select_across", "0"),
            "checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(self.request, "admin/pos/stock.html", context)
