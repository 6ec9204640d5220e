"""From a header to an actor, without a query."""

from typing import Any
from uuid import UUID

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from fynlo.accounts.actor import Actor, DeviceActor
from fynlo.accounts.choices import Role
from fynlo.accounts.errors import TokenInvalid
from fynlo.accounts.selectors import device_of_token, session_is_live
from fynlo.api.tokens import actor_of


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`.

    Raises TokenInvalid or SessionEnded.
    """

    def authenticate(self, request: Request) -> tuple[Actor, str] | None:
        token = _bearer(request)
        if token is None:
            return None
        actor = actor_of(token)
        session_is_live(actor.session_id)
        request._request.is_staff_member = actor.role in STAFF_ROLES  # type: ignore[attr-defined]
        return actor, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="fynlo"'


def session_named_by(request: Request) -> UUID | None:
    """By a genuine access token, whether the session has ended or not."""
    token = _bearer(request)
    try:
        return actor_of(token).session_id if token else None
    except TokenInvalid:
        return None


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


STAFF_ROLES = frozenset({Role.PLATFORM_OWNER, Role.OWNER, Role.MANAGER})


class DeviceAuthentication(BaseAuthentication):
    """`Authorization: Device <token>`: a paired device with nobody signed in.

    Raises DeviceRefused.
    """

    def authenticate(self, request: Request) -> tuple[DeviceActor, str] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "device":
            return None
        return device_of_token(token.strip()), token

    def authenticate_header(self, request: Request) -> str:
        return 'Device realm="fynlo"'


def device_of(request: Any) -> UUID | None:
    """The device of whoever is asking, if there is one."""
    return getattr(request.user, "device_id", None)
