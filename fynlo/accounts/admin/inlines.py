"""Rows inside a page."""

from functools import partial
from typing import Any

from django.http import HttpRequest
from unfold.admin import TabularInline

from fynlo.accounts.admin.owned import TypedMoney, restaurant_of_form


class TenantInline(TypedMoney, TabularInline):  # type: ignore[misc]
    """Rows that belong to the page's row; who may change that may change these."""

    extra = 0
    hide_title = True

    def _parent(self, request: HttpRequest, obj: Any) -> bool:
        parent = self.admin_site._registry[self.parent_model]
        return bool(parent.has_change_permission(request, obj))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        parent = self.admin_site._registry[self.parent_model]
        return bool(parent.has_view_permission(request, obj))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._parent(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._parent(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._parent(request, obj)

    def get_formset(self, request: HttpRequest, obj: Any = None, **options: Any) -> Any:
        options["formfield_callback"] = partial(
            self.formfield_for_dbfield,
            request=request,
            restaurant_id=restaurant_of_form(request, obj),
        )
        return super().get_formset(request, obj, **options)


class ReadOnlyInline(TenantInline):
    can_delete = False

    def _parent(self, request: HttpRequest, obj: Any) -> bool:
        return False
