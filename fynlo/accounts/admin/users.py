from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserCreationForm

from fynlo.accounts.admin_site import authority
from fynlo.accounts.models import Session, User
from fynlo.accounts.services.sessions import end_sessions
from fynlo.clock import utc_now
from fynlo.db import durable

admin.site.unregister(Group)


class NewPasswordForm(AdminPasswordChangeForm):  # type: ignore[misc]
    def save(self, commit: bool = True) -> User:
        """Whoever is signed in with the old password is signed out everywhere."""
        with durable():
            user: User = super().save(commit)
            end_sessions(sessions=Session.objects.filter(user=user), by=None, now=utc_now())
        return user


class NewUserForm(UserCreationForm):  # type: ignore[misc]
    class Meta:
        model = User
        fields = ("email", "name")

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        return email.lower()


@admin.register(User)
class UserAdmin(BaseUserAdmin, ModelAdmin):  # type: ignore[misc, type-arg]
    """People, across restaurants: the platform owner's page."""

    add_form = NewUserForm
    change_password_form = NewPasswordForm
    list_display = ("email", "name", "is_active", "is_staff", "is_superuser")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email", "name")
    ordering = ("email", "pk")
    filter_horizontal = ()
    readonly_fields = ("last_login",)
    fieldsets = (
        (None, {"fields": (("email", "name"), "last_login")}),
        ("May", {"fields": ("is_active", "is_staff", "is_superuser")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),
    )

    def has_module_permission(self, request: HttpRequest) -> bool:
        return authority(request).everywhere

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return authority(request).everywhere

    def has_add_permission(self, request: HttpRequest) -> bool:
        return authority(request).everywhere

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return authority(request).everywhere

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Who is set inactive is signed out everywhere."""
        super().save_model(request, obj, form, change)
        if change and not obj.is_active:
            end_sessions(sessions=Session.objects.filter(user=obj), by=None, now=utc_now())
