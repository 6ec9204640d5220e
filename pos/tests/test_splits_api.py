from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from fynlo.events.reading import history
from fynlo.testing.cast import Member
from pos.models import Order, Product, TaxRate
from pos.tests.conftest import Menu, opened, said

pytestmark = pytest.mark.django_db


def sent(member: Member, order: dict[str, Any]) -> dict[str, Any]:
    return said(member.post(f"orders/{order['id']}/send/"))


def split(member: Member, order: dict[str, Any], **how: Any) -> list[dict[str, Any]]:
    response = member.post(f"orders/{order['id']}/split/", how)
    assert response.status_code == 200, response.content
    found: list[dict[str, Any]] = said(response)["results"]
    return found


def sums(orders: list[dict[str, Any]], *names: str) -> list[int]:
    return [sum(order[name] for order in orders) for name in names]


def refused(response: HttpResponse) -> tuple[int, str]:
    return response.status_code, said(response)["code"]


def three_lines(member: Member, menu: Menu, **changes: Any) -> dict[str, Any]:
    lines = [menu.line(seat=1), menu.line(seat=2, quantity="2"), menu.line(seat=0)]
    return opened(member, menu.order(*lines, table=str(menu.table.pk), **changes))


def test_lines_go_to_an_order_of_their_own(server: Member, menu: Menu) -> None:
    order = three_lines(server, menu, guests=3)
    first, second, third = (line["id"] for line in order["lines"])
    left, child = split(server, order, lines=[[first, third]])
    assert [line["id"] for line in left["lines"]] == [second]
    assert [line["id"] for line in child["lines"]] == [first, third]
    assert sums([left, child], "total", "tax", "service_charge") == [
        order["total"], order["tax"], order["service_charge"]
    ]  # fmt: skip
    assert (left["id"], left["number"], child["number"]) == (order["id"], 1, 2)
    assert (child["split_from"], child["table"]) == (order["id"], order["table"])
    assert [left["guests"], child["guests"]] == [2, 1]
    assert said(server.get(f"orders/{child['id']}/")) == child


def test_when_everything_is_named_the_first_group_stays(server: Member, menu: Menu) -> None:
    order = three_lines(server, menu)
    first, second, third = (line["id"] for line in order["lines"])
    left, child = split(server, order, lines=[[second], [first, third]])
    assert [line["id"] for line in left["lines"]] == [second]
    assert left["id"] == order["id"]
    assert [line["id"] for line in child["lines"]] == [first, third]


def test_a_part_of_a_line_goes(server: Member, menu: Menu) -> None:
    order = opened(server, menu.order(menu.line(quantity="3")))
    line = order["lines"][0]["id"]
    left, child = split(server, order, lines=[[{"line": line, "quantity": "1"}]])
    assert (left["lines"][0]["quantity"], child["lines"][0]["quantity"]) == ("2", "1")
    assert (child["lines"][0]["part_of"], left["lines"][0]["id"]) == (line, line)
    assert sums([left, child], "total") == [order["total"]]


def test_seats_go_and_what_is_shared_stays(server: Member, menu: Menu) -> None:
    order = three_lines(server, menu)
    left, one, two = split(server, order, seats=[[1], [2]])
    assert [[line["seat"] for line in part["lines"]] for part in (left, one, two)] == [
        [0],
        [1],
        [2],
    ]
    assert sums([left, one, two], "total", "tax") == [order["total"], order["tax"]]


def test_equal_parts_have_a_share_of_every_line(manager: Member, menu: Menu) -> None:
    order = sent(manager, opened(manager, menu.order(menu.line(), menu.line(unit_price=333))))
    path = f"orders/{order['id']}/discount/"
    order = said(manager.post(path, {"kind": "percent", "value": 777, "reason": "friends"}))
    parts = split(manager, order, equal=3)
    assert [line["quantity"] for part in parts for line in part["lines"][:1]] == [
        "0.334", "0.333", "0.333"
    ]  # fmt: skip
    names = ("gross", "discount", "subtotal", "service_charge", "tax", "total")
    assert sums(parts, *names) == [order[name] for name in names]
    totals = [part["total"] for part in parts]
    assert max(totals) - min(totals) <= 1
    assert {row["reason"] for part in parts for row in part["discounts"]} == {"friends"}


def test_added_tax_is_divided_to_the_penny(server: Member, menu: Menu) -> None:
    TaxRate.objects.filter(pk=menu.vat.pk).update(is_inclusive=False, rate_bps=825)
    order = sent(server, opened(server, menu.order(*[menu.line()] * 3, channel="takeaway")))
    parts = split(server, order, equal=4)
    assert sums(parts, "tax_added", "total") == [order["tax_added"], order["total"]]
    again = parts[0]
    for other in parts[1:]:
        again = said(server.post(f"orders/{other['id']}/merge/", {"into": again["id"]}))
    assert (again["total"], again["taxes"]) == (order["total"], order["taxes"])


def test_a_part_is_an_order_like_any_other(server: Member, menu: Menu) -> None:
    order = opened(server, menu.order(menu.line(quantity="2")))
    _, child = split(server, order, equal=2)
    path = f"orders/{child['id']}/"
    water = {"lines": [{"product": str(menu.water.pk)}]}
    more = said(server.post(f"{path}lines/", water))
    assert more["subtotal"] == child["subtotal"] + 200
    cancelled = said(server.post(f"{path}cancel/", {"reason": "left"}))
    assert (cancelled["total"], cancelled["status"]) == (0, "CANCELLED")


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ({}, 400, "input_invalid"),
        ({"equal": 1}, 400, "input_invalid"),
        ({"equal": 2, "seats": [[1]]}, 400, "input_invalid"),
        ({"lines": [[]]}, 400, "input_invalid"),
        ({"lines": [[7]]}, 400, "input_invalid"),
        ({"lines": [["01936f00-0000-7000-8000-00000000dead"]]}, 422, "unknown_reference"),
        ({"seats": [[9]]}, 422, "split_impossible"),
        ({"seats": [[0, 1, 2]]}, 422, "split_impossible"),
    ],
)
def test_what_makes_no_parts_is_refused(
    server: Member, menu: Menu, how: dict[str, Any], status: int, code: str
) -> None:
    order = three_lines(server, menu)
    assert refused(server.post(f"orders/{order['id']}/split/", how)) == (status, code)
    assert said(server.get(f"orders/{order['id']}/")) == order
    assert Order.objects.count() == 1


def test_a_line_is_given_once(server: Member, menu: Menu) -> None:
    order = three_lines(server, menu)
    line = order["lines"][0]["id"]
    path = f"orders/{order['id']}/split/"
    assert refused(server.post(path, {"lines": [[line], [line]]})) == (422, "split_impossible")
    assert refused(server.post(path, {"lines": [[line, line]]})) == (422, "unknown_reference")
    stale = server.post(path, {"equal": 2}, if_match='"9"')
    assert refused(stale) == (412, "version_conflict")


def test_what_was_paid_stays_with_the_order(server: Member, cashier: Member, menu: Menu) -> None:
    order = sent(server, three_lines(server, menu))
    cashier.post("payments/cash/", {"order": order["id"], "tendered": 1000, "amount": 1000},
                 idempotency_key="half")  # fmt: skip
    path = f"orders/{order['id']}/split/"
    tenth = {"equal": 20}
    assert refused(server.post(path, tenth)) == (422, "total_below_paid")
    left, child = split(server, order, equal=2)
    assert (left["paid"], child["paid"], left["payment_status"]) == (1000, 0, "PARTIALLY_PAID")
    assert sums([left, child], "total") == [order["total"]]


def test_limited_pieces_return_once(server: Member, menu: Menu) -> None:
    Product.objects.filter(pk=menu.burger.pk).update(availability="limited", stock=9)
    order = opened(server, menu.order(menu.line(quantity="3")))
    for part in split(server, order, equal=3):
        server.post(f"orders/{part['id']}/cancel/", {"reason": "left"})
    menu.burger.refresh_from_db()
    assert menu.burger.stock == 9


def test_a_cook_moves_every_part_of_a_line(server: Member, kitchen: Member, menu: Menu) -> None:
    order = opened(server, menu.order(menu.line(), menu.line(), table=str(menu.table.pk)))
    server.post(f"orders/{order['id']}/send/")
    (ticket,) = said(kitchen.get("kitchen/tickets/"))["results"]
    moved = split(server, order, lines=[[order["lines"][1]["id"]]])[1]
    parts = split(server, order, equal=2)
    assert [part["kitchen_status"] for part in (moved, *parts)] == ["SENT"] * 3
    ready = said(kitchen.post(f"kitchen/tickets/{ticket['id']}/ready/"))
    assert (ready["order"], ready["table_number"]) == (order["id"], "12")
    after = [said(server.get(f"orders/{part['id']}/")) for part in (moved, *parts)]
    assert [part["kitchen_status"] for part in after] == ["READY"] * 3
    assert len(history(restaurant_id=server.restaurant.pk, entity_id=moved["id"])) == 2


def test_a_split_of_any_size_takes_the_same_statements(server: Member, menu: Menu) -> None:
    small = opened(server, menu.order(menu.line(quantity="8")))
    large = opened(server, menu.order(*[menu.line(quantity="10")] * 20))
    counts = []
    for order, parts in ((small, 2), (small, 2), (large, 10)):
        with CaptureQueriesContext(connection) as statements:
            split(server, order, equal=parts)
        counts.append(len([row for row in statements if "SAVEPOINT" not in row["sql"]]))
    assert counts[1:] == [9, 9], statements.captured_queries


def test_two_orders_become_one(server: Member, manager: Member, menu: Menu) -> None:
    table = str(menu.table.pk)
    target = opened(server, menu.order(table=table, guests=2, note="window"))
    source = opened(server, menu.order(menu.line(quantity="2"), guests=3, note="birthday"))
    discount = {"kind": "percent", "value": 1000, "reason": "friends"}
    source = said(manager.post(f"orders/{source['id']}/discount/", discount))
    merged = said(server.post(f"orders/{source['id']}/merge/", {"into": target["id"]}))
    for name in ("gross", "discount", "subtotal", "service_charge", "tax", "total"):
        assert merged[name] == source[name] + target[name]
    assert (merged["guests"], merged["note"]) == (5, "window birthday")
    assert [row["amount"] for row in merged["discounts"]] == [250]
    closed = said(server.get(f"orders/{source['id']}/"))
    assert (closed["status"], closed["merged_into"]) == ("CANCELLED", target["id"])
    assert (closed["cancel_reason"], closed["lines"]) == (f"merged into #{target['number']}", [])
    assert (closed["total"], closed["due"]) == (0, 0)


def test_a_merged_order_keeps_both_service_charges(
    server: Member, manager: Member, menu: Menu
) -> None:
    bar = opened(server, menu.order(channel="takeaway"))
    table = opened(server, menu.order())
    merged = said(server.post(f"orders/{bar['id']}/merge/", {"into": table["id"]}))
    assert merged["total"] == bar["total"] + table["total"]
    path = f"orders/{table['id']}/"
    all_of_it = said(manager.patch(path, {"service_charge_bps": 1250}, if_match='"2"'))
    assert all_of_it["service_charge"] == 313


def test_a_merge_takes_the_tickets_to_the_table(
    server: Member, kitchen: Member, menu: Menu
) -> None:
    source = opened(server, menu.order())
    server.post(f"orders/{source['id']}/send/")
    target = opened(server, menu.order(table=str(menu.table.pk)))
    merged = said(server.post(f"orders/{source['id']}/merge/", {"into": target["id"]}))
    (ticket,) = said(kitchen.get("kitchen/tickets/"))["results"]
    assert (ticket["table_number"], ticket["order"], ticket["version"]) == ("12", source["id"], 2)
    kitchen.post(f"kitchen/tickets/{ticket['id']}/ready/")
    lines = said(server.get(f"orders/{merged['id']}/"))["lines"]
    assert [line["state"] for line in lines] == ["NEW", "READY"]


def test_what_cannot_be_merged_is_refused(
    server: Member, cashier: Member, rival_owner: Member, menu: Menu, rival_menu: Menu
) -> None:
    paid, other = opened(server, menu.order()), opened(server, menu.order())
    theirs = opened(rival_owner, rival_menu.order())
    path = f"orders/{paid['id']}/merge/"
    cashier.post("payments/cash/", {"order": paid["id"], "tendered": 500, "amount": 500},
                 idempotency_key="part")  # fmt: skip
    assert refused(server.post(path, {"into": paid["id"]})) == (422, "merge_into_itself")
    assert refused(server.post(path, {"into": theirs["id"]})) == (422, "unknown_reference")
    assert refused(server.post(path, {"into": other["id"]})) == (409, "order_has_payments")
    merged = said(server.post(f"orders/{other['id']}/merge/", {"into": paid["id"]}))
    assert (merged["paid"], merged["payment_status"]) == (500, "PARTIALLY_PAID")
    again = server.post(f"orders/{other['id']}/merge/", {"into": paid["id"]})
    assert refused(again) == (409, "order_not_open")


def test_a_merge_takes_eight_statements(server: Member, menu: Menu) -> None:
    target = opened(server, menu.order(*[menu.line()] * 3))
    for _ in range(2):
        source = opened(server, menu.order(*[menu.line()] * 30))
        with CaptureQueriesContext(connection) as statements:
            server.post(f"orders/{source['id']}/merge/", {"into": target["id"]})
    sent = [row["sql"][:70] for row in statements if "SAVEPOINT" not in row["sql"]]
    assert len(sent) == 8, sent


def test_an_order_goes_to_another_table_and_server(
    server: Member, cashier: Member, kitchen: Member, menu: Menu
) -> None:
    order = opened(server, menu.order())
    server.post(f"orders/{order['id']}/send/")
    path = f"orders/{order['id']}/transfer/"
    colleague = str(cashier.membership.pk)
    moved = said(server.post(path, {"table": str(menu.table.pk), "server": colleague}))
    assert (moved["table_number"], moved["server"]) == ("12", colleague)
    (ticket,) = said(kitchen.get("kitchen/tickets/"))["results"]
    assert ticket["table_number"] == "12"
    assert refused(server.post(path, {})) == (400, "input_invalid")
    nobody = {"server": order["id"]}
    assert refused(server.post(path, nobody)) == (422, "unknown_reference")
    nowhere = {"table": order["id"]}
    assert refused(server.post(path, nowhere)) == (422, "unknown_reference")
    off = said(server.patch(f"orders/{order['id']}/", {"table": None}, if_match='"3"'))
    assert off["table"] is None
    assert said(kitchen.get("kitchen/tickets/"))["results"][0]["table_number"] is None


def test_quantities_of_parts_are_exact(server: Member, menu: Menu) -> None:
    order = sent(server, opened(server, menu.order(menu.line(quantity="0.350"))))
    parts = split(server, order, equal=3)
    assert sum(Decimal(part["lines"][0]["quantity"]) for part in parts) == Decimal("0.35")
    crumb = sent(server, opened(server, menu.order(menu.line(quantity="0.001"))))
    path = f"orders/{crumb['id']}/split/"
    assert refused(server.post(path, {"equal": 2})) == (422, "split_impossible")


@pytest.mark.parametrize("line", ["burger", "water"])
def test_what_nobody_has_sent_is_divided_into_whole_pieces(
    server: Member, kitchen: Member, menu: Menu, line: str
) -> None:
    """A cook cannot make 0.334 of a burger; what was sent was sent whole."""
    wanted = menu.line() if line == "burger" else {"product": str(menu.water.pk)}
    order = opened(server, menu.order({**wanted, "quantity": "3"}, {**wanted, "quantity": "1.5"}))
    path = f"orders/{order['id']}/split/"
    first, odd = (row["id"] for row in order["lines"])
    half: dict[str, Any] = {"lines": [[{"line": first, "quantity": "0.5"}]]}
    for how in ({"equal": 2}, half):
        assert refused(server.post(path, how)) == (409, "lines_not_sent")
    left, child = split(server, order, lines=[[{"line": first, "quantity": "1"}, odd]])
    assert [row["quantity"] for row in child["lines"]] == ["1", "1.5"]
    for part in (left, child):
        sent(server, part)
    told = said(kitchen.get("kitchen/tickets/"))["results"]
    assert [item["quantity"] for ticket in told for item in ticket["items"]] == (
        ["2", "1", "1.5"] if line == "burger" else []
    )
    assert len(split(server, left, equal=3)) == 3
