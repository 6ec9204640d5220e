"""What was counted off comes back, and nothing else does."""

from datetime import timedelta
from typing import Any

import pytest

from fynlo.clock import utc_now
from fynlo.events.reading import history
from fynlo.testing.cast import Member
from pos.models import Product
from pos.tests.conftest import Menu, opened, said

pytestmark = pytest.mark.django_db


def left(menu: Menu) -> tuple[str, int | None]:
    menu.burger.refresh_from_db()
    return menu.burger.availability, menu.burger.stock


def limit(menu: Menu, stock: int, **changes: Any) -> None:
    rows = Product.objects.filter(pk=menu.burger.pk)
    rows.update(availability="limited", stock=stock, **changes)


def test_the_last_piece_can_be_sold_again_once_its_order_is_cancelled(
    server: Member, menu: Menu
) -> None:
    limit(menu, 2)
    order = opened(server, menu.order(menu.line(quantity="2")))
    assert left(menu) == ("out_of_stock", 0)
    server.post(f"orders/{order['id']}/cancel/", {"reason": "left"})
    assert left(menu) == ("limited", 2)
    opened(server, menu.order())
    events = history(restaurant_id=menu.burger.restaurant_id, entity_id=menu.burger.pk)
    assert len(events) == 3


@pytest.mark.parametrize("call", ["remove", "void"])
def test_an_unsent_line_gives_back_what_it_took(server: Member, menu: Menu, call: str) -> None:
    limit(menu, 2)
    order = opened(server, menu.order(menu.line(), menu.line()))
    path, line = f"orders/{order['id']}/", order["lines"][0]["id"]
    if call == "remove":
        server.delete(f"{path}lines/{line}/")
    else:
        server.post(f"{path}void-line/", {"line": line, "reason": "x"})
    assert left(menu) == ("limited", 1)


def test_what_was_cooked_does_not_come_back(manager: Member, menu: Menu) -> None:
    limit(menu, 2)
    order = opened(manager, menu.order(menu.line(), menu.line()))
    path = f"orders/{order['id']}/"
    manager.post(f"{path}send/", {"lines": [order["lines"][0]["id"]]})
    assert said(manager.post(f"{path}cancel/", {"reason": "left"}))["status"] == "CANCELLED"
    assert left(menu) == ("limited", 1)


@pytest.mark.parametrize(
    ("quantity", "after"), [("1", ("limited", 2)), ("2.5", ("out_of_stock", 0))]
)
def test_a_changed_quantity_moves_the_difference(
    server: Member, menu: Menu, quantity: str, after: tuple[str, int]
) -> None:
    limit(menu, 3)
    order = opened(server, menu.order(menu.line(quantity="3")))
    line = f"orders/{order['id']}/lines/{order['lines'][0]['id']}/"
    assert server.patch(line, {"quantity": quantity}, if_match="1").status_code == 200
    assert left(menu) == after
    refused = server.patch(line, {"quantity": "4"}, if_match="2")
    assert (refused.status_code, said(refused)["code"]) == (422, "product_sold_out")
    assert left(menu) == after


def test_fewer_of_what_somebody_marked_sold_out_is_no_trouble(
    server: Member, cashier: Member, menu: Menu
) -> None:
    limit(menu, 5)
    order = opened(server, menu.order(menu.line(quantity="3")))
    cashier.post(f"products/{menu.burger.pk}/availability/", {"state": "out_of_stock"})
    line = f"orders/{order['id']}/lines/{order['lines'][0]['id']}/"
    assert server.patch(line, {"quantity": "2"}, if_match="1").status_code == 200
    assert said(server.patch(line, {"quantity": "3"}, if_match="2"))["code"] == "product_sold_out"
    server.delete(line)
    assert left(menu) == ("out_of_stock", None)


def test_a_line_that_was_sold_uncounted_gives_nothing_back(server: Member, menu: Menu) -> None:
    order = opened(server, menu.order(menu.line(quantity="2")))
    limit(menu, 5)
    line = f"orders/{order['id']}/lines/{order['lines'][0]['id']}/"
    server.patch(line, {"quantity": "3"}, if_match="1")
    assert left(menu) == ("limited", 4)
    server.delete(line)
    assert left(menu) == ("limited", 5)


def test_what_is_back_by_the_clock_is_not_counted(server: Member, menu: Menu) -> None:
    limit(menu, 1, available_again_at=utc_now() - timedelta(seconds=1))
    order = opened(server, menu.order(menu.line(quantity="3")))
    server.post(f"orders/{order['id']}/cancel/", {"reason": "left"})
    assert left(menu) == ("limited", 1)


def test_a_deleted_product_is_not_heard_of_again(
    server: Member, manager: Member, menu: Menu
) -> None:
    limit(menu, 5)
    order = opened(server, menu.order())
    manager.delete(f"products/{menu.burger.pk}/")
    server.post(f"orders/{order['id']}/cancel/", {"reason": "left"})
    events = history(restaurant_id=menu.burger.restaurant_id, entity_id=menu.burger.pk)
    assert '"kind":"product.deleted"' in events[-1].envelope
