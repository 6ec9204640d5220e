from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from fynlo.accounts.models import Device
from fynlo.clock import utc_now
from fynlo.testing.cast import Member, sign_in
from pos.models import TaxRate
from pos.services.explaining import steps
from pos.services.merging import join_bills
from pos.tests.conftest import Menu, opened, said
from pos.tests.test_dividing import BILLS, CHARGE_TAX, Given, bill_of, divided, profile


@settings(deadline=None)
@given(BILLS, CHARGE_TAX, st.integers(-4, 4), st.data())
def test_the_steps_of_any_order_sum_to_its_total(
    described: Given, charge_tax: int, rounding: int, data: Any
) -> None:
    known = profile(charge_tax)
    bill = bill_of(described, known)
    bill.order.tip, bill.order.rounding = 100, rounding
    bill.order.total += 100 + rounding
    bills = divided(bill, data, 3, known) if bill.live_lines else [bill]
    for part in bills:
        assert sum(step.amount for step in steps(part, profile=known)) == part.order.total
    if len(bills) > 1:
        join_bills(bills[1], bill, profile=known)
        assert sum(step.amount for step in steps(bill, profile=known)) == bill.order.total


def explained(member: Member, order: dict[str, Any]) -> dict[str, Any]:
    response = member.get(f"orders/{order['id']}/explain/")
    assert response.status_code == 200, response.content
    return said(response)


@pytest.mark.django_db
def test_an_order_is_explained_step_by_step(manager: Member, menu: Menu) -> None:
    order = opened(manager, menu.order(*[menu.line(unit_price=333)] * 2, menu.line(unit_price=334)))
    path = f"orders/{order['id']}/discount/"
    manager.post(path, {"kind": "amount", "value": 100, "reason": "friends"})
    found = explained(manager, order)
    assert [(step["kind"], step["amount"], step["total"]) for step in found["steps"]] == [
        ("line", 333, 333),
        ("line", 333, 666),
        ("line", 334, 1000),
        ("order_discount", -100, 900),
        ("order_discount_spread", 0, 900),
        ("service_charge", 113, 1013),
        ("tax_included", 0, 1013),
    ]
    spread = found["steps"][4]["shares"]
    assert [(share["amount"], share["odd"]) for share in spread] == [
        (33, False), (33, False), (34, True)
    ]  # fmt: skip
    assert found["steps"][0]["text"] == "1 × Burger at £3.33, £12.50 on the menu"
    assert found["steps"][3]["text"] == "£1.00 off, friends"
    assert found["steps"][6]["text"] == "Standard rate, 20 % in £9.00: £1.50"
    assert found["total"] == said(manager.get(f"orders/{order['id']}/"))["total"] == 1013


@pytest.mark.django_db
def test_what_a_split_left_is_explained(server: Member, menu: Menu) -> None:
    TaxRate.objects.filter(pk=menu.vat.pk).update(is_inclusive=False, rate_bps=825)
    order = opened(server, menu.order())
    server.post(f"orders/{order['id']}/send/")
    parts = said(server.post(f"orders/{order['id']}/split/", {"equal": 3}))["results"]
    for part in parts:
        found = explained(server, part)
        assert found["total"] == part["total"]
        assert found["steps"][-1]["kind"] == "tax_added"
    kinds = {step["kind"] for part in parts for step in explained(server, part)["steps"]}
    assert {"line_carried", "service_charge"} <= kinds


@pytest.mark.django_db
def test_explaining_takes_four_statements(server: Member, menu: Menu) -> None:
    order = opened(server, menu.order(*[menu.line()] * 10))
    with CaptureQueriesContext(connection) as statements:
        explained(server, order)
    assert len(statements) == 4


def told(member: Member, order: dict[str, Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = said(member.get(f"orders/{order['id']}/history/"))["results"]
    return rows


@pytest.mark.django_db
def test_history_says_who_did_what_from_where(server: Member, manager: Member, menu: Menu) -> None:
    till = Device.objects.create(
        restaurant=server.restaurant, name="Bar till", token_hash="x", paired_at=utc_now()
    )
    at_the_bar = sign_in(server.membership, device=till)
    order = opened(at_the_bar, menu.order(menu.line(quantity="2")))
    path = f"orders/{order['id']}/"
    server.post(f"{path}lines/", {"lines": [{"product": str(menu.water.pk)}]})
    manager.post(f"{path}discount/", {"kind": "percent", "value": 1000, "reason": "friends"})
    server.post(f"{path}send/")
    server.patch(path, {"guests": 4, "note": "quick"}, if_match='"4"')
    server.post(f"{path}transfer/", {"table": str(menu.table.pk)})
    manager.post(f"{path}void-line/", {"line": order["lines"][0]["id"], "reason": "cold"})
    manager.post(f"{path}cancel/", {"reason": "left"})
    rows = told(server, order)
    assert [row["sentence"] for row in rows] == [
        "Server opened it with 2 × Burger.",
        "Server added 1 × Water.",
        "Manager took off £2.70 (friends).",
        "Server sent 2 × Burger, 1 × Water.",
        "Server changed guests, note.",
        "Server moved it to table 12.",
        "Manager voided 2 × Burger: cold.",
        "Manager cancelled it: left.",
    ]
    assert [row["version"] for row in rows] == list(range(1, 9))
    assert [row["device_name"] for row in rows[:2]] == ["Bar till", None]
    assert rows[0]["actor"] == str(server.membership.pk)
    assert rows[4]["changed"] == ["guests", "note"]
    assert rows[5]["changed"] == ["table", "table_number"]


@pytest.mark.django_db
def test_history_tells_of_splits_merges_and_money(
    server: Member, cashier: Member, menu: Menu
) -> None:
    order = opened(server, menu.order(menu.line(), menu.line()))
    first = order["lines"][0]["id"]
    _, child = said(server.post(f"orders/{order['id']}/split/", {"lines": [[first]]}))["results"]
    cashier.post("payments/cash/", {"order": order["id"], "tendered": 500, "amount": 500},
                 idempotency_key="part")  # fmt: skip
    server.post(f"orders/{child['id']}/merge/", {"into": order["id"]})
    assert [row["sentence"] for row in told(server, order)[1:]] == [
        "Server split off 1 × Burger.",
        "Cashier took £5.00.",
        "Server merged 1 × Burger into it.",
    ]
    assert [row["sentence"] for row in told(server, child)] == [
        "Server split it off with 1 × Burger.",
        f"Server merged it into #{order['number']}.",
    ]


@pytest.mark.django_db
def test_history_comes_in_pages(server: Member, menu: Menu) -> None:
    order = opened(server, menu.order())
    path = f"orders/{order['id']}/"
    for guests in (2, 3, 4):
        server.patch(path, {"guests": guests}, if_match=f'"{guests - 1}"')
    first = said(server.get(f"{path}history/?limit=3"))
    with CaptureQueriesContext(connection) as statements:
        rest = said(server.get(f"{path}history/?limit=3&cursor={first['next']}"))
    assert [row["version"] for row in first["results"] + rest["results"]] == [1, 2, 3, 4]
    assert (rest["results"][0]["changed"], rest["next"]) == (["guests"], None)
    assert len(statements) == 3
    assert server.get(f"{path}history/?cursor=abc").status_code == 400
    assert server.get(f"{path}history/?cursor=WyJhIl0").status_code == 400
    assert said(server.get(f"{path}history/?limit=4"))["next"] is None
