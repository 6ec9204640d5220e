"""Where events are sent to, and what came of it. Secrets are shown by the API, once, and never
here."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timezone import localtime

from fynlo.accounts.admin.base import ReadOnlyAdmin
from fynlo.accounts.admin.display import action, badge, display
from fynlo.accounts.admin.inlines import ReadOnlyInline
from fynlo.accounts.admin_site import authority
from fynlo.accounts.choices import Permission
from fynlo.clock import utc_now
from fynlo.db import durable
from fynlo.errors import DomainError
from syncing.choices import DeliveryStatus, Stopped
from syncing.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from syncing.services.webhook_deliveries import ping, redeliver
from syncing.services.webhook_endpoints import change_endpoint

COLOURS = {
    DeliveryStatus.PENDING: "info",
    DeliveryStatus.DELIVERED: "success",
    DeliveryStatus.FAILED: "danger",
}


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    """Made and changed by the API, which shows the secret to whoever needs it."""

    may_view = Permission.VIEW_WEBHOOKS
    list_display = ("url", "description", "state", "asked_for", "created_at")
    list_filter = ("is_active",)
    search_fields = ("url", "description")
    ordering = ("-created_at", "-pk")
    readonly_fields = ("state", "asked_for", "log")
    fields: ClassVar[Any] = (
        ("url", "description"),
        ("state", "stopped_at"),
        ("asked_for", "log"),
        ("created_at",),
    )
    actions = ("send_ping", "activate", "pause")

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEndpoint]:
        return super().get_queryset(request).filter(archived_at=None)

    @display(description="State", ordering="is_active")
    def state(self, endpoint: WebhookEndpoint) -> str:
        since = endpoint.failing_since
        if endpoint.is_active and since:
            return badge(f"Fails since {localtime(since):%d %b %H:%M}", "warning")
        if endpoint.is_active:
            return badge("Active", "success")
        if endpoint.stopped_because:
            return badge(f"Stopped: {Stopped(endpoint.stopped_because).label}", "danger")
        return badge("Paused", "default")

    @display(description="Events")
    def asked_for(self, endpoint: WebhookEndpoint) -> str:
        return ", ".join(endpoint.kinds or endpoint.streams) or "All"

    @display(description="Deliveries")
    def log(self, endpoint: WebhookEndpoint) -> str:
        page = reverse("admin:syncing_webhookdelivery_changelist")
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500 underline" '
            'href="{}?endpoint__id__exact={}">Look at what was sent</a>',
            page,
            endpoint.pk,
        )

    def has_manage_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return authority(request).may(Permission.MANAGE_WEBHOOKS)

    @action(description="Send a ping", permissions=["manage"])
    def send_ping(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        with durable():
            for row in self._managed(request, queryset):
                by = authority(request).actor(row.restaurant_id)
                ping(by=by, now=utc_now(), pk=row.pk)
        self.message_user(request, "A ping is on its way.", messages.SUCCESS)

    @action(description="Activate: go on where it stopped", permissions=["manage"])
    def activate(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        self._set_active(request, queryset.filter(is_active=False), is_active=True)

    @action(description="Pause: send nothing for now", permissions=["manage"])
    def pause(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        self._set_active(request, queryset.filter(is_active=True), is_active=False)

    def _set_active(
        self, request: HttpRequest, rows: QuerySet[WebhookEndpoint], *, is_active: bool
    ) -> None:
        with durable():
            for row in self._managed(request, rows):
                by = authority(request).actor(row.restaurant_id)
                change_endpoint(
                    by=by, now=utc_now(), pk=row.pk, expected_version=None, is_active=is_active
                )
                self.log_change(request, row, "Activated." if is_active else "Paused.")
        self.message_user(request, "Activated." if is_active else "Paused.", messages.SUCCESS)

    def _managed(self, request: HttpRequest, rows: QuerySet[Any]) -> list[Any]:
        """Of those that are seen, those that may be managed."""
        may = authority(request).may
        found = rows.order_by("restaurant_id", "pk")
        return [row for row in found if may(Permission.MANAGE_WEBHOOKS, row.restaurant_id)]


class AttemptInline(ReadOnlyInline):
    model = WebhookAttempt
    fields = ("number", "tried_at", "came", "took", "response")
    readonly_fields = fields
    ordering = ("-number",)

    @display(description="Answer")
    def came(self, attempt: WebhookAttempt) -> str:
        if attempt.latency_ms is None:
            return "Not known yet"
        return attempt.error or str(attempt.response_status)

    @display(description="Took")
    def took(self, attempt: WebhookAttempt) -> str:
        return "–" if attempt.latency_ms is None else f"{attempt.latency_ms} ms"


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """What was sent, and what was answered, for 30 days."""

    may_view = Permission.VIEW_WEBHOOKS
    list_display = ("kind", "state", "endpoint", "answered", "tries", "created_at")
    list_filter = ("status", "endpoint")
    list_select_related = ("endpoint",)
    search_fields = ("kind", "endpoint__url")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-pk")
    readonly_fields = ("event", "state", "sent", "answered", "latency")
    fields: ClassVar[Any] = (
        ("kind", "event"),
        "endpoint",
        ("state", "sent"),
        ("created_at", "ended_at"),
        ("answered", "latency"),
        "response",
    )
    inlines = (AttemptInline,)
    actions = ("send_again",)

    @display(description="State", ordering="status")
    def state(self, delivery: WebhookDelivery) -> str:
        status = DeliveryStatus(delivery.status)
        return badge(status.label, COLOURS[status])

    @display(description="Answer", ordering="response_status")
    def answered(self, delivery: WebhookDelivery) -> str:
        return delivery.error or str(delivery.response_status or "–")

    @display(description="Event")
    def event(self, delivery: WebhookDelivery) -> str:
        return "–" if delivery.seq is None else f"#{delivery.seq}"

    @display(description="Sent")
    def sent(self, delivery: WebhookDelivery) -> str:
        times = f"{delivery.tries} ×"
        if delivery.status != DeliveryStatus.PENDING:
            return f"{times}, by hand" if delivery.is_by_hand else times
        return f"{times}, again at {localtime(delivery.try_at):%H:%M}"

    @display(description="Took")
    def latency(self, delivery: WebhookDelivery) -> str:
        return "–" if delivery.latency_ms is None else f"{delivery.latency_ms} ms"

    def has_manage_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return authority(request).may(Permission.MANAGE_WEBHOOKS)

    @action(description="Send again", permissions=["manage"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> None:
        """Each by itself: what is under way stays as it is."""
        may, sent, left = authority(request).may, 0, 0
        for row in queryset.order_by("restaurant_id", "endpoint_id", "created_at", "pk"):
            if not may(Permission.MANAGE_WEBHOOKS, row.restaurant_id):
                continue
            try:
                with durable():
                    by = authority(request).actor(row.restaurant_id)
                    redeliver(by=by, now=utc_now(), pk=row.pk)
                sent += 1
            except DomainError:
                left += 1
        if sent:
            self.message_user(request, f"Sent again: {sent}.", messages.SUCCESS)
        if left:
            words = f"Not sent again: {left}. They are being sent, or are no longer in the log."
            self.message_user(request, words, messages.WARNING)
