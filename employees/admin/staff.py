from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextInputWidget

from employees.choices import WorkState
from employees.models import Break, TimeEntry
from employees.services.staff import change_staff
from fynlo.accounts.admin.display import badge, display, money_column
from fynlo.accounts.admin.memberships import MembershipAdmin
from fynlo.accounts.admin_site import authority
from fynlo.accounts.choices import Role
from fynlo.accounts.models import Membership
from fynlo.clock import utc_now

COLOURS = {
    WorkState.OUT: "default",
    WorkState.WORKING: "success",
    WorkState.ON_BREAK: "warning",
}
TERMS = ("job_title", "hourly_wage", "contract_minutes")
CHANGED_HERE = ("role", "employee_code", "is_active", *TERMS)
WEEK_MINUTES = 7 * 24 * 60


class WeekHoursField(forms.Field):
    """`37.5` in the form, 2,250 minutes in Python."""

    widget = UnfoldAdminTextInputWidget({"inputmode": "decimal"})

    def to_python(self, value: Any) -> int:
        try:
            minutes = Decimal(str(value or 0)[:20]) * 60
        except InvalidOperation as error:
            raise ValidationError("Type hours such as 37.5.") from error
        if not (minutes.is_finite() and 0 <= minutes <= WEEK_MINUTES):
            raise ValidationError("A week has 0 to 168 hours.")
        return round(minutes)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int):
            return f"{round(Decimal(value) / 60, 2).normalize():f}"
        return value


admin.site.unregister(Membership)


@admin.register(Membership)
class StaffAdmin(MembershipAdmin):
    """With who is at work, and the terms. A new wage counts from the next clock-in."""

    money = ("hourly_wage",)
    wage = money_column("hourly_wage", "Wage an hour")
    list_display: ClassVar[tuple[str, ...]] = (
        *MembershipAdmin.list_display,
        "job_title",
        "wage",
        "work_state",
    )
    fieldsets: ClassVar[Any] = (*MembershipAdmin.fieldsets, ("Terms", {"fields": TERMS}))
    add_fieldsets: ClassVar[Any] = (*MembershipAdmin.add_fieldsets, ("Terms", {"fields": TERMS}))

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

    def formfield_for_dbfield(
        self, db_field: "models.Field[Any, Any]", request: HttpRequest, **options: Any
    ) -> Any:
        if db_field.name == "contract_minutes":
            return WeekHoursField(label="Contract, hours a week", required=False)
        return super().formfield_for_dbfield(db_field, request, **options)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Nobody sets their own wage, but for owners."""
        shown = super().get_readonly_fields(request, obj)
        place = authority(request).places.get(obj.restaurant_id) if obj else None
        is_own = place is not None and place.membership_id == obj.pk and place.role != Role.OWNER
        return (*shown, *TERMS) if is_own else shown

    def _change(self, request: HttpRequest, obj: Membership, values: dict[str, Any]) -> None:
        stored = Membership.objects.filter(pk=obj.pk).values(*CHANGED_HERE).get()
        changes: Any = {
            name: values[name]
            for name in CHANGED_HERE
            if name in values and values[name] != stored[name]
        }
        if changes:
            by = authority(request).actor(obj.restaurant_id)
            change_staff(by=by, now=utc_now(), pk=obj.pk, expected_version=None, **changes)
        obj.refresh_from_db()
