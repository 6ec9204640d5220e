"""How a till and a stranger speak to the API."""

from dataclasses import dataclass
from typing import Any

import orjson
from django.contrib.auth.hashers import make_password
from django.http import HttpResponse
from django.test import Client

from fynlo.accounts.choices import Role
from fynlo.accounts.models import Membership, Restaurant
from fynlo.events.reading import after
from fynlo.testing.cast import Member

PASSWORD = "copper kettle at dawn"
PIN = "8305"


def body_of(response: HttpResponse) -> Any:
    return orjson.loads(response.content)


def code_of(response: HttpResponse) -> tuple[int, str]:
    return response.status_code, body_of(response)["code"]


def send(path: str, body: Any, *, method: str = "POST", **headers: str) -> HttpResponse:
    """Without signing in; `authorization="Device …"` and the like are sent as headers."""
    data = body if isinstance(body, bytes | str) else orjson.dumps(body)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return Client(raise_request_exception=False).generic(  # type: ignore[return-value]
        method, f"/api/v1/{path}", data, content_type="application/json", headers=sent
    )


def give_password(member: Member, password: str = PASSWORD) -> str:
    """The e-mail address to sign in with."""
    user = member.membership.user
    user.password = make_password(password)
    user.save()
    return user.email


def employ(member: Member, restaurant: Restaurant, role: Role = Role.SERVER) -> Membership:
    """The same person in another restaurant."""
    return Membership.objects.create(
        restaurant=restaurant, user=member.membership.user, role=role, employee_code="both"
    )


def login(member: Member, **more: str) -> HttpResponse:
    return send("auth/login/", {"email": give_password(member), "password": PASSWORD, **more})


def bearer(token: str) -> str:
    return f"Bearer {token}"


@dataclass
class Till:
    """A paired device."""

    id: str
    token: str

    def post(self, path: str, body: Any, **headers: str) -> HttpResponse:
        return send(path, body, authorization=f"Device {self.token}", **headers)

    def enter_pin(self, member: Member, pin: str = PIN, **headers: str) -> HttpResponse:
        code = member.membership.employee_code
        return self.post("auth/pin/", {"employee_code": code, "pin": pin}, **headers)


def pair(by: Member, *, kind: str = "till") -> Till:
    code = body_of(by.post("devices/pairing-codes/", {"kind": kind}))["code"]
    device = {"code": code, "name": "Bar till", "model": "iPad", "app_version": "1.4.0"}
    paired = body_of(send("devices/pair/", device))
    return Till(paired["device"]["id"], paired["token"])


def kinds(restaurant: Restaurant) -> list[str]:
    """The kinds of all events of the restaurant, in order."""
    events = after(restaurant_id=restaurant.pk, seq=0, limit=1000)
    return [orjson.loads(event.envelope)["kind"] for event in events]
