from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from employees.admin.evidence import risk_badge, signs
from employees.choices import AdjustmentState, Flag
from employees.errors import OwnAdjustment
from employees.models import Adjustment, Break, ClockAttempt, TimeEntry
from employees.services.adjustments import approve_adjustment
from fynlo.accounts.admin.base import ReadOnlyAdmin
from fynlo.accounts.admin.display import action, badge, display, money_column
from fynlo.accounts.admin.inlines import ReadOnlyInline
from fynlo.accounts.admin_site import authority
from fynlo.accounts.choices import Permission
from fynlo.clock import utc_now
from fynlo.db import durable
from fynlo.errors import DomainError


class BreakInline(ReadOnlyInline):
    model = Break
    fk_name = "entry"
    fields = ("name", "started_at", "ended_at", "is_paid", "replaced_by")
    readonly_fields = fields
    ordering = ("started_at", "pk")


class AttemptInline(ReadOnlyInline):
    model = ClockAttempt
    verbose_name_plural = "Evidence"
    fields = ("punch", "occurred_at", "attempted_at", "device", "address", "risk_shown",
              "signs_shown")  # fmt: skip
    readonly_fields = fields
    ordering = ("attempted_at", "pk")

    @display(description="Risk")
    def risk_shown(self, attempt: ClockAttempt) -> str:
        return risk_badge(attempt.risk)

    @display(description="Signs")
    def signs_shown(self, attempt: ClockAttempt) -> SafeString | str:
        return signs(attempt.signals)


class AdjustmentInline(ReadOnlyInline):
    model = Adjustment
    fields = ("proposed_started_at", "proposed_ended_at", "reason", "requested_by", "state",
              "decided_by", "note", "is_correction")  # fmt: skip
    readonly_fields = fields
    ordering = ("requested_at", "pk")


class ReviewFilter(admin.SimpleListFilter):
    title = "review"
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        named = [(flag.value, flag.label) for flag in Flag]
        return [("waiting", "Adjustment waiting"), ("open", "At work now"), *named]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "waiting":
            return queryset.filter(adjustments__state=AdjustmentState.PENDING).distinct()
        if self.value() == "open":
            return queryset.filter(ended_at=None)
        known = self.value() in Flag.values
        return queryset.filter(flags__contains=[self.value()]) if known else queryset


@admin.register(TimeEntry)
class TimeEntryAdmin(ReadOnlyAdmin):
    """Hours to look at before they are paid. They are put right by adjustments, in the API."""

    may_view = Permission.VIEW_STAFF
    list_display = ("who", "job_title", "started_at", "ended_at", "length", "flags_shown")
    list_filter = (ReviewFilter,)
    list_select_related = ("member__user",)
    search_fields = ("member__user__name", "member__employee_code")
    date_hierarchy = "started_at"
    ordering = ("-started_at", "pk")
    inlines = (BreakInline, AttemptInline, AdjustmentInline)
    actions = ("approve_waiting",)
    wage = money_column("hourly_wage", "Wage an hour")
    readonly_fields = ("who", "wage", "length", "flags_shown")
    fieldsets: ClassVar[Any] = (
        (None, {"fields": (("who", "job_title", "wage"), ("started_at", "ended_at", "length"),
                           ("clocked_in_at", "clocked_out_at"), "flags_shown")}),
    )  # fmt: skip

    @display(description="Who", ordering="member__user__name")
    def who(self, entry: TimeEntry) -> str:
        return str(entry.member.user)

    @display(description="Hours")
    def length(self, entry: TimeEntry) -> str:
        if entry.ended_at is None:
            return badge("At work", "success")
        minutes = (entry.ended_at - entry.started_at) // timedelta(minutes=1)
        return "{}:{:02}".format(*divmod(minutes, 60))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        waiting = Adjustment.objects.filter(entry=OuterRef("pk"), state=AdjustmentState.PENDING)
        rows: QuerySet[Any] = super().get_queryset(request)
        marked: QuerySet[Any] = rows.annotate(is_waiting=Exists(waiting))
        return marked

    @display(description="To look at")
    def flags_shown(self, entry: Any) -> SafeString | str:
        labels = [Flag(name).label for name in entry.flags if name in Flag.values]
        waiting = [badge("Adjustment waiting", "warning")] if entry.is_waiting else []
        rows = format_html_join("", "<div>{}</div>", ((text,) for text in [*waiting, *labels]))
        return rows or "–"

    def has_approve_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return authority(request).may(Permission.MANAGE_TIME)

    @action(description="Approve the adjustments that wait", permissions=["approve"])
    def approve_waiting(self, request: HttpRequest, queryset: QuerySet[TimeEntry]) -> None:
        waiting = Adjustment.objects.filter(
            entry__in=queryset, state=AdjustmentState.PENDING
        ).select_related("entry")
        done = 0
        for adjustment in waiting.order_by("requested_at", "pk"):
            done += self._approve(request, adjustment)
        if done:
            self.message_user(request, f"{done} approved.", messages.SUCCESS)

    def _approve(self, request: HttpRequest, adjustment: Adjustment) -> bool:
        by = authority(request).actor(adjustment.restaurant_id)
        try:
            if not by.membership_id:
                raise OwnAdjustment("Only somebody who works there approves hours.")
            with durable():
                approve_adjustment(by=by, now=utc_now(), pk=adjustment.pk)
                self.log_change(request, adjustment.entry, "Adjustment approved.")
        except DomainError as error:
            self.message_user(request, f"{adjustment}: {error.detail}", messages.ERROR)
            return False
        return True
