"""The small cast of the tests: members of a restaurant, and their rival next door."""

from dataclasses import dataclass
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Role
from fynlo.accounts.models import Device, Membership, Restaurant, Session, User
from fynlo.api.screens.visitors import SESSION_KEY
from fynlo.api.tokens import access_token, actor_of
from fynlo.clock import utc_now


@dataclass
class Member:
    """Somebody signed in, who speaks to the API as a till does."""

    membership: Membership
    session: Session
    token: str

    @property
    def actor(self) -> Actor:
        return actor_of(self.token)

    @property
    def restaurant(self) -> Restaurant:
        return self.membership.restaurant

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.call("GET", path, headers=headers)

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.call("POST", path, body, headers=headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.call("PATCH", path, body, headers=headers)

    def delete(self, path: str, **headers: str) -> HttpResponse:
        return self.call("DELETE", path, headers=headers)

    def look(self, path: str) -> HttpResponse:
        """A page, as the browser of this member gets it."""
        client = Client()
        session = client.session
        session[SESSION_KEY] = str(self.session.pk)
        session.save()
        return client.get(path)  # type: ignore[return-value]

    def call(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str]
    ) -> HttpResponse:
        """`if_match="3"` is sent as `If-Match: 3`; a path without a slash in front is the API's."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent.setdefault("Authorization", f"Bearer {self.token}")
        address = path if path.startswith("/") else f"/api/v1/{path}"
        data = body if isinstance(body, bytes | str) else orjson.dumps({} if body is None else body)
        return Client(raise_request_exception=False).generic(  # type: ignore[return-value]
            method, address, data, content_type="application/json", headers=sent
        )


def sign_in(membership: Membership, *, device: Device | None = None) -> Member:
    """A session as the API would open it, without the price of hashing a password."""
    now = utc_now()
    session = Session.objects.create(
        restaurant=membership.restaurant,
        user=membership.user,
        membership=membership,
        device=device,
        started_at=now,
        expires_at=now + settings.SESSION_LIFETIME,
    )
    return Member(membership, session, access_token(session, now=now))


def hire(restaurant: Restaurant, role: Role, *, name: str = "") -> Member:
    """A new member of this restaurant, signed in."""
    known = name or role.value
    email = f"{known}@{restaurant.pk.hex}.example"
    user = User(email=email, name=known.replace("_", " ").title())
    user.set_unusable_password()
    user.save()
    code = f"{role.value[:3]}{Membership.objects.for_restaurant(restaurant.pk).count()}"
    membership = Membership.objects.create(
        restaurant=restaurant, user=user, role=role, employee_code=code
    )
    return sign_in(membership)
