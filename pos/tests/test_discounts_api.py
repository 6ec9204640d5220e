from typing import Any

import pytest
from django.http import HttpResponse

from fynlo.testing.cast import Member
from pos.models import Order
from pos.tests.conftest import Menu, opened, said

pytestmark = pytest.mark.django_db
FIVE = {"kind": "percent", "value": 500, "reason": "regular"}


def needs_approval(response: HttpResponse) -> bool:
    return (response.status_code, said(response)["code"]) == (403, "approval_required")


def test_discounts_stop_at_the_cap_of_the_role(
    server: Member, cashier: Member, manager: Member, menu: Menu
) -> None:
    order = opened(server, menu.order(menu.line(quantity="4")))
    path = f"orders/{order['id']}/discount/"
    five = {"kind": "percent", "value": 500, "reason": "regular"}
    first = said(server.post(path, five))
    assert (first["discount"], first["subtotal"], first["discounts"][0]["amount"]) == (
        250,
        4750,
        250,
    )
    refused = server.post(path, five)
    assert (refused.status_code, said(refused)["code"]) == (403, "approval_required")
    assert said(cashier.post(path, {**five, "value": 400}))["discount"] == 440
    whole = {"kind": "amount", "value": 99999, "reason": "on the house"}
    free = said(manager.post(path, whole))
    assert (free["subtotal"], free["total"], free["lines"][0]["order_discount"]) == (0, 0, 5000)


def test_a_line_discount_comes_before_the_order_discount(manager: Member, menu: Menu) -> None:
    order = opened(manager, menu.order(menu.line(), menu.line(), channel="takeaway"))
    path = f"orders/{order['id']}/discount/"
    line = order["lines"][0]["id"]
    manager.post(path, {"kind": "amount", "value": 250, "reason": "late", "line": line})
    after = said(manager.post(path, {"kind": "percent", "value": 1000, "reason": "friend"}))
    assert [row["total"] for row in after["lines"]] == [1000, 1250]
    assert [row["order_discount"] for row in after["lines"]] == [100, 125]
    assert (after["subtotal"], after["total"]) == (2025, 2025)


@pytest.mark.parametrize("price", [1250, 1230, 10])
def test_a_cap_is_not_passed_by_rounding(
    server: Member, manager: Member, menu: Menu, price: int
) -> None:
    """Five per cent of 12.50 is 0.625, and 0.63 is taken off."""
    order = opened(manager, menu.order(menu.line(unit_price=price)))
    given = said(server.post(f"orders/{order['id']}/discount/", FIVE))
    assert given["discount"] == (price * 5 + 50) // 100
    assert needs_approval(server.post(f"orders/{order['id']}/discount/", {**FIVE, "value": 1000}))


def test_the_caps_of_line_and_order_do_not_add_up(server: Member, menu: Menu) -> None:
    order = opened(server, menu.order(menu.line(quantity="4"), menu.line()))
    path = f"orders/{order['id']}/discount/"
    on_line = {**FIVE, "line": order["lines"][0]["id"]}
    assert said(server.post(path, on_line))["discount"] == 250
    assert needs_approval(server.post(path, FIVE))
    assert needs_approval(server.post(path, on_line))
    assert said(server.post(path, {**FIVE, "value": 100}))["discount"] == 310


def test_what_a_manager_gave_is_approved_and_uses_up_nobodys_cap(
    server: Member, manager: Member, menu: Menu
) -> None:
    order = opened(server, menu.order(menu.line(quantity="4")))
    path = f"orders/{order['id']}/discount/"
    given = said(manager.post(path, {**FIVE, "value": 5000}))["discounts"][0]
    assert given["approved_by"] == given["given_by"] == str(manager.membership.pk)
    assert said(server.post(path, FIVE))["discount"] == 2500 + 125


@pytest.mark.parametrize("call", ["remove", "change", "void"])
def test_an_amount_within_the_cap_of_much_is_not_kept_for_little(
    server: Member, manager: Member, menu: Menu, call: str
) -> None:
    """Otherwise: ring up twenty burgers, take five per cent off, take nineteen burgers away."""
    order = opened(server, menu.order(menu.line(quantity="19"), menu.line()))
    path, line = f"orders/{order['id']}/", order["lines"][0]["id"]
    server.post(f"{path}discount/", {"kind": "amount", "value": 1250, "reason": "regular"})

    def less(member: Member) -> HttpResponse:
        if call == "remove":
            return member.delete(f"{path}lines/{line}/")
        if call == "change":
            return member.patch(f"{path}lines/{line}/", {"quantity": "1", "version": 1})
        return member.post(f"{path}void-line/", {"line": line, "reason": "changed mind"})

    before = Order.objects.values().get()
    assert needs_approval(less(server))
    assert Order.objects.values().get() == before
    assert less(manager).status_code == 200


def test_a_percentage_shrinks_with_the_bill(server: Member, cashier: Member, menu: Menu) -> None:
    order = opened(server, menu.order(menu.line(), menu.line()))
    path = f"orders/{order['id']}/"
    cashier.post(f"{path}discount/", {**FIVE, "value": 1000})
    rest = said(server.delete(f"{path}lines/{order['lines'][0]['id']}/"))
    assert (rest["discount"], rest["subtotal"]) == (125, 1125)


def test_a_voided_line_is_left_alone(server: Member, manager: Member, menu: Menu) -> None:
    order = opened(server, menu.order(menu.line(), menu.line()))
    path, line = f"orders/{order['id']}/", order["lines"][0]["id"]
    server.post(f"{path}void-line/", {"line": line, "reason": "changed mind"})
    refusals: list[HttpResponse] = [
        manager.post(f"{path}discount/", {**FIVE, "line": line}),
        server.patch(f"{path}lines/{line}/", {"seat": 2}, if_match="2"),
        server.delete(f"{path}lines/{line}/"),
    ]
    told: list[tuple[int, Any]] = [(r.status_code, said(r)["code"]) for r in refusals]
    assert told == [(409, "line_voided")] * 3
