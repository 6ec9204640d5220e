from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from fynlo.accounts.admin.base import ReadOnlyAdmin
from fynlo.accounts.admin.display import action, badge, display
from fynlo.accounts.choices import Permission
from syncing.admin.sides import in_words, sides
from syncing.models import Conflict


@admin.register(Conflict)
class ConflictAdmin(ReadOnlyAdmin):
    """What two have changed at once. It is decided at the operation's desk."""

    may_view = Permission.MANAGE_DEVICES
    list_display = ("what", "contested", "state", "device", "found_at", "resolved_by")
    list_filter = ("choice",)
    list_select_related = ("operation__device", "resolved_by__user")
    ordering = ("choice", "-found_at", "-pk")
    date_hierarchy = "found_at"
    actions_detail = ("decide",)
    change_form_outer_after_template = "admin/syncing/three_way.html"
    readonly_fields = ("what", "contested", "state", "device")
    fields = (("what", "contested", "state"), ("device", "found_at", "resolved_by", "resolved_at"))

    @display(description="What")
    def what(self, conflict: Conflict) -> str:
        return in_words(conflict.operation)

    @display(description="Both changed")
    def contested(self, conflict: Conflict) -> str:
        return ", ".join(name.replace("_", " ") for name in conflict.fields) or "–"

    @display(description="Decided", ordering="choice")
    def state(self, conflict: Conflict) -> str:
        if not conflict.choice:
            return badge("Waits for a decision", "warning")
        return badge(conflict.get_choice_display(), "success")

    @display(description="Device")
    def device(self, conflict: Conflict) -> str:
        return str(conflict.operation.device or "–")

    def has_decide_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return self.has_view_permission(request)

    @action(description="Decide …", permissions=["decide"], url_path="desk")
    def decide(self, request: HttpRequest, object_id: str) -> HttpResponse:
        conflict = self.get_object(request, object_id)
        if conflict is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        desk = reverse("admin:syncing_syncoperation_decide", args=[conflict.operation_id])
        return HttpResponseRedirect(desk)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        found = self.get_object(request, object_id)
        context = {**(extra_context or {}), **(sides(found.operation) if found else {})}
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response
