"""Pages of what is archived when it is deleted."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest

from fynlo.accounts.admin.base import TenantAdmin
from fynlo.accounts.admin.display import action
from fynlo.accounts.admin_site import authority
from fynlo.clock import utc_now
from fynlo.db import durable
from fynlo.errors import DomainError


class ArchivableAdmin(TenantAdmin):
    """`delete` is the service that takes a row away, unless something still needs it."""

    delete: ClassVar[Callable[..., str]]
    actions: Sequence[str] = ("take_away",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(archived_at=None)

    @action(description="Delete", permissions=["change"])
    def take_away(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        done = 0
        for row in queryset.order_by("pk"):
            by = authority(request).actor(row.restaurant_id)
            try:
                with durable():
                    type(self).delete(by=by, now=utc_now(), pk=row.pk, expected_version=None)
                    self.log_change(request, row, "Deleted.")
            except DomainError as error:
                self.message_user(request, f"{row}: {error.detail}", messages.ERROR)
            else:
                done += 1
        if done:
            self.message_user(request, f"{done} deleted.", messages.SUCCESS)
