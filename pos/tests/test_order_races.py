"""Two who do different things to one order at one instant. Every test says how to see it fail.

"Without the lock of an order": let `pos.selectors.orders.lock_order` return
`Order.objects.one(restaurant_id, order_id)`. "Without the locks of orders": take
`select_for_update` out of `pos.selectors.orders.lock_orders`.
"""

from contextlib import ExitStack
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.http import HttpResponse

from fynlo.clock import utc_now
from fynlo.db import durable
from fynlo.testing.cast import Member
from fynlo.testing.races import beside, overlapping, wait_until_blocked
from pos.models import Order, OrderLine, Ticket
from pos.selectors.orders import Piece
from pos.selectors.sale import Wanted
from pos.services.discounts import give_discount
from pos.services.lines import add_lines
from pos.services.merging import merge_order
from pos.services.orders import take_numbers
from pos.services.sending import fire_course, send_order
from pos.services.splitting import split_order
from pos.services.voids import void_line
from pos.tests.conftest import Menu, opened, said

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
FIVE = {"kind": "percent", "value": 500, "reason": "regular"}


def told(response: HttpResponse) -> tuple[int, str]:
    return response.status_code, said(response).get("code", "")


def do(service: Any, member: Member, order: dict[str, Any], **arguments: Any) -> Any:
    return lambda: service(by=member.actor, now=utc_now(), pk=UUID(order["id"]), **arguments)


def check_sums() -> None:
    """Every order is what its lines are, and no two lines stand in one place."""
    for order in Order.objects.all():
        lines = OrderLine.objects.filter(order=order)
        assert order.gross == sum(line.gross for line in lines)
        assert order.subtotal == sum(line.total - line.order_discount for line in lines)
        assert len({line.position for line in lines}) == len(lines)


def items(change: str) -> list[str]:
    """The lines that tickets name, as often as they do."""
    rows = Ticket.objects.values_list("items", flat=True)
    return [item["line"] for row in rows for item in row if item["change"] == change]


@pytest.mark.parametrize("way", ["send", "fire"])
def test_a_line_is_not_voided_unasked_while_it_is_sent(
    server: Member, cashier: Member, menu: Menu, way: str
) -> None:
    """Without the lock of an order the kitchen cooks what the bill shows as voided, and no
    manager was asked."""
    order = opened(server, menu.order(menu.line(), menu.line()))
    line, path = order["lines"][0]["id"], f"orders/{order['id']}/"
    server.post(f"{path}hold/", {"course": 2})
    sending = {
        "send": do(send_order, cashier, order, lines=[UUID(line)]),
        "fire": do(fire_course, cashier, order, course=2),
    }
    void = {"line": line, "reason": "changed mind"}
    answer = overlapping(sending[way], partial(server.post, f"{path}void-line/", void))
    assert OrderLine.objects.get(pk=line).state == "SENT"
    assert told(answer) == (403, "approval_required")
    assert items("add").count(line) == 1


@pytest.mark.parametrize("way", ["send", "fire"])
def test_what_is_being_voided_is_not_sent(
    server: Member, cashier: Member, menu: Menu, way: str
) -> None:
    """Without the lock of an order the kitchen is sent what was voided, and the line is back on
    the bill."""
    order = opened(server, menu.order())
    line, path = order["lines"][0]["id"], f"orders/{order['id']}/"
    if way == "fire":
        server.post(f"{path}hold/", {"course": 2})
    body = {"send": {}, "fire": {"course": 2}}[way]
    answer = overlapping(
        do(void_line, cashier, order, line=UUID(line), reason="changed mind"),
        partial(server.post, f"{path}{way}/", body),
    )
    assert OrderLine.objects.get(pk=line).state == "VOIDED"
    assert told(answer) == (409, "nothing_to_send")
    assert not Ticket.objects.exists()


def test_two_who_send_one_order_print_it_once(server: Member, cashier: Member, menu: Menu) -> None:
    """Without the lock of an order both print a ticket of the same number; the database takes one
    of them, and the slower till is told of a thing that exists already."""
    order = opened(server, menu.order(menu.line(), menu.line()))
    path = f"orders/{order['id']}/send/"
    answer = overlapping(do(send_order, cashier, order), partial(server.post, path))
    assert told(answer) == (409, "nothing_to_send")
    assert len(items("add")) == len(set(items("add"))) == 2


def test_two_discounts_at_once_do_not_pass_the_cap(
    server: Member, cashier: Member, menu: Menu
) -> None:
    """Without the lock of an order both are within the cap of a bill that has no other, and
    together they are above it."""
    order = opened(server, menu.order())
    answer = overlapping(
        do(give_discount, cashier, order, kind="percent", value=500, reason="regular"),
        partial(server.post, f"orders/{order['id']}/discount/", FIVE),
    )
    after = said(server.get(f"orders/{order['id']}/"))
    assert (after["discount"], len(after["discounts"])) == (63, 1)
    assert told(answer) == (403, "approval_required")


def test_a_discount_that_meets_a_split_is_given_or_divided_whole(
    server: Member, cashier: Member, menu: Menu
) -> None:
    """Without the lock of an order the split divides the bill as it was, and writes the discount
    away: the parts come to more than the discounted bill."""
    order = opened(server, menu.order(menu.line(), menu.line()))
    split = {"lines": [[order["lines"][0]["id"]]]}
    answer = overlapping(
        do(give_discount, cashier, order, kind="percent", value=500, reason="regular"),
        partial(server.post, f"orders/{order['id']}/split/", split),
    )
    check_sums()
    parts = said(answer)["results"]
    assert sum(part["subtotal"] for part in parts) == 2500 - 125


def test_a_discount_on_a_line_that_is_leaving_is_refused(
    server: Member, cashier: Member, menu: Menu
) -> None:
    """Without the lock of an order it is given in an order that has no such line any more, and
    the line keeps its price."""
    order = opened(server, menu.order(menu.line(), menu.line()))
    line = order["lines"][0]["id"]
    answer = overlapping(
        do(split_order, cashier, order, lines=[[Piece(UUID(line))]]),
        partial(server.post, f"orders/{order['id']}/discount/", {**FIVE, "line": line}),
    )
    check_sums()
    assert told(answer) == (404, "not_found")


def test_a_line_that_is_added_to_an_order_as_it_leaves_is_not_lost(
    server: Member, cashier: Member, menu: Menu
) -> None:
    """Without the lock of an order the line is added to an order that is closed, and nobody pays
    for it."""
    source, target = opened(server, menu.order()), opened(server, menu.order())
    more = {"lines": [{"product": str(menu.water.pk)}]}
    answer = overlapping(
        do(merge_order, cashier, source, into=UUID(target["id"])),
        partial(server.post, f"orders/{source['id']}/lines/", more),
    )
    assert OrderLine.objects.filter(order=source["id"]).count() == 0
    assert told(answer) == (409, "order_not_open")


@pytest.mark.parametrize("into", [True, False])
def test_a_line_that_is_being_added_goes_with_its_order(
    server: Member, cashier: Member, menu: Menu, into: bool
) -> None:
    """Without the locks of orders the merge does not know of the line: it is written away from
    the total, or left behind in an order that is closed."""
    source, target = opened(server, menu.order()), opened(server, menu.order())
    added_to = target if into else source
    water = [Wanted(menu.water.pk, Decimal(1))]
    answer = overlapping(
        do(add_lines, cashier, added_to, lines=water),
        partial(server.post, f"orders/{source['id']}/merge/", {"into": target["id"]}),
    )
    check_sums()
    assert OrderLine.objects.filter(order=target["id"]).count() == 3
    assert said(answer)["subtotal"] == 2700


def test_an_order_that_is_split_while_it_is_merged_keeps_every_line_once(
    server: Member, cashier: Member, menu: Menu
) -> None:
    """Without the locks of orders the merge takes along the line that was just split off."""
    source = opened(server, menu.order(menu.line(), menu.line()))
    target = opened(server, menu.order())
    answer = overlapping(
        do(split_order, cashier, source, lines=[[Piece(UUID(source["lines"][0]["id"]))]]),
        partial(server.post, f"orders/{source['id']}/merge/", {"into": target["id"]}),
    )
    check_sums()
    assert answer.status_code == 200
    assert sum(order.gross for order in Order.objects.all()) == 3 * 1250
    assert OrderLine.objects.count() == 3


def test_a_line_that_is_sent_meanwhile_is_not_changed_behind_the_kitchens_back(
    server: Member, cashier: Member, menu: Menu
) -> None:
    """Without the lock of an order the ticket says the old and the bill the new, and the line is
    as if it had never been sent."""
    order = opened(server, menu.order())
    line = order["lines"][0]["id"]
    nuts = {"note": "no nuts", "version": 1}
    path = f"orders/{order['id']}/lines/{line}/"
    answer = overlapping(do(send_order, cashier, order), partial(server.patch, path, nuts))
    stored = OrderLine.objects.get(pk=line)
    assert (stored.state, stored.note) == ("SENT", "")
    assert told(answer) == (412, "version_conflict")


def test_a_split_that_is_killed_half_way_leaves_nothing_of_itself(
    server: Member, cashier: Member, menu: Menu
) -> None:
    """It waits for the day's counter when its connection is ended, with the order locked and
    divided. To see it fail, let `pos.services.splitting.split_order` save the order and commit
    (`connection.connection.commit()`) before it takes numbers."""
    order = opened(server, menu.order(menu.line(), menu.line()))
    split = {"lines": [[order["lines"][0]["id"]]]}
    path = f"orders/{order['id']}/"
    before = said(server.get(path))
    with ExitStack() as outside:
        with durable():
            take_numbers(server.restaurant.pk, Order.objects.get().business_date)
            running = outside.enter_context(beside(partial(cashier.post, f"{path}split/", split)))
            wait_until_blocked()
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname ="
                    " current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()"
                )
        assert running.result(20).status_code == 503
    assert said(server.get(path)) == before
    assert Order.objects.count() == 1
    assert cashier.post(f"{path}split/", split).status_code == 200
    check_sums()
