from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.enums import ActionVariant

from fynlo.accounts.admin.base import ReadOnlyAdmin
from fynlo.accounts.admin.display import action, badge, display
from fynlo.accounts.admin_site import authority
from fynlo.accounts.choices import Permission
from fynlo.accounts.models import Device, Session
from fynlo.accounts.services.devices import revoke_device
from fynlo.accounts.services.sessions import end_sessions
from fynlo.clock import utc_now
from fynlo.db import durable


@admin.register(Device)
class DeviceAdmin(ReadOnlyAdmin):
    may_view = Permission.MANAGE_DEVICES
    list_display = ("name", "kind", "model", "app_version", "last_seen_at", "queue_depth", "state")
    list_filter = ("kind",)
    search_fields = ("name", "model")
    ordering = ("name", "pk")
    fields = (
        ("name", "kind"),
        ("model", "app_version"),
        ("paired_at", "last_seen_at", "revoked_at"),
        ("queue_depth", "clock_skew_ms"),
    )
    actions = ("revoke",)

    @display(description="State")
    def state(self, device: Device) -> str:
        return badge("Revoked", "danger") if device.revoked_at else badge("Paired", "success")

    def has_revoke_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return authority(request).may(Permission.MANAGE_DEVICES)

    @action(
        description="Revoke: end their sessions, refuse their token",
        permissions=["revoke"],
        variant=ActionVariant.DANGER,
    )
    def revoke(self, request: HttpRequest, queryset: QuerySet[Device]) -> None:
        with durable():
            for device in queryset.filter(revoked_at=None).order_by("pk"):
                by = authority(request).actor(device.restaurant_id)
                revoke_device(by=by, now=utc_now(), pk=device.pk)
                self.log_change(request, device, "Revoked.")
        self.message_user(request, "Revoked.", messages.SUCCESS)


class LiveFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "live"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Signed in now"), ("no", "Ended")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        live = Session.objects.live(utc_now()).values("pk")
        if self.value() == "yes":
            return queryset.filter(pk__in=live)
        return queryset.exclude(pk__in=live) if self.value() == "no" else queryset


@admin.register(Session)
class SessionAdmin(ReadOnlyAdmin):
    may_view = Permission.VIEW_STAFF
    list_display = ("person", "device", "address", "started_at", "expires_at", "state")
    list_filter = (LiveFilter,)
    list_select_related = ("user", "device")
    search_fields = ("user__name", "device__name")
    ordering = ("-started_at", "pk")
    date_hierarchy = "started_at"
    fields = (
        ("person", "device"),
        ("address", "user_agent"),
        ("started_at", "expires_at", "revoked_at"),
    )
    readonly_fields = ("person",)
    actions = ("end",)

    @display(description="Name", ordering="user__name")
    def person(self, session: Session) -> str:
        return str(session.user)

    @display(description="State")
    def state(self, session: Session) -> str:
        live = session.revoked_at is None and session.expires_at > utc_now()
        return badge("Signed in", "success") if live else badge("Ended", "default")

    def has_end_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return authority(request).may(Permission.MANAGE_SESSIONS)

    @action(description="End: sign them out at once", permissions=["end"])
    def end(self, request: HttpRequest, queryset: QuerySet[Session]) -> None:
        now: datetime = utc_now()
        with durable():
            for restaurant_id, ids in _by_restaurant(queryset).items():
                rows = Session.objects.for_restaurant(restaurant_id).filter(pk__in=ids)
                end_sessions(sessions=rows, by=authority(request).actor(restaurant_id), now=now)
        self.message_user(request, "Signed out.", messages.SUCCESS)


def _by_restaurant(rows: QuerySet[Session]) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = {}
    for restaurant_id, pk in rows.order_by("restaurant_id", "pk").values_list(
        "restaurant_id", "pk"
    ):
        found.setdefault(restaurant_id, []).append(pk)
    return found
