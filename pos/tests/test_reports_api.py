"""`GET analytics/products/`, `kitchen/` and `servers/`."""

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.utils.timezone import now as utc_now

from fynlo.testing.cast import Member
from pos import tasks
from pos.models import Order, OrderNumber, Product, Ticket, Variation
from pos.tests.conftest import Menu, opened, said
from pos.tests.sales_scene import must, report, settled, sold, water

pytestmark = pytest.mark.django_db


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["name"] for row in rows]


def cola(size: Variation) -> dict[str, object]:
    return {"product": str(size.product_id), "variation": str(size.pk)}


def test_the_best_and_the_worst_by_net_and_by_quantity(manager: Member, menu: Menu) -> None:
    """What is on the menu and was not sold is the worst."""
    sold(manager, menu.order(menu.line(), water(menu, quantity="3")))
    document = report(manager, "", "products")
    assert names(document["best"]) == ["Burger", "Water", "Cola"]
    assert names(document["worst"]) == ["Cola", "Water", "Burger"]
    assert (document["worst"][0]["quantity"], document["worst"][0]["net"]) == ("0", 0)
    by_quantity = report(manager, "sort=quantity&limit=1", "products")
    assert (names(by_quantity["best"]), names(by_quantity["worst"])) == (["Water"], ["Cola"])


def test_margin_is_told_where_the_cost_was_known_when_it_was_sold(
    manager: Member, menu: Menu
) -> None:
    """A size without its own costs what the product does; a later cost changes nothing."""
    Product.objects.filter(pk=menu.cola.pk).update(cost=60)
    Variation.objects.filter(pk=menu.large.pk).update(cost=95)
    Product.objects.filter(pk=menu.burger.pk).update(cost=400)
    sold(manager, menu.order(cola(menu.small), cola(menu.large), menu.line(), water(menu)))
    Product.objects.update(cost=1)
    sold(manager, menu.order(water(menu)))
    rows = {row["name"]: row for row in report(manager, "sort=margin", "products")["best"]}
    assert list(rows) == ["Burger", "Cola", "Water"]
    assert rows["Cola"]["cost"] == 60 + 95
    assert rows["Cola"]["margin"] == rows["Cola"]["net"] - 155
    assert rows["Burger"]["margin_bps"] == round(
        10_000 * (rows["Burger"]["net"] - 400) / rows["Burger"]["net"]
    )
    assert rows["Water"]["quantity"] == "2"
    assert rows["Water"]["margin"] == rows["Water"]["net"] // 2 - 1


def test_managers_set_costs_that_no_document_of_the_menu_tells(owner: Member, menu: Menu) -> None:
    path = f"products/{menu.cola.pk}/"
    small = {"id": str(menu.small.pk), "name": "Small", "price": 300}
    must(owner.patch(path, {"cost": 60, "variations": [{**small, "cost": 55}]}, if_match="1"))
    product = must(owner.patch(path, {"variations": [{**small, "price": 310}]}, if_match="2"))
    assert "cost" not in str(product)
    menu.cola.refresh_from_db()
    menu.small.refresh_from_db()
    assert (menu.cola.cost, menu.small.cost, menu.small.price) == (60, 55, 310)
    must(owner.patch(path, {"cost": None}, if_match="3"))
    menu.cola.refresh_from_db()
    assert menu.cola.cost is None
    for wrong in (-1, "60", 1.5):
        assert owner.patch(path, {"cost": wrong}, if_match="4").status_code == 400


def test_products_without_a_cost_have_no_margin(manager: Member, menu: Menu) -> None:
    sold(manager, menu.order())
    document = report(manager, "sort=margin", "products")
    assert (document["best"], document["worst"]) == ([], [])
    best = report(manager, "", "products")["best"][0]
    assert (best["cost"], best["margin"], best["margin_bps"]) == (None, None, None)


def test_a_spreadsheet_gets_every_product(manager: Member, menu: Menu) -> None:
    sold(manager, menu.order())
    answer = manager.get("analytics/products/?limit=1", accept="text/csv").content.decode()
    rows = list(csv.DictReader(StringIO(answer)))
    assert [(row["sku"], row["quantity"], row["gross"]) for row in rows] == [
        ("BUR", "1", "12.50"),
        ("COL", "0", "0.00"),
        ("WAT", "0", "0.00"),
    ]


@pytest.mark.django_db(transaction=True)
def test_products_are_told_from_daily_sums_as_from_their_orders(
    manager: Member, menu: Menu
) -> None:
    Product.objects.filter(pk=menu.burger.pk).update(cost=400)
    day = utc_now().date() - timedelta(3)
    for _ in range(2):
        order = sold(manager, menu.order(menu.line(), water(menu, quantity="0.5")))
        Order.objects.filter(pk=order["id"]).update(business_date=day)
    OrderNumber.objects.create(restaurant=manager.restaurant, business_date=day, last=2)
    query = f"from={day}&to={day}"
    found = [report(manager, query, name) for name in ("products", "servers")]
    tasks.sum_up_sales_days()
    assert [report(manager, query, name) for name in ("products", "servers")] == found
    assert found[0]["best"][0]["cost"] == 800


def test_servers_are_compared(manager: Member, server: Member, menu: Menu) -> None:
    order = opened(server, menu.order(menu.line(), guests=2))
    percent = {"kind": "percent", "value": 1000, "reason": "regular"}
    must(manager.post(f"orders/{order['id']}/discount/", percent))
    done = settled(manager, order)
    sold(manager, menu.order(channel="takeaway"), tip=125)
    document = report(manager, "", "servers")
    assert names(document["results"]) == ["Manager", "Server"]
    first, second = document["results"]
    assert (second["server"], second["covers"]) == (str(server.membership.pk), 2)
    assert (second["discount"], second["discount_bps"]) == (125, 1000)
    assert second["average_check"] == second["net"] == 1125 - done["tax"]
    assert (first["tip"], first["tip_bps"]) == (125, round(125 * 10_000 / first["net"]))
    assert document["totals"]["tip_bps"] == round(125 * 10_000 / document["totals"]["net"])


def slips(menu: Menu, order: dict[str, Any], seconds: list[tuple[int | None, ...]]) -> None:
    """Grill tickets of one order that took so long to be acknowledged, started and ready."""
    at = datetime(2026, 7, 1, 4, tzinfo=UTC)
    for revision, took in enumerate(seconds, start=50):
        steps = [None if s is None else at + timedelta(seconds=s) for s in took]
        Ticket.objects.create(
            restaurant=menu.grill.restaurant, order_id=order["id"], station=menu.grill,
            revision=revision, created_at=at, items=[{"change": "add"}],
            acknowledged_at=steps[0], started_at=steps[1], ready_at=steps[2],
        )  # fmt: skip


def test_stations_are_measured_by_median_and_90th_percentile(manager: Member, menu: Menu) -> None:
    order = opened(manager, menu.order())
    times = [(n, n * 10, n * 100) for n in range(1, 11)]
    slips(menu, order, [*times, (20, None, None), (None, None, None)])
    document = report(manager, "from=2026-07-01&to=2026-07-01", "kitchen")
    assert document["results"] == [
        {
            "station": str(menu.grill.pk),
            "name": "Grill",
            "tickets": 12,
            "alarms": 0,
            "acknowledged_p50_seconds": 6,
            "acknowledged_p90_seconds": 10,
            "started_p50_seconds": 50,
            "started_p90_seconds": 90,
            "ready_p50_seconds": 500,
            "ready_p90_seconds": 900,
        }
    ]
    assert report(manager, "from=2026-06-30&to=2026-06-30", "kitchen")["results"] == []


def test_slips_that_only_cancel_are_no_work(manager: Member, menu: Menu) -> None:
    order = opened(manager, menu.order())
    slips(menu, order, [(1, 2, 3)])
    Ticket.objects.update(items=[{"change": "cancel"}])
    assert report(manager, "from=2026-07-01&to=2026-07-01", "kitchen")["results"] == []


def test_the_kitchen_is_told_of_at_most_31_days(manager: Member) -> None:
    assert report(manager, "from=2026-01-01&to=2026-01-31", "kitchen")["results"] == []
    refused = manager.get("analytics/kitchen/?from=2026-01-01&to=2026-02-01")
    assert (refused.status_code, said(refused)["code"]) == (422, "range_too_long")
    assert "31 days" in said(refused)["detail"]


@pytest.mark.parametrize("name", ["products", "kitchen", "servers"])
def test_a_rival_sees_nothing_of_it(
    manager: Member, menu: Menu, rival_owner: Member, name: str
) -> None:
    slips(menu, sold(manager, menu.order()), [(1, 2, 3)])
    for query in ("", "?from=2026-07-01&to=2026-07-01"):
        for accept in ("application/json", "text/csv"):
            answer = rival_owner.get(f"analytics/{name}/{query}", accept=accept)
            assert answer.status_code == 200
            for ours in (b"Grill", b"Burger", b"Manager"):
                assert ours not in answer.content
