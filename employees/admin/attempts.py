from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from employees.admin.evidence import risk_badge, signs
from employees.models import ClockAttempt
from fynlo.accounts.admin.base import ReadOnlyAdmin
from fynlo.accounts.admin.display import display
from fynlo.accounts.choices import Permission


class RiskFilter(admin.SimpleListFilter):
    title = "risk"
    parameter_name = "min_risk"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", "Any sign"), ("40", "40 and more"), ("refused", "Refused")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "refused":
            return queryset.exclude(refusal="")
        return queryset.filter(risk__gte=self.value()) if self.value() in ("1", "40") else queryset


@admin.register(ClockAttempt)
class ClockAttemptAdmin(ReadOnlyAdmin):
    """Every try at the clock, accepted or not."""

    may_view = Permission.MANAGE_TIME
    list_display = (
        "attempted_at",
        "who",
        "punch",
        "device",
        "risk_shown",
        "signs_shown",
        "refusal",
    )
    list_filter = (RiskFilter, "punch")
    list_select_related = ("member__user", "device")
    ordering = ("-attempted_at", "pk")
    readonly_fields = ("who", "risk_shown", "signs_shown")
    fieldsets: ClassVar[Any] = (
        (None, {"fields": (("who", "punch", "refusal"), ("attempted_at", "occurred_at"))}),
        ("Evidence", {"fields": (
            ("risk_shown", "signs_shown"), ("device", "address"), ("distance_m", "accuracy_m"),
        )}),
    )  # fmt: skip

    @display(description="Who")
    def who(self, attempt: ClockAttempt) -> str:
        return str(attempt.member.user) if attempt.member else attempt.employee_code or "–"

    @display(description="Risk", ordering="risk")
    def risk_shown(self, attempt: ClockAttempt) -> str:
        return risk_badge(attempt.risk)

    @display(description="Signs")
    def signs_shown(self, attempt: ClockAttempt) -> SafeString | str:
        return signs(attempt.signals)
