from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest

from fynlo.accounts.admin.base import TenantAdmin
from fynlo.accounts.admin_site import authority
from fynlo.accounts.choices import Permission, Role
from fynlo.accounts.documents import RESTAURANT
from fynlo.accounts.selectors import RESTAURANTS, sessions_of
from fynlo.accounts.services.sessions import end_sessions
from fynlo.cache.forgetting import forget_after_commit
from fynlo.clock import utc_now

PLATFORM_ONLY = ("currency", "country", "time_zone", "is_active")


class RestaurantAdmin(TenantAdmin):
    """Owners change how their restaurant works; where it is and its currency are Fynlo's.

    Registered by pos, whose menu shows some of it.
    """

    document = RESTAURANT
    tenant_path = "pk"
    may_view = Permission.VIEW_STAFF
    money = ("cash_rounding",)
    percentages = ("service_charge_bps", "service_charge_tax_bps")
    list_display = ("name", "currency", "country", "time_zone", "is_active")
    search_fields = ("name",)
    ordering = ("name", "pk")
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("name", "day_starts_at")}),
        ("On receipts", {"fields": ("address", "vat_number")}),
        (
            "Money",
            {"fields": (("service_charge_bps", "service_charge_tax_bps"), "cash_rounding")},
        ),
        ("Set by Fynlo", {"fields": (("currency", "country"), "time_zone", "is_active")}),
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        known = authority(request)
        if obj is not None:
            return known.role_in(obj.pk) in {Role.OWNER, Role.PLATFORM_OWNER}
        owned = any(place.role is Role.OWNER for place in known.places.values())
        return known.everywhere or owned

    def has_add_permission(self, request: HttpRequest) -> bool:
        return authority(request).everywhere

    def restaurant_of(self, request: HttpRequest, obj: Any) -> UUID | None:
        return obj.pk if obj else None

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if authority(request).everywhere else PLATFORM_ONLY

    def changed(self, restaurant_id: UUID) -> None:
        forget_after_commit(RESTAURANTS, restaurant_id)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Whoever is signed in at a restaurant that closes is signed out."""
        obj.save()
        if not obj.is_active:
            now = utc_now()
            end_sessions(sessions=sessions_of(obj.pk, now=now), by=None, now=now)
