"""What the tests of staff and hours share."""

from datetime import datetime
from typing import Any

import orjson
from django.http import HttpResponse

from fynlo.accounts.models import Device
from fynlo.accounts.selectors import token_hash
from fynlo.accounts.services.pins import set_pin
from fynlo.clock import as_utc_text, utc_now
from fynlo.testing.cast import Member

PIN = "4719"


def said(response: HttpResponse, status: int = 200) -> dict[str, Any]:
    """The document of an answer that must have this status."""
    assert response.status_code == status, response.content
    document: dict[str, Any] = orjson.loads(response.content)
    return document


def refusal(response: HttpResponse) -> tuple[int, str]:
    """Status and code."""
    return response.status_code, orjson.loads(response.content)["code"]


def punch(member: Member, verb: str, *, at: datetime | None = None, **body: Any) -> HttpResponse:
    """`at`: when it happened; now when None."""
    when = {"occurred_at": as_utc_text(at)} if at else {}
    return member.post(f"timeclock/{verb}/", {**body, **when})


def shift_worked(member: Member, start: datetime, end: datetime) -> dict[str, Any]:
    """The time entry of somebody who clocked in and out at these times."""
    said(punch(member, "clock-in", at=start), 201)
    return said(punch(member, "clock-out", at=end))


class Till:
    """A paired device with nobody signed in."""

    def __init__(self, owner: Member, name: str = "Front till") -> None:
        self.owner = owner
        self.device = Device.objects.create(
            restaurant=owner.restaurant,
            name=name,
            token_hash=token_hash(f"{owner.restaurant.pk}{name}"),
            paired_at=utc_now(),
        )
        self._headers = {"Authorization": f"Device {owner.restaurant.pk}{name}"}

    def punch(self, verb: str, member: Member, *, pin: str = PIN, **body: Any) -> HttpResponse:
        code = member.membership.employee_code
        given = {"employee_code": code, "pin": pin, **body}
        return self.owner.call("POST", f"timeclock/{verb}/", given, headers=self._headers)


def give_pin(*members: Member) -> None:
    for member in members:
        set_pin(membership=member.membership, pin=PIN)
