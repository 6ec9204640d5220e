"""Six tills do anything to the same three orders at once; then the books are checked."""

from collections import Counter
from functools import partial
from math import ceil
from random import Random
from typing import Any

import orjson
import pytest

from fynlo.accounts.choices import Role
from fynlo.accounts.models import Restaurant
from fynlo.events.reading import history
from fynlo.testing.cast import Member, hire
from fynlo.testing.races import at_once
from pos.models import Order, OrderLine, Product
from pos.tests.conftest import Menu, opened, said
from pos.tests.storm import Till

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
TILLS, SECONDS = 6, 5.0
STOCK = {"BUR": 300, "WAT": 25}


def test_the_books_add_up_after_a_storm(
    restaurant: Restaurant, manager: Member, menu: Menu
) -> None:
    """No request fails or meets a deadlock; what each lock is for is told in `test_races`.

    Only an action that names a line may answer 404: another till has removed it meanwhile.

    To see it fail, let `pos.selectors.menu.products_back` lock without `no_key`, and give it 15
    seconds: an order and the task that brings products back wait for each other.
    """
    for sku, stock in STOCK.items():
        Product.objects.filter(sku=sku).update(availability="limited", stock=stock)
    few = [opened(manager, menu.order(table=str(menu.table.pk)))["id"] for _ in range(3)]
    members = [hire(restaurant, Role.MANAGER, name=f"manager {place}") for place in range(TILLS)]
    tills = [Till(member, menu, few, Random(place)) for place, member in enumerate(members)]
    at_once(*(partial(till.work, SECONDS) for till in tills))
    answers = sum((till.answers for till in tills), Counter[tuple[str, int]]())
    odd = {pair for pair in answers if pair[1] not in {200, 201, 409, 412, 422}}
    assert odd <= {(action, 404) for action in ("change", "remove", "void", "discount")}, answers
    for pk in Order.objects.values_list("pk", flat=True):
        check_order(manager, said(manager.get(f"orders/{pk}/")))
    assert {sku: left_and_sold(sku) for sku in STOCK} == STOCK


def check_order(member: Member, order: dict[str, Any]) -> None:
    live = [line for line in order["lines"] if line["state"] != "VOIDED"]
    payments = said(member.get(f"payments/?order={order['id']}&limit=200"))["results"]
    sums = {
        "gross": sum(line["gross"] for line in order["lines"]),
        "discount": sum(row["amount"] for row in order["discounts"]),
        "subtotal": sum(line["total"] - line["order_discount"] for line in live),
        "tax": sum(line["tax"] for line in live),
        "total": order["subtotal"] + order["service_charge"] + order["tip"],
        "paid": sum(row["captured"] for row in payments),
        "tip": sum(row["tip"] for row in payments),
        "due": order["total"] - order["paid"],
    }
    assert {name: order[name] for name in sums} == sums
    assert order["due"] >= 0
    assert (order["status"], order["due"]) != ("COMPLETED", 0) or order["payment_status"] == "PAID"
    check_history(member, order)


def check_history(member: Member, order: dict[str, Any]) -> None:
    """Every change is an event with the next version, and the last one is what is read."""
    events = history(restaurant_id=member.restaurant.pk, entity_id=order["id"])
    versions = [orjson.loads(event.envelope)["version"] for event in events]
    assert versions == list(range(1, order["version"] + 1))
    assert orjson.loads(events[-1].payload) == order


def left_and_sold(sku: str) -> int:
    """What is left, and all that was taken and never came back; what was cooked counts."""
    product = Product.objects.get(sku=sku)
    lines = OrderLine.objects.filter(product=product)
    live = [line for line in lines if line.state != "VOIDED"]
    assert all(line.counted == ceil(line.quantity) for line in live)
    return (product.stock or 0) + sum(line.counted for line in lines)
