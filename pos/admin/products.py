from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin

from fynlo.accounts.admin.display import action, badge, display, money_column
from fynlo.accounts.admin_site import authority
from fynlo.accounts.choices import Permission
from fynlo.clock import utc_now
from fynlo.db import durable
from pos.admin.archivable import ArchivableAdmin
from pos.admin.bulk_prices import BulkPrices
from pos.admin.menu import MenuAdmin
from pos.admin.menu_files import MenuFiles, export
from pos.admin.product_form import (
    AvailabilityWindowInline,
    ModifierGroupInline,
    ProductForm,
    TimedPriceInline,
    VariationInline,
)
from pos.admin.stock import Stock
from pos.choices import Availability
from pos.documents import PRODUCT
from pos.models import Product
from pos.selectors.menu import lock_menu
from pos.services.availability import set_availability
from pos.services.products import delete_product

Service = Callable[..., str]
COLOURS = {
    Availability.IN_STOCK: "success",
    Availability.LIMITED: "warning",
    Availability.OUT_OF_STOCK: "danger",
}


class ArchivedFilter(admin.SimpleListFilter):
    title = "menu"
    parameter_name = "archived"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Archived")]

    def choices(self, changelist: Any) -> Any:
        for choice in super().choices(changelist):
            yield {**choice, "display": "On the menu"} if choice["display"] == "All" else choice

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(archived_at__isnull=self.value() != "yes")


@admin.register(Product)
class ProductAdmin(MenuAdmin):
    document = PRODUCT
    form = ProductForm
    money = ("price", "cost")
    inlines = (VariationInline, ModifierGroupInline, TimedPriceInline, AvailabilityWindowInline)
    list_display = ("named", "category", "price_money", "station", "stock_badge")
    list_filter = (ArchivedFilter, "availability", "category", "station")
    list_select_related = ("category", "station")
    search_fields = ("name", "sku")
    ordering = ("category__position", "position", "pk")
    delete = staticmethod(delete_product)
    actions = (
        "mark_sold_out",
        "put_back_in_stock",
        "set_stock",
        "change_prices",
        "archive",
        "restore",
    )
    actions_list = ("menu_files",)
    actions_detail = ("stock_of",)
    price_money = money_column("price", "Price")
    readonly_fields = ("stock_badge",)
    fieldsets: ClassVar[Any] = (
        (None, {"fields": (("name", "sku"), "description", ("price", "cost"), "stock_badge")}),
        ("Where it belongs", {"fields": (("category", "tax_rate"), ("station", "position"))}),
        ("Kitchen", {"fields": (("course", "prep_minutes"),)}),
        ("For the guest", {"fields": ("allergens", "dietary", "image")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.readonly_fields

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None:
            shown = [field for field in fieldsets[0][1]["fields"] if field != "stock_badge"]
            fieldsets[0][1]["fields"] = shown
        return fieldsets

    @display(description="Product", header=True, ordering="name")
    def named(self, product: Product) -> tuple[str, str]:
        return product.name, product.sku

    @display(description="Availability", ordering="availability")
    def stock_badge(self, product: Product) -> str:
        if product.archived_at:
            return badge("Archived", "default")
        colour = COLOURS[Availability(product.availability)]
        if product.availability == Availability.LIMITED:
            return badge(f"{product.stock} left", colour)
        return badge(product.get_availability_display(), colour)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is archived can be looked at and restored, not edited."""
        archived = obj is not None and obj.archived_at is not None
        return not archived and super().has_change_permission(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With what is archived: the filter of the list leaves it out."""
        rows: QuerySet[Any] = super(ArchivableAdmin, self).get_queryset(request)
        return rows

    @action(description="Mark sold out", permissions=["change"])
    def mark_sold_out(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        self._set_availability(request, queryset, Availability.OUT_OF_STOCK)

    @action(description="Put back in stock", permissions=["change"])
    def put_back_in_stock(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        self._set_availability(request, queryset, Availability.IN_STOCK)

    def _set_availability(
        self, request: HttpRequest, rows: QuerySet[Product], wanted: Availability
    ) -> None:
        changing = rows.exclude(availability=wanted).filter(archived_at=None)
        set_state = partial(set_availability, state=wanted, expected_version=None)
        self.each(request, changing, set_state, wanted.label.lower())

    def has_stock_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """The theme asks about a row by its id: which rows these are is up to the queryset."""
        return authority(request).may(Permission.SET_AVAILABILITY)

    @action(description="Limited, or back later …", permissions=["stock"])
    def set_stock(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse | None:
        rows = queryset.filter(archived_at=None)
        if not rows.exists():
            text = "Choose products that are on the menu."
            self.message_user(request, text, messages.ERROR)
            return None
        return Stock(self, request, rows).answer()

    @action(description="Availability", permissions=["stock"], url_path="availability")
    def stock_of(self, request: HttpRequest, object_id: str) -> HttpResponse:
        product = ModelAdmin.get_object(self, request, object_id)
        if product is None:
            raise Http404
        rows = self.get_queryset(request).filter(pk=product.pk)
        address = reverse("admin:pos_product_change", args=[product.pk])
        return self.set_stock(request, rows) or HttpResponseRedirect(address)

    @action(description="Change prices …", permissions=["change"])
    def change_prices(
        self, request: HttpRequest, queryset: QuerySet[Product]
    ) -> HttpResponse | None:
        return BulkPrices(self, request, queryset.filter(archived_at=None)).answer()

    @action(description="Archive: take off the menu", permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        delete = partial(delete_product, expected_version=None)
        self.each(request, queryset.filter(archived_at=None), delete, "archived")

    def each(
        self, request: HttpRequest, rows: QuerySet[Product], service: Service, note: str
    ) -> None:
        """The service for each product, all of them or none. Raises as the service does."""
        now = utc_now()
        with durable():
            products = self.lock(rows)
            for product in products:
                by = authority(request).actor(product.restaurant_id)
                service(by=by, now=now, pk=product.pk)
                self.log_change(request, product, f"Now {note}.")
        self.message_user(request, f"{len(products)} now {note}.", messages.SUCCESS)

    @action(description="Restore: put back on the menu", permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        try:
            with durable():
                products = self.lock(queryset.exclude(archived_at=None))
                for product in products:
                    product.archived_at = None
                    self.bump(product, "archived_at")
                    self.log_change(request, product, "Restored.")
                self.record_all(request, products, "updated")
        except IntegrityError:
            text = "A product on the menu has the same sku. Change that one first."
            self.message_user(request, text, messages.ERROR)
        else:
            text = f"{len(products)} on the menu again."
            self.message_user(request, text, messages.SUCCESS)

    @action(description="Import and export")
    def menu_files(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:pos_product_import"))

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                "import/", self.admin_site.admin_view(self.import_view), name="pos_product_import"
            ),
            path("export/", self.admin_site.admin_view(export), name="pos_product_export"),
        ]
        return [*own, *super().get_urls()]

    def import_view(self, request: HttpRequest) -> HttpResponse:
        if "restaurant" not in request.GET and self._spans_restaurants(request):
            return self._choose_restaurant(request)
        return MenuFiles(self, request).answer()

    def lock(self, rows: QuerySet[Product]) -> list[Product]:
        """The menus of these products, then the products, in the order of their keys."""
        known = dict(rows.order_by().values_list("pk", "restaurant_id"))
        for restaurant_id in sorted(set(known.values())):
            lock_menu(restaurant_id)
        ids: list[UUID] = list(known)
        locked = Product.objects.select_for_update(of=("self",), no_key=True)
        return list(locked.filter(pk__in=ids).order_by("pk"))
