from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse

from fynlo.accounts.services.pins import set_pin
from fynlo.clock import utc_now
from fynlo.testing.cast import Member
from pos.models import Order, OrderDiscount
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


def take_back(member: Member, order: dict[str, Any], place: int = 0, **more: Any) -> HttpResponse:
    discount = order["discounts"][place]["id"]
    path = f"orders/{order['id']}/remove-discount/"
    return member.post(path, {"discount": discount, **more})


def test_a_discount_is_taken_back(
    server: Member, cashier: Member, rival_owner: Member, kitchen: Member, menu: Menu
) -> None:
    order = opened(server, menu.order(menu.line(quantity="4")))
    given = said(server.post(f"orders/{order['id']}/discount/", FIVE))
    assert take_back(rival_owner, given).status_code == 404
    assert take_back(kitchen, given).status_code == 403
    assert take_back(server, given, version=1).status_code == 412
    after = said(take_back(cashier, given))
    assert (after["discounts"], after["total"]) == ([], order["total"])
    again = take_back(cashier, given)
    assert (again.status_code, said(again)["code"]) == (404, "not_found")
    told = said(server.get(f"orders/{order['id']}/history/"))["results"][-1]
    assert (told["kind"], told["sentence"]) == (
        "order.discount_removed",
        "Cashier took back a discount of £2.50 (regular).",
    )


def test_what_somebody_approved_is_taken_back_with_approval(
    server: Member, manager: Member, menu: Menu
) -> None:
    order = opened(server, menu.order())
    given = said(manager.post(f"orders/{order['id']}/discount/", {**FIVE, "value": 5000}))
    assert needs_approval(take_back(server, given))
    set_pin(membership=manager.membership, pin="7391")
    pin = {"employee_code": manager.membership.employee_code, "pin": "7391"}
    assert said(take_back(server, given, approver=pin))["discounts"] == []


def test_taking_one_discount_back_does_not_lift_the_others_above_the_cap(
    server: Member, manager: Member, menu: Menu
) -> None:
    """Each takes from what the one before left: without the first they take more."""
    order = opened(server, menu.order(menu.line(quantity="4")))
    path = f"orders/{order['id']}/discount/"
    half = {"kind": "amount", "value": 2500, "reason": "late"}
    manager.post(path, half)
    for _ in range(2):
        given = said(server.post(path, {**FIVE, "value": 490}))
    assert given["discount"] == 2500 + 123 + 116
    set_pin(membership=manager.membership, pin="7391")
    assert needs_approval(take_back(server, given))
    assert said(take_back(manager, given))["discount"] == 245 + 233


def test_an_order_paid_in_part_costs_more_without_its_discount(
    server: Member, cashier: Member, menu: Menu
) -> None:
    order = opened(server, menu.order(channel="takeaway"))
    given = said(server.post(f"orders/{order['id']}/discount/", FIVE))
    cash = {"order": order["id"], "tendered": given["due"]}
    cashier.post("payments/cash/", cash, idempotency_key="all")
    after = said(take_back(server, given))
    assert (after["due"], after["payment_status"]) == (63, "PARTIALLY_PAID")


def test_the_clock_may_go_back_between_two_discounts(
    server: Member, manager: Member, menu: Menu
) -> None:
    """Half, and then 2.00, leaves another total than 2.00 and then half."""
    order = opened(server, menu.order(channel="takeaway"))
    path = f"orders/{order['id']}/"
    manager.post(f"{path}discount/", {**FIVE, "value": 5000})
    OrderDiscount.objects.update(given_at=utc_now() + timedelta(hours=1))
    given = said(manager.post(f"{path}discount/", {"kind": "amount", "value": 200, "reason": "x"}))
    assert given["total"] == 425
    water = {"lines": [{"product": str(menu.water.pk)}]}
    assert said(server.post(f"{path}lines/", water))["total"] == 525


def test_a_till_that_is_stuck_gives_twenty_discounts_and_no_more(
    manager: Member, menu: Menu
) -> None:
    order = opened(manager, menu.order())
    path = f"orders/{order['id']}/discount/"
    penny = {"kind": "amount", "value": 1, "reason": "stuck"}
    answers = [manager.post(path, penny) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [422]
    assert said(answers[-1])["code"] == "too_many_discounts"
    line = {**penny, "line": order["lines"][0]["id"]}
    assert manager.post(path, line).status_code == 200


def test_a_split_does_not_gather_a_discount_on_one_part(
    server: Member, manager: Member, menu: Menu
) -> None:
    """Otherwise: let a manager give the twenty burgers away, take five per cent of all of it off
    the one that is left, and split it away from them."""
    order = opened(server, menu.order(menu.line(quantity="8"), menu.line()))
    path, (given, own) = f"orders/{order['id']}/", (line["id"] for line in order["lines"])
    manager.post(f"{path}discount/", {**FIVE, "value": 10_000, "line": given})
    five = {"kind": "amount", "value": 562, "reason": "regular"}
    assert said(server.post(f"{path}discount/", five))["subtotal"] == 1250 - 562
    before = said(server.get(path))
    assert needs_approval(server.post(f"{path}split/", {"lines": [[own]]}))
    assert said(server.get(path)) == before
    set_pin(membership=manager.membership, pin="7391")
    pin = {"employee_code": manager.membership.employee_code, "pin": "7391"}
    body = {"lines": [[own]], "approver": pin}
    assert server.post(f"{path}split/", body).status_code == 200


def test_a_discount_within_the_cap_stays_so_in_every_part(
    server: Member, cashier: Member, menu: Menu
) -> None:
    """Whoever splits: ten per cent were within the cap of who gave them."""
    order = opened(server, menu.order(*[menu.line(quantity="3")] * 3))
    path = f"orders/{order['id']}/"
    cashier.post(f"{path}discount/", {**FIVE, "value": 1000})
    parts = said(server.post(f"{path}split/", {"lines": [[order["lines"][0]["id"]]]}))["results"]
    assert [part["discount"] for part in parts] == [750, 375]


def test_what_a_split_rounded_up_asks_for_no_manager(server: Member, menu: Menu) -> None:
    """Five per cent of two burgers is 1.25: 0.63 of it on one of them, which is 5.04 %."""
    order = opened(server, menu.order(menu.line(), menu.line()))
    path = f"orders/{order['id']}/"
    server.post(f"{path}discount/", {"kind": "amount", "value": 125, "reason": "regular"})
    parts = said(server.post(f"{path}split/", {"lines": [[order["lines"][0]["id"]]]}))["results"]
    assert [part["discount"] for part in parts] == [62, 63]
    for part in parts:
        added = said(server.post(f"orders/{part['id']}/lines/", {"lines": [menu.line()]}))
        line = added["lines"][-1]["id"]
        assert server.delete(f"orders/{part['id']}/lines/{line}/").status_code == 200


def test_discounts_of_two_orders_do_not_meet_on_one_by_merging_and_splitting(
    server: Member, menu: Menu
) -> None:
    small = opened(server, menu.order())
    large = opened(server, menu.order(menu.line(quantity="9")))
    server.post(f"orders/{small['id']}/discount/", FIVE)
    server.post(f"orders/{small['id']}/merge/", {"into": large["id"]})
    path = f"orders/{large['id']}/"
    more = {"kind": "amount", "value": 562, "reason": "regular"}
    assert server.post(f"{path}discount/", more).status_code == 200
    split = {"lines": [[small["lines"][0]["id"]]]}
    assert needs_approval(server.post(f"{path}split/", split))
