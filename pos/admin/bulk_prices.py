"""Change many prices: choose how, see what comes of it, confirm."""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.widgets import UnfoldAdminSelectWidget

from fynlo.accounts.admin.fields import MoneyField, PercentField
from fynlo.accounts.selectors import restaurant_profile
from fynlo.db import durable
from fynlo.money import BPS, for_people
from pos.models import Product, Variation
from pos.services.price_changes import PriceChange, reprice

if TYPE_CHECKING:
    from pos.admin.products import ProductAdmin

STEPS = (1, 5, 10, 50, 100)


class PriceChangeForm(forms.Form):
    """Percent, amount, or both; less with a minus in front."""

    def __init__(self, currency: str, data: Any = None) -> None:
        super().__init__(data)
        self.fields["percent"] = PercentField(
            label="Percent", required=False, minimum_bps=-BPS, maximum_bps=10 * BPS
        )
        self.fields["amount"] = MoneyField(
            label="Amount", required=False, currency=currency, signed=True
        )
        self.fields["round_to"] = forms.TypedChoiceField(
            label="Round to",
            coerce=int,
            choices=[(step, for_people(step, currency)) for step in STEPS],
            widget=UnfoldAdminSelectWidget,
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not (self.errors or cleaned.get("percent") or cleaned.get("amount")):
            raise forms.ValidationError("Type a percentage or an amount.")
        return cleaned

    def change(self) -> PriceChange:
        values = self.cleaned_data
        return PriceChange(values["percent"] or 0, values["amount"] or 0, values["round_to"])


@dataclass(frozen=True, slots=True)
class Line:
    label: str
    old: str
    new: str
    possible: bool


class BulkPrices:
    """One answer to the action's request: the form, the form with a preview, or the change."""

    def __init__(self, page: "ProductAdmin", request: HttpRequest, rows: QuerySet[Product]) -> None:
        self.page, self.request, self.rows = page, request, rows

    def answer(self) -> HttpResponse | None:
        places: set[UUID] = set(self.rows.order_by().values_list("restaurant_id", flat=True))
        if len(places) != 1:
            text = "Choose products on the menu of one restaurant."
            self.page.message_user(self.request, text, messages.ERROR)
            return None
        self.currency = restaurant_profile(places.pop()).currency
        asked = "round_to" in self.request.POST
        form = PriceChangeForm(self.currency, self.request.POST if asked else None)
        if not form.is_valid():
            return self._show(form, [], "")
        if "confirm" in self.request.POST:
            return self._apply(form)
        return self._preview(form, list(self.rows.order_by("name", "pk")))

    def _preview(self, form: PriceChangeForm, products: list[Product]) -> HttpResponse:
        lines = self._lines(products, form.change())
        if not all(line.possible for line in lines):
            form.add_error(None, "Something would cost less than nothing.")
        return self._show(form, lines, _seen(products))

    def _apply(self, form: PriceChangeForm) -> HttpResponse | None:
        with durable():
            products = self.page.lock(self.rows)
            possible = all(line.possible for line in self._lines(products, form.change()))
            if not possible or self.request.POST.get("seen") != _seen(products):
                form.add_error(None, "Prices have changed meanwhile. Look again and confirm.")
                return self._preview(form, products)
            changed = reprice(products, _sizes(products), form.change())
            for product in changed:
                self.page.log_change(self.request, product, "Price changed with others.")
            self.page.record_all(self.request, changed, "updated")
        text = f"{len(changed)} products have new prices."
        self.page.message_user(self.request, text, messages.SUCCESS)
        return None

    def _lines(self, products: list[Product], change: PriceChange) -> list[Line]:
        sizes: dict[UUID, list[Variation]] = {}
        for size in _sizes(products):
            sizes.setdefault(size.product_id, []).append(size)
        lines = []
        for product in products:
            lines.append(self._line(product.name, product.price, change))
            for size in sizes.get(product.pk, []):
                lines.append(self._line(f"{product.name}, {size.name}", size.price, change))
        return lines

    def _line(self, label: str, price: int, change: PriceChange) -> Line:
        new = change.of(price)
        return Line(
            label, for_people(price, self.currency), for_people(new, self.currency), new >= 0
        )

    def _show(self, form: PriceChangeForm, lines: list[Line], seen: str) -> HttpResponse:
        context = {
            **self.page.admin_site.each_context(self.request),
            "title": "Change prices",
            "opts": self.page.opts,
            "form": form,
            "lines": lines,
            "seen": seen,
            "ready": bool(lines) and not form.errors,
            "count": self.rows.count(),
            "selected": self.request.POST.getlist(ACTION_CHECKBOX_NAME),
            "select_across": self.request.POST.get("select_across", "0"),
            "checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(self.request, "admin/pos/change_prices.html", context)


def _sizes(products: list[Product]) -> list[Variation]:
    rows = Variation.objects.filter(product__in=products, archived_at=None)
    return list(rows.order_by("product_id", "position", "pk"))


def _seen(products: list[Product]) -> str:
    """What was previewed: which products, at which version."""
    pairs = sorted((str(product.pk), product.version) for product in products)
    return hashlib.sha256(repr(pairs).encode()).hexdigest()
