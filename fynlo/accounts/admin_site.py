"""The door of the admin: who gets in, and in whose local time they read."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.utils import timezone
from unfold.forms import AuthenticationForm
from unfold.sites import UnfoldAdminSite

from fynlo.accounts.authority import Authority, authority_of
from fynlo.accounts.models import User

NOBODY = Authority(user_id=UUID(int=0), everywhere=False, places={})
View = Callable[..., HttpResponseBase]


def authority(request: HttpRequest) -> Authority:
    """Read once in a request."""
    known: Authority | None = request.__dict__.get("authority")
    if known is None:
        user = request.user
        known = authority_of(user) if isinstance(user, User) else NOBODY
        request.__dict__["authority"] = known
    return known


class SignInForm(AuthenticationForm):  # type: ignore[misc]
    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": "E-mail and password do not match, or you may not use the admin.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "E-mail"

    def confirm_login_allowed(self, user: AbstractBaseUser) -> None:
        super().confirm_login_allowed(user)
        if not (isinstance(user, User) and authority_of(user)):
            raise ValidationError(
                "The admin is for owners and managers of a restaurant.", code="not_governing"
            )


class Choices(AutocompleteJsonView):
    """What a form's field may point at."""

    def process_request(self, request: HttpRequest) -> tuple[Any, ...]:
        """Django fails on the far end of a relation, which no form has. Raises PermissionDenied."""
        found: tuple[Any, ...] = super().process_request(request)
        if not found[2].concrete:
            raise PermissionDenied
        return found


class AdminSite(UnfoldAdminSite):  # type: ignore[misc]
    login_form = SignInForm
    index_title = "Today"

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(authority(request))

    def autocomplete_view(self, request: HttpRequest) -> HttpResponseBase:
        return Choices.as_view(admin_site=self)(request)

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Times read and typed inside are those of the restaurant; UTC for who governs several
        zones, and for the platform."""
        inner: View = super().admin_view(view, cacheable)

        def local(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            zones = {place.time_zone for place in authority(request).places.values()}
            with timezone.override(zones.pop() if len(zones) == 1 else "UTC"):
                response = inner(request, *args, **kwargs)
                if isinstance(response, SimpleTemplateResponse):
                    response.render()
                return response

        return local


def is_platform(request: HttpRequest) -> bool:
    return authority(request).everywhere
