"""Orders that were paid in cash and completed, and their receipts."""

from typing import Any

from fynlo.accounts.models import Restaurant
from fynlo.db import new_id
from fynlo.testing.cast import Member
from pos.tests.conftest import Menu, opened, said


def settled(member: Member, order: dict[str, Any], **cash: Any) -> None:
    """Sends it and pays what is due."""
    path = f"orders/{order['id']}/"
    member.post(f"{path}send/")
    body = {"order": order["id"], "tendered": 100_000, **cash}
    paid = member.post("payments/cash/", body, idempotency_key=str(new_id()))
    assert paid.status_code == 201, paid.content


def completed(member: Member, menu: Menu, *lines: dict[str, Any], **cash: Any) -> dict[str, Any]:
    """The order, to take away, which has to be accepted all the way."""
    order = opened(member, menu.order(*lines, channel="takeaway"))
    settled(member, order, **cash)
    done = member.post(f"orders/{order['id']}/complete/")
    assert done.status_code == 200, done.content
    return said(done)


def receipt_of(member: Member, order: dict[str, Any]) -> dict[str, Any]:
    return said(member.get(f"orders/{order['id']}/receipt/"))


def print_again(member: Member, order: dict[str, Any]) -> dict[str, Any]:
    printed = member.post(f"orders/{order['id']}/receipt/print/")
    assert printed.status_code == 200, printed.content
    return said(printed)


def put_on_letterhead(restaurant: Restaurant) -> None:
    Restaurant.objects.filter(pk=restaurant.pk).update(
        address="12 Market Street\nBath BA1 1AA", vat_number="GB 123 4567 82"
    )
