"""Two or more tills at one instant. Every test says how to see it fail."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.http import HttpResponse

from fynlo.accounts.choices import Role
from fynlo.accounts.models import Restaurant
from fynlo.clock import utc_now
from fynlo.db import durable
from fynlo.testing.cast import Member, hire
from fynlo.testing.races import at_once, beside
from pos.models import Order, Product, Table
from pos.selectors.menu import products_back
from pos.tests.conftest import Menu, opened, said

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
BATCHES, LINES_EACH, ROUNDS = 4, 25, 5
CLIENT_MADE = "01936f00-0000-7000-8000-00000000000{}"


def test_two_tills_that_add_to_one_order_lose_no_line(
    server: Member, cashier: Member, menu: Menu
) -> None:
    """The order's row is locked before its lines are read.

    To see it fail, let `pos.selectors.orders.lock_order` return
    `Order.objects.one(restaurant_id, order_id)`: both tills give their lines the same position
    and one of them is refused, and where they do not meet the later total wipes out the earlier.
    """
    order = opened(server, menu.order(channel="takeaway"))
    path = f"orders/{order['id']}/lines/"
    server.delete(f"{path}{order['lines'][0]['id']}/")
    water = {"lines": [{"product": str(menu.water.pk)}]}

    def add(member: Member) -> list[int]:
        return [member.post(path, water).status_code for _ in range(LINES_EACH)]

    for _ in range(BATCHES):
        answers = at_once(partial(add, server), partial(add, cashier))
        assert answers == [[200] * LINES_EACH] * 2
    count = 2 * LINES_EACH * BATCHES
    after_it = said(server.get(f"orders/{order['id']}/"))
    assert len({line["id"] for line in after_it["lines"]}) == count == 200
    assert after_it["total"] == count * menu.water.price
    assert after_it["version"] == 2 + count


def test_twenty_tills_sell_exactly_the_ten_that_are_left(
    restaurant: Restaurant, menu: Menu
) -> None:
    """What is left is compared and counted down in one UPDATE.

    To see it fail, let `pos.services.stock._sell` read the product first, compare
    `product.stock` in Python, and only then run the UPDATE without `stock__gte`: more than ten
    are sold, or the count falls below zero and the request fails.
    """
    Product.objects.filter(pk=menu.burger.pk).update(availability="limited", stock=10)
    tills = [hire(restaurant, Role.SERVER, name=f"server {place}") for place in range(20)]
    answers = at_once(*(partial(till.post, "orders/", menu.order()) for till in tills))
    assert sorted(answer.status_code for answer in answers) == [201] * 10 + [422] * 10
    refused = {said(answer)["code"] for answer in answers if answer.status_code == 422}
    assert refused == {"product_sold_out"}
    menu.burger.refresh_from_db()
    assert (menu.burger.availability, menu.burger.stock) == ("out_of_stock", 0)
    assert Order.objects.count() == 10


def test_the_numbers_of_a_day_have_no_gap_under_ten_tills(
    restaurant: Restaurant, menu: Menu
) -> None:
    """The day's counter is a row that stays locked until the order is committed.

    To see it fail, let `pos.services.orders.take_numbers` SELECT `last`, add one and UPDATE it:
    two orders get one number and the slower one is refused.
    """
    tills = [hire(restaurant, Role.SERVER, name=f"server {place}") for place in range(10)]

    def sell(till: Member) -> list[int]:
        return [opened(till, menu.order())["number"] for _ in range(ROUNDS)]

    numbers = [
        number
        for of_till in at_once(*(partial(sell, till) for till in tills))
        for number in of_till
    ]
    assert sorted(numbers) == list(range(1, 10 * ROUNDS + 1))


def test_one_order_sent_by_two_connections_at_once_is_made_once(
    server: Member, cashier: Member, menu: Menu
) -> None:
    """The slower one meets the primary key, runs once more and finds what the other made.

    To see it fail, let `fynlo.api.idempotency.run` only `return _once(claim, work)`: the slower
    one is told 409.
    """
    for place in range(ROUNDS):
        body: dict[str, Any] = menu.order(id=CLIENT_MADE.format(place))
        answers: list[HttpResponse] = at_once(
            partial(server.post, "orders/", body), partial(cashier.post, "orders/", body)
        )
        assert sorted(answer.status_code for answer in answers) == [200, 201]
        assert answers[0].content == answers[1].content
    assert Order.objects.count() == ROUNDS
    assert opened(server, menu.order())["number"] == ROUNDS + 1


def test_a_product_that_is_coming_back_can_be_sold_meanwhile(server: Member, menu: Menu) -> None:
    """PostgreSQL checks at commit that the product of a line exists, when the order has the log.

    To see it fail, let `pos.selectors.menu.products_back` lock without `no_key`: the order waits
    for the product, and in real life the task then waits for the log: a deadlock.
    """
    now = utc_now()
    Product.objects.filter(pk=menu.burger.pk).update(
        availability="limited", stock=1, available_again_at=now - timedelta(seconds=1)
    )
    with durable():
        assert products_back(menu.burger.restaurant_id, now=now) == [menu.burger.pk]
        with beside(partial(server.post, "orders/", menu.order())) as selling:
            assert selling.result(5).status_code == 201


def test_two_tills_that_split_one_order_divide_it_once(
    server: Member, cashier: Member, menu: Menu
) -> None:
    """The order's row is locked before its lines are read.

    To see it fail, let `pos.selectors.orders.lock_order` return
    `Order.objects.one(restaurant_id, order_id)`: both take the same line, and the order is
    written twice from one state.
    """
    for _ in range(ROUNDS):
        order = opened(server, menu.order(menu.line(), menu.line()))
        path, body = f"orders/{order['id']}/split/", {"lines": [[order["lines"][0]["id"]]]}
        answers: list[HttpResponse] = at_once(
            partial(server.post, path, body), partial(cashier.post, path, body)
        )
        assert sorted(answer.status_code for answer in answers) == [200, 422]
        done = Order.objects.filter(split_from=order["id"])
        assert [row.total for row in done] == [order["total"] // 2]


def test_orders_merged_into_each_other_become_one(
    server: Member, cashier: Member, menu: Menu
) -> None:
    """Both rows are locked in the order of their keys, whichever is named first.

    To see it fail, let `pos.selectors.orders.lock_orders` lock `[pk, into]` one by one as they
    are given: the two requests wait for one another and PostgreSQL ends one of them.
    """
    for _ in range(ROUNDS):
        one, other = opened(server, menu.order()), opened(server, menu.order())
        answers: list[HttpResponse] = at_once(
            partial(server.post, f"orders/{one['id']}/merge/", {"into": other["id"]}),
            partial(cashier.post, f"orders/{other['id']}/merge/", {"into": one["id"]}),
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        left = Order.objects.filter(pk__in=[one["id"], other["id"]], status="OPEN")
        assert [row.total for row in left] == [one["total"] + other["total"]]


def test_tables_merged_into_each_other_have_one_head(
    server: Member, cashier: Member, menu: Menu
) -> None:
    """Both rows are locked in the order of their keys before either is looked at.

    To see it fail, take `select_for_update` out of `pos.selectors.floor.lock_tables_with`: each
    table is merged into the other, and none takes orders.
    """
    other = Table.objects.create(restaurant=server.restaurant, floor=menu.table.floor, number="13")
    pair = [menu.table.pk, other.pk]
    for _ in range(ROUNDS):
        Table.objects.filter(pk__in=pair).update(merged_into=None)
        answers: list[HttpResponse] = at_once(
            partial(server.post, f"tables/{pair[0]}/merge/", {"into": str(pair[1])}),
            partial(cashier.post, f"tables/{pair[1]}/merge/", {"into": str(pair[0])}),
        )
        assert sorted(answer.status_code for answer in answers) == [200, 422]
        assert Table.objects.filter(pk__in=pair, merged_into=None).count() == 1


def test_a_tap_in_the_kitchen_and_a_merge_both_succeed(
    server: Member, kitchen: Member, menu: Menu
) -> None:
    """The tap locks the orders that have the ticket's lines, in the order of their keys.

    To see it fail, let `pos.services.tickets._open_with_lines` open the ticket's own order only:
    a line that moved stays behind as sent.
    """
    for _ in range(ROUNDS):
        one, other = opened(server, menu.order()), opened(server, menu.order())
        server.post(f"orders/{other['id']}/send/")
        path = f"kitchen/tickets/?order={other['id']}"
        (ticket,) = said(kitchen.get(path))["results"]
        answers: list[HttpResponse] = at_once(
            partial(server.post, f"orders/{other['id']}/merge/", {"into": one["id"]}),
            partial(kitchen.post, f"kitchen/tickets/{ticket['id']}/start/"),
        )
        assert answers[0].status_code == 200
        assert answers[1].status_code == 200 or said(answers[1])["code"] == "lines_moved"
        kitchen.post(f"kitchen/tickets/{ticket['id']}/ready/")
        lines = said(server.get(f"orders/{one['id']}/"))["lines"]
        assert [line["state"] for line in lines] == ["NEW", "READY"]
