from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from employees.choices import WorkState
from employees.models import Break, TimeEntry
from fynlo.accounts.admin.display import badge, display
from fynlo.accounts.admin.memberships import MembershipAdmin
from fynlo.accounts.models import Membership

COLOURS = {
    WorkState.OUT: "default",
    WorkState.WORKING: "success",
    WorkState.ON_BREAK: "warning",
}

admin.site.unregister(Membership)


@admin.register(Membership)
class StaffAdmin(MembershipAdmin):
    """With who is at work."""

    list_display: ClassVar[tuple[str, ...]] = (*MembershipAdmin.list_display, "work_state")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        open_entries = TimeEntry.objects.filter(member=OuterRef("pk"), ended_at=None)
        open_breaks = Break.objects.filter(
            entry__member=OuterRef("pk"), entry__ended_at=None, ended_at=None
        )
        rows: QuerySet[Any] = super().get_queryset(request)
        with_state: QuerySet[Any] = rows.annotate(
            is_in=Exists(open_entries), is_on_break=Exists(open_breaks)
        )
        return with_state

    @display(description="Now")
    def work_state(self, member: Any) -> str:
        state = WorkState.WORKING if member.is_in else WorkState.OUT
        state = WorkState.ON_BREAK if member.is_on_break else state
        return badge(state.label, COLOURS[state])
