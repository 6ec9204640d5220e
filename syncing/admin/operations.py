"""What tills pushed, what became of it, and the desk where somebody decides about the rest."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Case, IntegerField, When
from django.http import HttpRequest, HttpResponse

from employees.choices import Flag
from fynlo.accounts.admin.base import ReadOnlyAdmin
from fynlo.accounts.admin.display import action, badge, display
from fynlo.accounts.admin_site import authority
from fynlo.accounts.choices import Permission
from pos.admin.late import LateFilter
from pos.choices import LateFlag
from syncing.admin.desk import desk_page
from syncing.admin.sides import in_words, sides
from syncing.choices import Verdict
from syncing.models import SyncOperation

COLOURS = {
    Verdict.APPLIED: "success",
    Verdict.MERGED: "success",
    Verdict.REJECTED: "default",
    Verdict.CONFLICT: "warning",
    Verdict.QUARANTINED: "danger",
}
_WAITS = When(verdict__in=[Verdict.QUARANTINED, Verdict.CONFLICT], then=0)
WAITS_FIRST = Case(_WAITS, default=1, output_field=IntegerField()).asc()
_LABELS = dict(LateFlag.choices) | dict(Flag.choices)


@admin.register(SyncOperation)
class SyncOperationAdmin(ReadOnlyAdmin):
    """What waits for somebody comes first."""

    may_view = Permission.MANAGE_DEVICES
    list_display = (
        "what",
        "state",
        "why",
        "device",
        "who",
        "occurred_at",
        "received_at",
    )
    list_filter = ("verdict", LateFilter, "device")
    list_select_related = ("device", "actor__user")
    search_fields = ("=op_id", "=entity_id", "=code")
    search_help_text = "Id of the operation or of what it is about, or a code."
    date_hierarchy = "received_at"
    ordering = (WAITS_FIRST, "-received_at", "-pk")
    actions_detail = ("decide",)
    change_form_outer_after_template = "admin/syncing/three_way.html"
    readonly_fields = ("what", "state", "why", "who", "flags_shown")
    fieldsets: ClassVar[Any] = (
        (
            None,
            {
                "fields": (
                    ("what", "state", "why"),
                    ("device", "who", "device_seq"),
                    ("occurred_at", "received_at", "group"),
                    ("tries", "next_try_at", "flags_shown"),
                    ("settled_by", "settled_at", "reason"),
                )
            },
        ),
    )

    @display(description="What")
    def what(self, row: SyncOperation) -> str:
        return in_words(row)

    @display(description="Became", ordering="verdict")
    def state(self, row: SyncOperation) -> str:
        verdict = Verdict(row.verdict)
        return badge(verdict.label, COLOURS[verdict])

    @display(description="Why")
    def why(self, row: SyncOperation) -> str:
        return row.reason or row.detail or "–"

    @display(description="Who", ordering="actor__user__name")
    def who(self, row: SyncOperation) -> str:
        return str(row.actor.user)

    @display(description="To look at")
    def flags_shown(self, row: SyncOperation) -> str:
        return "; ".join(_LABELS.get(name, name) for name in row.flags) or "–"

    def has_decide_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """In any restaurant: the page itself asks about that of the operation."""
        return authority(request).may(Permission.MANAGE_DEVICES)

    @action(description="Decide …", permissions=["decide"], url_path="desk")
    def decide(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return desk_page(self, request, object_id)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        context = {**(extra_context or {}), **(sides(row) if row else {})}
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response
