"""The base of every admin page: one restaurant's rows, the role's permissions, the house's log."""

from collections.abc import Iterable
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from django.contrib.admin import RelatedOnlyFieldListFilter
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin

from fynlo.accounts.admin.forms import OwnedForm, TenantForm
from fynlo.accounts.admin.owned import (
    TypedMoney,
    has_field,
    restaurant_id_of,
    restaurant_of_form,
)
from fynlo.accounts.admin_site import authority
from fynlo.accounts.choices import Permission
from fynlo.clock import utc_now
from fynlo.documents import Document
from fynlo.events.log import append_all


class TenantAdmin(TypedMoney, ModelAdmin):  # type: ignore[misc]
    """Rows of the restaurants that the signed-in person governs; for all others 404.

    `document` is what the event log shows of a row. `may_view` and `may_change` are the
    permissions of the role; without `may_change` the page is read-only.
    """

    document: ClassVar[Document]
    tenant_path: ClassVar[str] = "restaurant"
    may_view: ClassVar[Permission]
    may_change: ClassVar[Permission | None] = None
    form: type[OwnedForm] = TenantForm
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
    compressed_fields = True
    list_filter_submit = False
    warn_unsaved_form = True

    # Who may do what

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return authority(request).may(self.may_view, restaurant_id_of(obj) if obj else None)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if self.may_change is None:
            return False
        return authority(request).may(self.may_change, restaurant_id_of(obj) if obj else None)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is deleted in one blow: each page says how its rows go."""
        return False

    # What they see

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return authority(request).limit(super().get_queryset(request), path=self.tenant_path)

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """Locked when it is about to be written, so that no sale in between is overwritten."""
        found = super().get_object(request, object_id, from_field)
        if found is not None and request.method == "POST":
            self.lock_first(restaurant_id_of(found))
            rows = self.get_queryset(request).select_related(None).order_by()
            return rows.select_for_update(of=("self",), no_key=True).filter(pk=found.pk).first()
        return found

    def lock_first(self, restaurant_id: UUID) -> None:
        """Locks that come before those of the rows."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            self.lock_first(obj.restaurant_id)
        super().save_model(request, obj, form, change)

    def _get_obj_does_not_exist_redirect(self, *args: Any) -> HttpResponse:
        raise Http404

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Only what the page offers to filter by: no guessing at hidden columns."""
        first = lookup.split("__", maxsplit=1)[0]
        offered = {item if isinstance(item, str) else item[0] for item in self._filters(request)}
        offered |= {self.date_hierarchy, "restaurant"}
        if has_field(self.model, first) and first not in offered:
            return False
        return bool(super().lookup_allowed(lookup, value, request))

    def _filters(self, request: HttpRequest) -> list[Any]:
        return [f for f in self.get_list_filter(request) if isinstance(f, str | tuple)]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """Relations offer only what occurs in the rows seen; several restaurants, a choice."""
        filters = list(super().get_list_filter(request))
        if self._spans_restaurants(request) and has_field(self.model, "restaurant"):
            filters.insert(0, "restaurant")
        return [self._scoped(item) for item in filters]

    def _scoped(self, item: Any) -> Any:
        related = isinstance(item, str) and self.model._meta.get_field(item).is_relation
        return (item, RelatedOnlyFieldListFilter) if related else item

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        columns = list(super().get_list_display(request))
        if self._spans_restaurants(request) and has_field(self.model, "restaurant"):
            columns.append("restaurant")
        return columns

    def get_list_select_related(self, request: HttpRequest) -> Any:
        related = super().get_list_select_related(request)
        return (*related, "restaurant") if isinstance(related, tuple) else related

    def _spans_restaurants(self, request: HttpRequest) -> bool:
        known = authority(request)
        return known.everywhere or len(known.places) > 1

    # Forms

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Somebody who governs several restaurants first says which one it is for."""
        known = "restaurant" in request.GET or not has_field(self.model, "restaurant")
        if not known and self._spans_restaurants(request) and self.has_add_permission(request):
            return self._choose_restaurant(request)
        response: HttpResponse = super().add_view(request, form_url, extra_context)
        return response

    def _choose_restaurant(self, request: HttpRequest) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"Add {self.opts.verbose_name}",
            "opts": self.opts,
            "restaurants": authority(request).restaurants(),
            "query": [(k, v) for k, values in request.GET.lists() for v in values],
        }
        return TemplateResponse(request, "admin/choose_restaurant.html", context)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any
    ) -> Any:
        restaurant_id = self.restaurant_of(request, obj)
        options["formfield_callback"] = partial(
            self.formfield_for_dbfield, request=request, restaurant_id=restaurant_id
        )
        form = super().get_form(request, obj, change, **options)
        return type(form)(form.__name__, (form,), {"restaurant_id": restaurant_id})

    def restaurant_of(self, request: HttpRequest, obj: Any) -> UUID | None:
        """Whose form it is. Raises Http404."""
        return restaurant_of_form(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """The version that was opened travels with the form, out of sight."""
        fieldsets = [(name, dict(options)) for name, options in super().get_fieldsets(request, obj)]
        shown = [*fieldsets[0][1]["fields"]]
        if self.has_change_permission(request, obj) and "opened_version" not in shown:
            fieldsets[0][1]["fields"] = [*shown, "opened_version"]
        return fieldsets

    # Writes

    def save_related(
        self, request: HttpRequest, form: Any, formsets: list[Any], change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        if not change:
            self.record(request, form.instance, "created")
        elif form.has_changed() or any(formset.has_changed() for formset in formsets):
            self.bump(form.instance)
            self.record(request, form.instance, "updated")

    def bump(self, obj: Any, *changed: str) -> None:
        """The next version, and these columns. Call while holding the row's lock."""
        obj.version += 1
        obj.save(update_fields=["version", *changed])

    def record(self, request: HttpRequest, obj: Any, happened: str) -> None:
        """The event of a write, in its transaction; caches learn of it too."""
        self.record_all(request, [obj], happened)

    def record_all(self, request: HttpRequest, rows: Iterable[Any], happened: str) -> None:
        """Call when all locks are held."""
        owners: dict[UUID, list[UUID]] = {}
        for row in rows:
            owners.setdefault(restaurant_id_of(row), []).append(row.pk)
        for restaurant_id in sorted(owners):
            self.changed(restaurant_id)
            append_all(
                kind=f"{self.document.name}.{happened}",
                document=self.document,
                entity_ids=owners[restaurant_id],
                by=authority(request).actor(restaurant_id),
                now=utc_now(),
            )

    def changed(self, restaurant_id: UUID) -> None:
        """Which caches a write of these rows empties."""


class ReadOnlyAdmin(TenantAdmin):
    """Something that is only looked at here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
