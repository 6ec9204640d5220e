"""`GET analytics/sales/`: what is counted, how it is grouped, and as what it is sent."""

import csv
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest

from fynlo.clock import utc_now
from fynlo.testing.cast import Member
from pos.models import Category, Order, Product
from pos.tests.conftest import Menu, opened, said
from pos.tests.sales_scene import must, report, settled, sold, water

pytestmark = pytest.mark.django_db
GROUPS = ["hour", "day", "weekday", "category", "product", "table", "server", "channel"]
DATE = "2026-11-23"


def by_key(document: dict[str, Any]) -> dict[str | None, dict[str, Any]]:
    return {row["key"]: row for row in document["results"]}


def move_to(order: dict[str, Any], day: str = DATE, time: str = "12:30") -> None:
    Order.objects.filter(pk=order["id"]).update(
        business_date=day, opened_at=f"{day}T{time}:00+00:00"
    )


def test_a_day_is_told_as_a_manager_reads_it(manager: Member, menu: Menu) -> None:
    """A burger and two waters at a table for 3: 16.50, of which 10 % is taken off; service 12.5 %;
    VAT at 20 % is inside the prices."""
    order = opened(
        manager,
        menu.order(menu.line(), water(menu, quantity="2"), guests=3, table=str(menu.table.pk)),
    )
    percent = {"kind": "percent", "value": 1000, "reason": "regular"}
    must(manager.post(f"orders/{order['id']}/discount/", percent))
    done = settled(manager, order, tip=200)
    sold(manager, menu.order(water(menu), channel="takeaway"))
    document = report(manager, "group_by=channel")
    assert [row["name"] for row in document["results"]] == ["Dine in", "Takeaway"]
    assert document["results"][0] == {
        "key": "dine_in",
        "name": "Dine in",
        "orders": 1,
        "covers": 3,
        "gross": 1650,
        "discount": 165,
        "net": 1485 - done["tax"],
        "tax": done["tax"],
        "service_charge": 186,
        "tip": 200,
        "rounding": 0,
        "total": 1485 + 186 + 200,
        "refunded": 0,
        "voided_lines": 0,
        "voided": 0,
        "cancelled_orders": 0,
        "cancelled": 0,
        "average_check": 1485 - done["tax"],
        "average_cover": round((1485 - done["tax"]) / 3),
    }
    totals = document["totals"]
    assert (totals["orders"], totals["covers"], totals["total"]) == (2, 4, done["total"] + 200)
    assert document["payments"] == [
        {"method": "cash", "payments": 2, "amount": totals["total"], "tip": 200}
    ]
    assert (document["currency"], document["group_by"]) == ("GBP", "channel")


@pytest.mark.parametrize("group_by", GROUPS)
def test_groups_sum_to_the_totals(manager: Member, menu: Menu, group_by: str) -> None:
    sold(manager, menu.order(menu.line(), water(menu)), tip=50)
    sold(manager, menu.order(menu.line(), table=str(menu.table.pk)))
    document = report(manager, f"group_by={group_by}")
    measures = set(document["totals"]) & set(document["results"][0]) - {
        "average_check",
        "average_cover",
    }
    assert len(measures) >= 6
    for measure in measures:
        total = sum(row[measure] for row in document["results"])
        assert total == document["totals"][measure] > -1, measure


def test_open_orders_stand_apart(manager: Member, menu: Menu) -> None:
    order = opened(manager, menu.order())
    document = report(manager, "")
    assert document["open"] == {"orders": 1, "total": order["total"]}
    assert (document["results"], document["totals"]["orders"]) == ([], 0)
    assert document["totals"]["average_check"] is None


def test_voids_and_cancelled_orders_are_told_and_sell_nothing(manager: Member, menu: Menu) -> None:
    order = opened(manager, menu.order(menu.line(), water(menu, quantity="3")))
    line = {"line": order["lines"][1]["id"], "reason": "spilled"}
    must(manager.post(f"orders/{order['id']}/void-line/", line))
    done = settled(manager, order)
    gone = opened(manager, menu.order(water(menu)))
    must(manager.post(f"orders/{gone['id']}/cancel/", {"reason": "left"}))
    totals = report(manager, "")["totals"]
    assert (totals["orders"], totals["total"]) == (1, done["total"])
    assert (totals["voided_lines"], totals["voided"]) == (1, 600)
    assert (totals["cancelled_orders"], totals["cancelled"]) == (1, 200)


def test_split_and_merged_orders_count_once(manager: Member, menu: Menu) -> None:
    whole = opened(manager, menu.order(menu.line(), water(menu), guests=2))
    manager.post(f"orders/{whole['id']}/send/")
    parts = must(manager.post(f"orders/{whole['id']}/split/", {"equal": 2}))["results"]
    other = opened(manager, menu.order(menu.line()))
    must(manager.post(f"orders/{other['id']}/merge/", {"into": parts[0]["id"]}))
    for part in parts:
        settled(manager, part)
    document = report(manager, "group_by=product")
    assert (document["totals"]["gross"], document["totals"]["orders"]) == (2700, 2)
    assert document["totals"]["cancelled_orders"] == 0
    assert document["totals"]["total"] == whole["total"] + other["total"]
    rows = [(row["name"], row["quantity"], row["gross"]) for row in document["results"]]
    assert rows == [("Burger", "2", 2500), ("Water", "1", 200)]


def test_hours_are_the_restaurants_and_begin_with_its_day(manager: Member, menu: Menu) -> None:
    """In July London is an hour ahead of UTC, and its day begins at 05:00."""
    for at in ("00:10", "22:10", "10:59"):
        move_to(sold(manager, menu.order()), "2026-07-01", at)
    document = report(manager, "from=2026-07-01&to=2026-07-01&group_by=hour")
    assert [(row["key"], row["name"]) for row in document["results"]] == [
        ("11", "11:00"),
        ("23", "23:00"),
        ("1", "01:00"),
    ]


def test_days_and_weekdays_go_forward(manager: Member, menu: Menu) -> None:
    for day in ("2026-11-24", "2026-11-22", "2026-11-15"):
        move_to(sold(manager, menu.order()), day)
    query = "from=2026-11-01&to=2026-11-30&group_by="
    days = report(manager, f"{query}day")["results"]
    assert [row["key"] for row in days] == ["2026-11-15", "2026-11-22", "2026-11-24"]
    weekdays = report(manager, f"{query}weekday")["results"]
    assert [(row["name"], row["orders"]) for row in weekdays] == [("Tuesday", 1), ("Sunday", 2)]


def test_categories_servers_and_tables_have_names(
    manager: Member, server: Member, menu: Menu
) -> None:
    drinks = Category.objects.create(restaurant=manager.restaurant, name="Drinks")
    Product.objects.filter(pk=menu.water.pk).update(category=drinks)
    order = opened(server, menu.order(menu.line(), water(menu), table=str(menu.table.pk)))
    settled(manager, order)
    sold(manager, menu.order(water(menu), channel="takeaway"))
    names = {
        group_by: [row["name"] for row in report(manager, f"group_by={group_by}")["results"]]
        for group_by in ("category", "server", "table")
    }
    assert names == {
        "category": ["Food", "Drinks"],
        "server": ["Server", "Manager"],
        "table": ["12", "No table"],
    }
    assert by_key(report(manager, "group_by=table"))[None]["orders"] == 1


def test_what_is_left_out_is_today(manager: Member, menu: Menu) -> None:
    sold(manager, menu.order())
    assert report(manager, "")["totals"]["orders"] == 1
    tomorrow = (utc_now() + timedelta(2)).date().isoformat()
    assert report(manager, f"to={tomorrow}")["totals"]["orders"] == 1
    assert report(manager, "to=2026-01-01")["from"] == "2026-01-01"


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("from=2026-02-02&to=2026-02-01", 422, "range_reversed"),
        ("from=2025-01-01&to=2026-02-05", 422, "range_too_long"),
        ("from=0001-01-01&to=9999-12-31", 422, "range_too_long"),
        ("from=yesterday", 400, "input_invalid"),
        ("from=2026-02-30", 400, "input_invalid"),
        ("group_by=weather", 400, "input_invalid"),
        ("until=2026-02-01", 400, "input_invalid"),
    ],
)
def test_a_range_that_cannot_be_told_is_refused(
    manager: Member, query: str, status: int, code: str
) -> None:
    response = manager.get(f"analytics/sales/?{query}")
    assert (response.status_code, said(response)["code"]) == (status, code)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_time_have_no_sales(manager: Member, day: str) -> None:
    assert report(manager, f"from={day}&to={day}&group_by=hour")["results"] == []


def test_400_days_are_the_most(manager: Member) -> None:
    assert report(manager, "from=2025-01-01&to=2026-02-04")["results"] == []


def test_a_rival_sees_their_own_sales_only(
    manager: Member, menu: Menu, rival_owner: Member
) -> None:
    sold(manager, menu.order())
    document = report(rival_owner, "")
    assert (document["results"], document["totals"]["orders"]) == ([], 0)
    assert document["currency"] == "EUR"


def test_a_spreadsheet_gets_csv_that_runs_nothing(manager: Member, menu: Menu) -> None:
    Product.objects.filter(pk=menu.water.pk).update(name='=HYPERLINK("http://x")')
    sold(manager, menu.order(menu.line(), water(menu)))
    response = manager.get("analytics/sales/?group_by=product", accept="text/csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "sales_by_product_" in response["Content-Disposition"]
    rows = list(csv.DictReader(StringIO(response.content.decode())))
    assert [(row["name"], row["quantity"], row["gross"]) for row in rows] == [
        ("Burger", "1", "12.50"),
        ('\'=HYPERLINK("http://x")', "1", "2.00"),
    ]


def test_what_has_not_changed_is_not_sent_again(manager: Member, menu: Menu) -> None:
    sold(manager, menu.order())
    for accept in ("application/json", "text/csv"):
        first = manager.get("analytics/sales/", accept=accept)
        again = manager.get("analytics/sales/", accept=accept, if_none_match=first["ETag"])
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
        assert again["Vary"] == "Accept"
    sold(manager, menu.order())
    changed = manager.get("analytics/sales/", accept=accept, if_none_match=first["ETag"])
    assert changed.status_code == 200
