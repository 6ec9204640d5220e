from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest

from fynlo.accounts.admin.base import TenantAdmin
from fynlo.accounts.admin.display import badge, display
from fynlo.accounts.admin.membership_form import MembershipForm, NewMembershipForm
from fynlo.accounts.admin_site import authority
from fynlo.accounts.choices import GIVES, GOVERNING, Permission, Role
from fynlo.accounts.models import Membership, User
from fynlo.accounts.selectors import lock_staff, user_of_email
from fynlo.accounts.services.members import change_role, set_active
from fynlo.accounts.services.pins import set_pin
from fynlo.clock import utc_now

ROLE_COLOURS = {
    Role.PLATFORM_OWNER: "danger",
    Role.OWNER: "primary",
    Role.MANAGER: "info",
    Role.CASHIER: "success",
    Role.SERVER: "success",
    Role.KITCHEN: "warning",
}


@admin.register(Membership)
class MembershipAdmin(TenantAdmin):
    """Staff. Nobody is deleted: who has left is set inactive and cannot sign in."""

    may_view = Permission.VIEW_STAFF
    may_change = Permission.MANAGE_STAFF
    form = MembershipForm
    list_display: ClassVar[tuple[str, ...]] = (
        "person",
        "role_badge",
        "employee_code",
        "has_pin",
        "is_active",
    )
    list_filter = ("role", "is_active")
    list_select_related = ("user",)
    search_fields = ("user__name", "user__email", "employee_code")
    ordering = ("user__name", "pk")
    readonly_fields = ("person", "sign_in_email")
    fieldsets: ClassVar[Any] = (
        (
            None,
            {
                "fields": (
                    ("person", "sign_in_email"),
                    ("role", "employee_code"),
                    "pin",
                    "is_active",
                )
            },
        ),
    )
    add_fieldsets: ClassVar[Any] = (
        (None, {"fields": (("email", "name"), ("role", "employee_code"), "pin")}),
    )

    @display(description="Name", ordering="user__name")
    def person(self, member: Membership) -> str:
        return str(member.user)

    @display(description="E-mail")
    def sign_in_email(self, member: Membership) -> str:
        return member.user.email

    @display(description="Role", ordering="role")
    def role_badge(self, member: Membership) -> str:
        return badge(member.get_role_display(), ROLE_COLOURS[Role(member.role)])

    @display(description="PIN set", boolean=True)
    def has_pin(self, member: Membership) -> bool:
        return bool(member.pin_hash)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A manager does not touch owners."""
        if obj is None or not super().has_change_permission(request, obj):
            return super().has_change_permission(request, obj)
        mine = authority(request).role_in(obj.restaurant_id)
        return mine is not None and obj.role in GIVES.get(mine, ())

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any
    ) -> Any:
        options["form"] = MembershipForm if obj else NewMembershipForm
        form = super().get_form(request, obj, change, **options)
        return type(form)(form.__name__, (form,), {"authority": authority(request)})

    def lock_first(self, restaurant_id: UUID) -> None:
        """One change of staff at a time, or two owners could demote each other."""
        lock_staff(restaurant_id)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            self._change(request, obj, form.cleaned_data)
        else:
            obj.user = self._person(form.cleaned_data)
            obj.save()
        if form.cleaned_data.get("pin"):
            set_pin(membership=obj, pin=form.cleaned_data["pin"])
        if obj.role in GOVERNING and obj.is_active and not obj.user.is_staff:
            User.objects.filter(pk=obj.user_id).update(is_staff=True)

    def _change(self, request: HttpRequest, obj: Membership, values: dict[str, Any]) -> None:
        by, now = authority(request).actor(obj.restaurant_id), utc_now()
        rows = Membership.objects.filter(pk=obj.pk)
        rows.update(employee_code=values["employee_code"])
        role, is_active = Role(values["role"]), values["is_active"]
        change_role(by=by, now=now, membership_id=obj.pk, role=role)
        set_active(by=by, now=now, membership_id=obj.pk, is_active=is_active)
        obj.refresh_from_db()

    def _person(self, values: dict[str, Any]) -> User:
        known = user_of_email(values["email"])
        return known or User.objects.create_user(values["email"], None, name=values["name"])

    def record(self, request: HttpRequest, obj: Any, happened: str) -> None:
        """A membership has no document: the services write what the log says of it."""
