from typing import Any, ClassVar

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from fynlo.accounts.admin.base import ReadOnlyAdmin
from fynlo.accounts.admin.display import badge, display
from fynlo.accounts.choices import Permission
from pos.choices import ImportState
from pos.models import MenuImport

COLOURS = {
    ImportState.QUEUED: "default",
    ImportState.RUNNING: "info",
    ImportState.DONE: "success",
    ImportState.FAILED: "danger",
}


@admin.register(MenuImport)
class MenuImportAdmin(ReadOnlyAdmin):
    """Large menu files that came in by the API, and how far they are."""

    may_view = Permission.EDIT_MENU
    list_display = ("requested_at", "state_badge", "rows", "created", "updated", "unchanged")
    list_filter = ("state",)
    date_hierarchy = "requested_at"
    ordering = ("-requested_at", "pk")
    readonly_fields = ("state_badge", "found")
    fieldsets: ClassVar[Any] = (
        (
            None,
            {
                "fields": (
                    ("requested_at", "finished_at", "state_badge"),
                    ("dry_run", "rows", "progress"),
                    ("created", "updated", "unchanged"),
                    "found",
                )
            },
        ),
    )

    @display(description="State", ordering="state")
    def state_badge(self, menu_import: MenuImport) -> str:
        label = menu_import.get_state_display()
        if menu_import.state == ImportState.RUNNING:
            label = f"{label}, {menu_import.progress} %"
        return badge(label, COLOURS[ImportState(menu_import.state)])

    @display(description="What is wrong")
    def found(self, menu_import: MenuImport) -> SafeString | str:
        rows = (
            (row.get("file", ""), row.get("line", ""), row.get("detail", ""))
            for row in menu_import.problems
        )
        return format_html_join("", "<div>{}, line {}: {}</div>", rows) or "Nothing"
