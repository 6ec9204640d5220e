"""Orders that were sold, for the reports."""

from typing import Any

from django.http import HttpResponse

from fynlo.db import new_id
from fynlo.testing.cast import Member
from pos.tests.conftest import Menu, opened, said


def must(response: HttpResponse) -> dict[str, Any]:
    assert response.status_code in (200, 201), response.content
    return said(response)


def sold(member: Member, body: dict[str, object], *, tip: int = 0) -> dict[str, Any]:
    """Opened, sent, paid in cash and completed."""
    return settled(member, opened(member, body), tip=tip)


def settled(member: Member, order: dict[str, Any], *, tip: int = 0) -> dict[str, Any]:
    path = f"orders/{order['id']}"
    member.post(f"{path}/send/")
    due = said(member.get(f"{path}/"))["due"]
    if due:
        pay = {"order": order["id"], "tendered": due + tip, "tip": tip}
        must(member.post("payments/cash/", pay, idempotency_key=str(new_id())))
    return must(member.post(f"{path}/complete/"))


def water(menu: Menu, **changes: object) -> dict[str, object]:
    return {"product": str(menu.water.pk), **changes}


def report(member: Member, query: str, name: str = "sales") -> dict[str, Any]:
    return must(member.get(f"analytics/{name}/?{query}"))
