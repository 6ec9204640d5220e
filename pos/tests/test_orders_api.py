from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from fynlo.accounts.models import Restaurant
from fynlo.accounts.services.pins import set_pin
from fynlo.events.reading import history
from fynlo.testing.cast import Member
from pos.models import Modifier, ModifierGroup, Order, Product
from pos.tests.conftest import Menu, opened, said

pytestmark = pytest.mark.django_db


def test_an_order_is_priced_by_the_menu(server: Member, menu: Menu) -> None:
    cola: dict[str, object] = {
        "product": str(menu.cola.pk),
        "variation": str(menu.large.pk),
        "quantity": "2",
    }
    with_salad = menu.line(modifiers=[{"modifier": str(menu.salad.pk)}])
    order = opened(server, menu.order(menu.line(), with_salad, cola, table=str(menu.table.pk)))
    assert [line["total"] for line in order["lines"]] == [1250, 1400, 840]
    assert (order["subtotal"], order["service_charge"], order["total"]) == (3490, 436, 3926)
    assert order["taxes"][0]["tax"] == order["tax"] == 582  # 3490 × 20/120 = 581.67
    assert (order["number"], order["table_number"], order["status"]) == (1, "12", "OPEN")
    assert order["due"] == 3926


def test_the_answer_the_event_and_the_read_are_one_document(server: Member, menu: Menu) -> None:
    response = server.post("orders/", menu.order())
    order = said(response)
    (event,) = history(restaurant_id=server.restaurant.pk, entity_id=order["id"])
    read = server.get(f"orders/{order['id']}/")
    assert response.content.decode() == event.payload == read.content.decode()
    assert server.get(f"orders/{order['id']}/", if_none_match=read["ETag"]).status_code == 304


def test_numbers_count_up_within_the_business_day(server: Member, menu: Menu) -> None:
    assert [opened(server, menu.order())["number"] for _ in range(3)] == [1, 2, 3]


def test_takeaway_has_no_service_charge(server: Member, menu: Menu) -> None:
    assert opened(server, menu.order(channel="takeaway"))["service_charge"] == 0


def test_calculate_writes_nothing_and_agrees_with_the_order(server: Member, menu: Menu) -> None:
    body = menu.order(menu.line(quantity="3"))
    preview = said(server.post("orders/calculate/", body))
    assert not Order.objects.exists()
    order = opened(server, body)
    assert {name: order[name] for name in preview if name != "lines"} == {
        name: preview[name] for name in preview if name != "lines"
    }


def test_more_than_a_till_can_charge_is_refused_before_it_is_written(
    manager: Member, menu: Menu
) -> None:
    """The prices alone would be too large for a column of the database."""
    Modifier.objects.filter(pk=menu.chips.pk).update(price_delta=10**11)
    ModifierGroup.objects.filter(pk=menu.sides.pk).update(max_choices=50, allow_quantities=True)
    fifty = [{"modifier": str(menu.chips.pk), "quantity": 50}]
    body = menu.order(*[menu.line(modifiers=fifty, quantity="9999")] * 200)
    for path in ("orders/", "orders/calculate/"):
        refused = manager.post(path, body)
        assert (refused.status_code, said(refused)["code"]) == (422, "amount_too_large")
    assert not Order.objects.exists()


def test_calculate_takes_no_more_off_than_there_is(server: Member, menu: Menu) -> None:
    def with_discount(**discount: object) -> HttpResponse:
        return server.post("orders/calculate/", menu.order(discounts=[discount]))

    whole = said(with_discount(kind="percent", value=10_000))
    assert (whole["discount"], whole["total"]) == (1250, 0)
    assert said(with_discount(kind="amount", value=10_001))["total"] == 0
    refused = with_discount(kind="percent", value=10_001)
    assert (refused.status_code, said(refused)["code"]) == (400, "input_invalid")


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"product": "01936f00-0000-7000-8000-00000000dead"}, "product_unavailable", "product"),
        ({"modifiers": []}, "modifiers_invalid", "modifiers"),
        (
            {"modifiers": [{"modifier": "01936f00-0000-7000-8000-00000000dead"}]},
            "modifiers_invalid",
            "modifiers",
        ),
        ({"variation": "01936f00-0000-7000-8000-00000000dead"}, "variation_invalid", "variation"),
    ],
)
def test_a_line_that_the_menu_does_not_know_is_refused_whole(
    server: Member, menu: Menu, change: dict[str, object], code: str, field: str
) -> None:
    response = server.post("orders/", menu.order(menu.line(), menu.line(**change)))
    assert (response.status_code, said(response)["code"]) == (422, code)
    assert said(response)["errors"][0]["field"] == f"lines.1.{field}"
    assert not Order.objects.exists()


def test_a_rival_product_and_table_do_not_exist_here(
    server: Member, menu: Menu, rival_menu: Menu
) -> None:
    assert server.post("orders/", menu.order(rival_menu.line())).status_code == 422
    refused = server.post("orders/", menu.order(table=str(rival_menu.table.pk)))
    assert (refused.status_code, said(refused)["code"]) == (422, "unknown_reference")
    assert not Order.objects.exists()


def test_only_a_manager_sells_at_another_price(server: Member, manager: Member, menu: Menu) -> None:
    body = menu.order(menu.line(unit_price=1))
    refused = server.post("orders/", body)
    assert (refused.status_code, said(refused)["code"]) == (403, "price_not_yours")
    line = opened(manager, body)["lines"][0]
    assert (line["unit_price"], line["price_overridden"]) == (1, True)


def test_creating_an_order_of_four_lines_takes_at_most_nine_statements(
    server: Member, menu: Menu
) -> None:
    body = menu.order(*[menu.line()] * 4, table=str(menu.table.pk))
    server.post("orders/", body)
    with CaptureQueriesContext(connection) as statements:
        response = server.post("orders/", body, idempotency_key="four lines")
    assert response.status_code == 201
    sent = [row["sql"][:60] for row in statements if "SAVEPOINT" not in row["sql"]]
    assert len(sent) == 8, sent


def test_the_list_of_orders_takes_one_statement_and_the_number_of_the_newest_event(
    server: Member, menu: Menu
) -> None:
    for _ in range(3):
        opened(server, menu.order(*[menu.line()] * 4))
    with CaptureQueriesContext(connection) as statements:
        page = said(server.get("orders/?limit=2&status=OPEN"))
    assert (len(statements), len(page["results"])) == (2, 2)
    assert [row["number"] for row in page["results"]] == [3, 2]
    rest = said(server.get(f"orders/?limit=2&status=OPEN&cursor={page['next']}"))
    assert [row["number"] for row in rest["results"]] == [1]


def test_orders_are_found_by_number_table_and_note(server: Member, menu: Menu) -> None:
    opened(server, menu.order(note="birthday cake"))
    opened(server, menu.order(table=str(menu.table.pk)))
    for query, number in (
        ("q=birthday", 1),
        ("q=2", 2),
        ("q=12", 2),
        (f"table={menu.table.pk}", 2),
    ):
        found = said(server.get(f"orders/?{query}"))["results"]
        assert [row["number"] for row in found] == [number], query
    assert server.get("orders/?colour=red").status_code == 400


def test_adding_changing_and_removing_lines(server: Member, menu: Menu) -> None:
    order = opened(server, menu.order())
    path = f"orders/{order['id']}/"
    order = said(server.post(f"{path}lines/", {"lines": [menu.line(), menu.line()]}))
    assert (len(order["lines"]), order["total"]) == (3, 4219)
    line = order["lines"][1]
    changed = server.patch(f"{path}lines/{line['id']}/", {"quantity": "2"}, if_match='"1"')
    assert said(changed)["subtotal"] == 5000
    stale = server.patch(f"{path}lines/{line['id']}/", {"quantity": "3"}, if_match='"1"')
    assert (stale.status_code, said(stale)["current"]["subtotal"]) == (412, 5000)
    removed = said(server.delete(f"{path}lines/{line['id']}/"))
    assert (len(removed["lines"]), removed["subtotal"]) == (2, 2500)


def test_a_line_sent_twice_with_its_own_id_is_added_once(server: Member, menu: Menu) -> None:
    order = opened(server, menu.order())
    again = {"lines": [menu.line(id="01936f00-0000-7000-8000-00000000aaaa")]}
    path = f"orders/{order['id']}/lines/"
    server.post(path, again)
    assert len(said(server.post(path, again))["lines"]) == 2
    salad = [{"modifier": str(menu.salad.pk)}]
    for change in ({"quantity": "9"}, {"modifiers": salad}, {"product": str(menu.water.pk)}):
        other = {"lines": [menu.line(**{**again["lines"][0], **change})]}
        assert said(server.post(path, other))["code"] == "id_conflict"


def test_the_id_of_a_line_is_taken_wherever_it_is(
    server: Member, rival_owner: Member, menu: Menu, rival_menu: Menu
) -> None:
    mine = menu.line(id="01936f00-0000-7000-8000-00000000aaaa")
    order = opened(server, menu.order(mine))
    other = opened(server, menu.order())
    theirs = rival_menu.line(id=mine["id"])
    twice = [menu.line(id=other["id"])] * 2
    for refused in (
        server.post("orders/", menu.order(*twice)),
        server.post(f"orders/{other['id']}/lines/", {"lines": [mine]}),
        rival_owner.post("orders/", rival_menu.order(theirs)),
    ):
        assert (refused.status_code, said(refused)["code"]) == (409, "id_conflict")
    assert said(server.get(f"orders/{order['id']}/")) == order
    assert Order.objects.count() == 2


def test_a_line_sent_again_after_somebody_changed_it_stays_changed(
    server: Member, cashier: Member, menu: Menu
) -> None:
    order = opened(server, menu.order())
    again = {"lines": [menu.line(id="01936f00-0000-7000-8000-00000000aaaa")]}
    path = f"orders/{order['id']}/lines/"
    server.post(path, again)
    cashier.patch(f"{path}01936f00-0000-7000-8000-00000000aaaa/", {"quantity": "2"}, if_match="1")
    assert [line["quantity"] for line in said(server.post(path, again))["lines"]] == ["1", "2"]


def test_an_order_is_changed_only_with_its_version(server: Member, menu: Menu) -> None:
    order = opened(server, menu.order())
    path = f"orders/{order['id']}/"
    assert said(server.patch(path, {"guests": 4}))["code"] == "version_required"
    changed = said(server.patch(path, {"guests": 4, "version": 1}))
    assert (changed["guests"], changed["version"]) == (4, 2)
    assert server.patch(path, {"guests": 5}, if_match='"1"').status_code == 412


def test_limited_stock_counts_down_and_sells_out(server: Member, menu: Menu) -> None:
    Product.objects.filter(pk=menu.burger.pk).update(availability="limited", stock=3)
    opened(server, menu.order(menu.line(quantity="2")))
    refused = server.post("orders/", menu.order(menu.line(quantity="2")))
    assert said(refused)["code"] == "product_sold_out"
    order = opened(server, menu.order(menu.line()))
    menu.burger.refresh_from_db()
    assert (menu.burger.availability, menu.burger.stock) == ("out_of_stock", 0)
    assert said(server.post("orders/", menu.order()))["product"] == str(menu.burger.pk)
    assert order["status"] == "OPEN"


def test_a_removed_line_returns_to_limited_stock(server: Member, menu: Menu) -> None:
    Product.objects.filter(pk=menu.burger.pk).update(availability="limited", stock=5)
    order = opened(server, menu.order(menu.line(quantity="2"), menu.line()))
    server.delete(f"orders/{order['id']}/lines/{order['lines'][0]['id']}/")
    menu.burger.refresh_from_db()
    assert menu.burger.stock == 4


def test_a_rival_cannot_see_or_touch_an_order(
    server: Member, rival_owner: Member, menu: Menu, restaurant: Restaurant
) -> None:
    order = opened(server, menu.order())
    path = f"orders/{order['id']}/"
    assert rival_owner.get(path).status_code == 404
    assert rival_owner.post(f"{path}cancel/", {"reason": "x"}).status_code == 404
    assert rival_owner.post(f"{path}lines/", {"lines": [menu.line()]}).status_code == 404
    assert Order.objects.get(pk=order["id"]).version == 1


def test_another_service_charge_needs_a_manager(
    server: Member, cashier: Member, manager: Member, menu: Menu
) -> None:
    order = opened(server, menu.order())
    path = f"orders/{order['id']}/"
    none: dict[str, Any] = {"service_charge_bps": 0, "version": 1}
    for member in (server, cashier):
        refused = member.patch(path, none)
        assert (refused.status_code, said(refused)["code"]) == (403, "approval_required")
    assert said(server.get(path)) == order
    same = server.patch(path, {**none, "service_charge_bps": 1250})
    assert said(same)["total"] == order["total"]
    none["version"] = 2
    set_pin(membership=manager.membership, pin="7391")
    pin = {"employee_code": manager.membership.employee_code, "pin": "7391"}
    wrong = server.patch(path, {**none, "approver": {**pin, "pin": "0000"}})
    assert wrong.status_code == 403
    after = said(server.patch(path, {**none, "approver": pin}))
    assert (after["service_charge"], after["total"]) == (0, 1250)
    assert after["service_charge_approved_by"] == str(manager.membership.pk)
    told = said(server.get(f"{path}history/"))["results"][-1]["sentence"]
    assert told == "Server changed service charge from 12.5 % to 0 %."
    back = said(manager.patch(path, {"service_charge_bps": 1250, "version": 3}))
    assert back["total"] == order["total"]


def test_a_price_of_ones_own_is_told_beside_the_menus(manager: Member, menu: Menu) -> None:
    order = opened(manager, menu.order(menu.line(unit_price=900), menu.line(unit_price=1250)))
    assert [line["menu_price"] for line in order["lines"]] == [1250, None]
    path = f"orders/{order['id']}/"
    first, second = said(manager.get(f"{path}explain/"))["steps"][:2]
    assert first["text"] == "1 × Burger at £9.00, £12.50 on the menu"
    assert second["text"] == "1 × Burger at £12.50"
    told = said(manager.get(f"{path}history/"))["results"][0]["sentence"]
    assert told == "Manager opened it with 1 × Burger at £9.00 instead of £12.50, 1 × Burger."


def test_what_an_order_shows_of_its_table_is_never_stale(
    server: Member, manager: Member, menu: Menu
) -> None:
    order = opened(server, menu.order(table=str(menu.table.pk)))
    path = f"orders/{order['id']}/"
    known = server.get(path)["ETag"]
    assert server.get(path, if_none_match=known).status_code == 304
    manager.patch(f"tables/{menu.table.pk}/", {"number": "T12", "version": 1})
    read = server.get(path, if_none_match=known)
    assert (read.status_code, said(read)["table_number"]) == (200, "T12")
    changed = server.patch(path, {"guests": 2}, if_match=read["ETag"])
    assert said(changed)["version"] == 2
    assert server.patch(path, {"guests": 3}, if_match=read["ETag"]).status_code == 412
