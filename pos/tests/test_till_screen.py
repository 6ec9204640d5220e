"""What the till's page shows, and to whom."""

import pytest

from fynlo.testing.cast import Member
from pos.models import Product
from pos.tests.conftest import Menu, opened
from pos.tests.receipt_scene import completed, receipt_of

pytestmark = pytest.mark.django_db


def page_of(member: Member, path: str) -> str:
    response = member.look(path)
    assert response.status_code == 200
    return response.content.decode()


def test_the_menu_shows_prices_and_what_is_sold_out(server: Member, menu: Menu) -> None:
    Product.objects.filter(pk=menu.water.pk).update(availability="out_of_stock")
    page = page_of(server, "/till/")
    for said in ("Burger", "£12.50", "from £3.00", "Sold out"):
        assert said in page
    assert "disabled" in page.split("Water")[0].rsplit("<button", 1)[1]


def test_a_product_says_what_must_be_chosen(server: Member, menu: Menu) -> None:
    page = page_of(server, f"/till/products/{menu.burger.pk}/")
    for said in ("Side", "Chips", "Salad", "+£1.50"):
        assert said in page


def test_an_order_shows_its_sums_and_what_this_role_may_do(
    server: Member, cashier: Member, menu: Menu
) -> None:
    order = opened(server, menu.order(table=str(menu.table.pk)))
    path = f"/till/orders/{order['id']}/"
    page = page_of(server, path)
    for said in ("Table 12", "£12.50", "£1.56", "£14.06", "Discount", "Send"):
        assert said in page
    assert "/cash/" not in page
    assert "/cash/" in page_of(cashier, path)
    assert "Up to 5 %" in page_of(server, f"{path}discount/")
    assert "£14.06" in page_of(cashier, f"{path}cash/")
    assert order["id"] in page_of(server, "/till/places/")


def test_a_discount_that_was_given_can_be_taken_back(server: Member, menu: Menu) -> None:
    order = opened(server, menu.order())
    given = {"kind": "percent", "value": 500, "reason": "a long wait"}
    server.post(f"orders/{order['id']}/discount/", given)
    page = page_of(server, f"/till/orders/{order['id']}/discounts/")
    assert "a long wait" in page
    assert "−£0.63" in page


def test_a_closed_order_offers_its_receipt(manager: Member, menu: Menu) -> None:
    order = completed(manager, menu)
    url = receipt_of(manager, order)["receipt"]["url"]
    for path in (f"/till/orders/{order['id']}/", f"/till/orders/{order['id']}/done/"):
        assert f'href="{url}"' in page_of(manager, path)


def test_the_kitchen_does_not_sell_and_a_server_takes_no_cash(
    kitchen: Member, server: Member, menu: Menu
) -> None:
    order = opened(server, menu.order())
    assert kitchen.look("/till/").status_code == 403
    assert server.look(f"/till/orders/{order['id']}/cash/").status_code == 403


def test_the_rival_finds_none_of_it(server: Member, rival_owner: Member, menu: Menu) -> None:
    order = opened(server, menu.order(table=str(menu.table.pk)))
    path = f"/till/orders/{order['id']}/"
    dialogs = ("cash", "discount", "discounts", "courses", "move", "split", "done")
    line = f"{path}lines/{order['lines'][0]['id']}/"
    pieces = [path, line, f"/till/products/{menu.burger.pk}/", *(f"{path}{d}/" for d in dialogs)]
    for piece in pieces:
        assert rival_owner.look(piece).status_code == 404, piece
        assert server.look(piece).status_code == (403 if "cash" in piece else 200), piece
    assert order["id"] not in page_of(rival_owner, f"{path}parts/")
    assert "Burger" not in page_of(rival_owner, "/till/")
    assert order["id"] not in page_of(rival_owner, "/till/places/")
