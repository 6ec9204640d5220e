"""Shifts of the rota, one at a time. What staff see changes when their week is published."""

from datetime import datetime, time, timedelta
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import SimpleTemplateResponse
from django.urls import path
from django.utils import timezone
from unfold.admin import ModelAdmin

from employees.admin.rota import RotaWeek, day_asked_for, home_of
from employees.documents import SHIFT
from employees.models import Shift
from employees.selectors.staff import staff
from employees.services.rota import cancel_shift, check_length
from fynlo.accounts.admin.base import TenantAdmin
from fynlo.accounts.admin.display import action, badge, display
from fynlo.accounts.admin.forms import TenantForm
from fynlo.accounts.admin.owned import restaurant_of_form
from fynlo.accounts.admin_site import authority
from fynlo.accounts.choices import Permission
from fynlo.accounts.selectors import restaurant_profile
from fynlo.clock import utc_now
from fynlo.errors import DomainError

NOON, LENGTH, TOMORROW = time(12), timedelta(hours=8), timedelta(days=1)


class ShiftForm(TenantForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        starts_at, ends_at = cleaned.get("starts_at"), cleaned.get("ends_at")
        if starts_at and ends_at:
            try:
                check_length(starts_at, ends_at)
            except DomainError as error:
                self.add_error("ends_at", error.detail)
        return cleaned


@admin.register(Shift)
class ShiftAdmin(TenantAdmin):
    """The draft. What is published of it stays until it is published again."""

    document = SHIFT
    may_view = Permission.VIEW_STAFF
    may_change = Permission.MANAGE_TIME
    form = ShiftForm
    list_display = ("who", "job_title", "starts_at", "ends_at", "state")
    list_filter = ("member",)
    list_select_related = ("member__user",)
    search_fields = ("member__user__name", "job_title")
    date_hierarchy = "starts_at"
    ordering = ("-starts_at", "pk")
    actions_list = ("week",)
    fieldsets: ClassVar[Any] = (
        (None, {"fields": (("member", "job_title"), "starts_at", "ends_at", "note")}),
    )

    @display(description="Who", ordering="member__user__name")
    def who(self, shift: Shift) -> str:
        return str(shift.member.user) if shift.member else "Nobody yet"

    @display(description="State")
    def state(self, shift: Shift) -> str:
        if shift.is_cancelled:
            return badge("Cancelled", "danger")
        return (
            badge("Published", "success")
            if shift.is_published_as_it_is
            else badge("Draft", "warning")
        )

    @action(description="Week by week")
    def week(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(home_of())

    # The form

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_cancelled = obj is not None and obj.is_cancelled
        return not is_cancelled and super().has_change_permission(request, obj)

    def formfield_for_dbfield(
        self, db_field: "models.Field[Any, Any]", request: HttpRequest, **options: Any
    ) -> Any:
        if db_field.name == "member":
            options |= {"required": False, "empty_label": "Nobody yet"}
        return super().formfield_for_dbfield(db_field, request, **options)

    def choices_for(
        self, db_field: "models.ForeignKey[Any, Any]", restaurant_id: UUID
    ) -> QuerySet[Any]:
        """Who works here now."""
        rows = staff(restaurant_id, is_active=True).select_related("user")
        return rows.order_by("user__name", "pk")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """`?member=` and `?day=`, as the rota links to it."""
        day = day_asked_for(request, "day") or timezone.localdate() + TOMORROW
        starts_at = timezone.make_aware(datetime.combine(day, NOON))
        times = {"starts_at": starts_at, "ends_at": starts_at + LENGTH}
        return {"member": request.GET.get("member"), **times}

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> Any:
        """In the restaurant's own time, as the rota is, whatever else the person governs."""
        shift = ModelAdmin.get_object(self, request, object_id) if object_id else None
        if object_id and shift is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        house = restaurant_profile(restaurant_of_form(request, shift))
        with timezone.override(ZoneInfo(house.time_zone)):
            response = super().changeform_view(request, object_id, form_url, extra_context)
            if isinstance(response, SimpleTemplateResponse):
                response.render()
            return response

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:
        return HttpResponseRedirect(home_of(obj))

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:
        return HttpResponseRedirect(home_of(obj))

    # Cancelling: a draft is gone at once, a published shift when that is published

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Nothing goes with it, and nothing is in the way: the row stays."""
        return [str(shift) for shift in objs], {}, set(), []

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        by = authority(request).actor(obj.restaurant_id)
        cancel_shift(by=by, now=utc_now(), pk=obj.pk, expected_version=None)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for shift in queryset.filter(is_cancelled=False).order_by("pk"):
            self.delete_model(request, shift)

    # The week

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.rota)
        return [path("rota/", view, name="employees_rota"), *super().get_urls()]

    def rota(self, request: HttpRequest) -> HttpResponse:
        return RotaWeek(self, request).answer()
