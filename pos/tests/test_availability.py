from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fynlo.clock import utc_now
from fynlo.events.reading import history, last_seq
from fynlo.testing.cast import Member
from pos.models import Product
from pos.tasks import restore_availability
from pos.tests.conftest import Menu, said

pytestmark = pytest.mark.django_db
LATER = datetime(2099, 1, 1, 12, tzinfo=UTC)


def path(menu: Menu) -> str:
    return f"products/{menu.burger.pk}/availability/"


def test_the_kitchen_marks_a_product_sold_out_until_an_instant(kitchen: Member, menu: Menu) -> None:
    body = {"state": "out_of_stock", "until": "2099-01-01T12:00:00Z"}
    document = said(kitchen.post(path(menu), body))
    assert (document["availability"], document["stock"]) == ("out_of_stock", None)
    assert document["available_again_at"] == "2099-01-01T12:00:00.000000Z"
    (event,) = history(restaurant_id=kitchen.restaurant.pk, entity_id=menu.burger.pk)
    assert '"kind":"product.updated"' in event.envelope


def test_limited_says_how_many_are_left_and_in_stock_forgets_it(
    cashier: Member, menu: Menu
) -> None:
    limited = said(cashier.post(path(menu), {"state": "limited", "quantity": 10}))
    assert (limited["availability"], limited["stock"]) == ("limited", 10)
    back = said(cashier.post(path(menu), {"state": "in_stock"}))
    assert (back["availability"], back["stock"], back["version"]) == ("in_stock", None, 3)


@pytest.mark.parametrize(
    "body",
    [{}, {"state": "gone"}, {"state": "limited"}, {"state": "limited", "quantity": 0},
     {"state": "limited", "quantity": 10**9}, {"state": "out_of_stock", "quantity": 3},
     {"state": "in_stock", "until": "2099-01-01T12:00:00Z"},
     {"state": "out_of_stock", "until": "tomorrow"}],
)  # fmt: skip
def test_bad_input_changes_nothing(owner: Member, menu: Menu, body: dict[str, Any]) -> None:
    assert owner.post(path(menu), body).status_code == 400
    assert said(owner.get(f"products/{menu.burger.pk}/"))["version"] == 1


def test_an_instant_that_has_passed_is_refused(owner: Member, menu: Menu) -> None:
    body = {"state": "out_of_stock", "until": "2020-01-01T00:00:00Z"}
    refused = owner.post(path(menu), body)
    assert (refused.status_code, said(refused)["code"]) == (422, "until_passed")


def test_a_server_may_not_and_a_rival_does_not_find_it(
    server: Member, rival_owner: Member, menu: Menu
) -> None:
    for member, status in ((server, 403), (rival_owner, 404)):
        assert member.post(path(menu), {"state": "out_of_stock"}).status_code == status
    assert said(server.get(f"products/{menu.burger.pk}/"))["availability"] == "in_stock"


@pytest.mark.django_db(transaction=True)
def test_products_come_back_by_themselves_once(
    owner: Member, rival_owner: Member, menu: Menu, rival_menu: Menu
) -> None:
    owner.get("menu/")
    past = utc_now() - timedelta(seconds=1)
    due = {menu.burger.pk, rival_menu.burger.pk}
    Product.objects.filter(pk__in=due).update(
        availability="limited", stock=3, available_again_at=past
    )
    Product.objects.filter(pk=menu.water.pk).update(
        availability="out_of_stock", available_again_at=LATER
    )
    restore_availability.delay()
    for member, stocked in ((owner, menu), (rival_owner, rival_menu)):
        products = {row["id"]: row for row in said(member.get("menu/"))["products"]}
        burger = products[str(stocked.burger.pk)]
        assert (burger["availability"], burger["stock"]) == ("in_stock", None)
        assert (burger["available_again_at"], burger["version"]) == (None, 2)
    assert said(owner.get(f"products/{menu.water.pk}/"))["availability"] == "out_of_stock"
    before = last_seq(owner.restaurant.pk), last_seq(rival_owner.restaurant.pk)
    restore_availability.delay()
    assert before == (1, 1)
    assert before == (last_seq(owner.restaurant.pk), last_seq(rival_owner.restaurant.pk))
