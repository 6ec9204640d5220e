"""What had already happened at a till is recorded, and flagged where the house would have refused.

Every flag is in the verdict, in the document and with it in the event.
"""

from datetime import timedelta
from typing import Any

import pytest

from fynlo.clock import as_utc_text, utc_now
from fynlo.db import new_id
from fynlo.testing.cast import Member
from fynlo.testing.races import at_once
from payments.models import DrawerEvent, DrawerSession
from payments.selectors.ledger_checks import ledger_faults
from pos.models import Product
from pos.tests.conftest import Menu, opened, said
from syncing.tests.tills import OfflineTill, verdicts

pytestmark = pytest.mark.django_db


@pytest.fixture
def till(cashier: Member) -> OfflineTill:
    return OfflineTill(cashier)


def order_of(member: Member, pk: Any) -> dict[str, Any]:
    return said(member.get(f"orders/{pk}/"))


def sold(till: OfflineTill, menu: Menu, *lines: dict[str, Any], **more: Any) -> str:
    """A takeaway order of 12.50, noted and not pushed."""
    body = menu.order(*lines, channel="takeaway", **more)
    return str(till.did("order", "create", body)["entity_id"])


def flags_of(till: OfflineTill) -> list[list[str]]:
    rows = till.push()
    assert set(verdicts(rows)) == {"applied"}, rows
    return [row["flags"] for row in rows]


def water(menu: Menu, **more: Any) -> dict[str, Any]:
    return {"product": str(menu.water.pk), **more}


def test_what_sold_out_meanwhile_was_sold(till: OfflineTill, manager: Member, menu: Menu) -> None:
    manager.post(f"products/{menu.water.pk}/availability/", {"state": "out_of_stock", "version": 1})
    pk = sold(till, menu, water(menu))
    assert flags_of(till) == [["sold_out"]]
    assert order_of(till.member, pk)["flags"] == ["sold_out"]
    refused = till.member.post("orders/", menu.order(water(menu), channel="takeaway"))
    assert said(refused)["code"] == "product_sold_out"


def test_of_a_limited_product_what_is_left_is_taken(
    till: OfflineTill, manager: Member, menu: Menu
) -> None:
    left = {"state": "limited", "quantity": 3, "version": 1}
    manager.post(f"products/{menu.water.pk}/availability/", left)
    pk = sold(till, menu, water(menu, quantity="2"), water(menu, quantity="2"))
    assert flags_of(till) == [["sold_out"]]
    product = Product.objects.get(pk=menu.water.pk)
    assert (product.availability, product.stock) == ("out_of_stock", 0)
    cancelled = manager.post(f"orders/{pk}/cancel/", {"reason": "rung up twice"})
    assert cancelled.status_code == 200
    product.refresh_from_db()
    assert (product.availability, product.stock) == ("limited", 3)


def test_a_line_added_offline_is_recorded_though_its_product_is_archived(
    till: OfflineTill, manager: Member, menu: Menu
) -> None:
    order = opened(till.member, menu.order(channel="takeaway"))
    manager.delete(f"products/{menu.water.pk}/")
    till.did("order_line", "create", {"order": order["id"], **water(menu)})
    assert flags_of(till) == [["off_menu"]]
    assert order_of(till.member, order["id"])["total"] == order["total"] + 200


def test_the_price_that_the_guest_was_told_stands(
    till: OfflineTill, manager: Member, menu: Menu
) -> None:
    manager.patch(f"products/{menu.water.pk}/", {"price": 250, "version": 1})
    pk = sold(till, menu, water(menu, unit_price=200))
    till.did("payment", "create", {"order": pk, "amount": 200, "tendered": 500})
    assert flags_of(till) == [["price_changed"], []]
    order = order_of(till.member, pk)
    assert (order["total"], order["due"], order["flags"]) == (200, 0, ["price_changed"])
    (line,) = order["lines"]
    assert (line["unit_price"], line["menu_price"], line["price_overridden"]) == (200, 250, True)


def test_a_price_that_is_the_menus_is_no_news(till: OfflineTill, menu: Menu) -> None:
    sold(till, menu, water(menu, unit_price=200))
    assert flags_of(till) == [[]]


def test_guests_of_a_table_that_is_gone_have_eaten(
    till: OfflineTill, manager: Member, menu: Menu
) -> None:
    assert manager.delete(f"tables/{menu.table.pk}/").status_code == 204
    pk = till.did("order", "create", menu.order(table=str(menu.table.pk)))["entity_id"]
    assert flags_of(till) == [["table_gone"]]
    assert order_of(till.member, pk)["table"] is None


def test_cash_for_an_order_that_was_cancelled_is_in_the_drawer(
    till: OfflineTill, manager: Member, menu: Menu
) -> None:
    order = opened(till.member, menu.order(channel="takeaway"))
    manager.post(f"orders/{order['id']}/cancel/", {"reason": "no show"})
    paid = {"order": order["id"], "amount": 1250, "tendered": 2000}
    pk = till.did("payment", "create", paid)["entity_id"]
    assert flags_of(till) == [["order_closed", "overpaid"]]
    payment = said(till.member.get(f"payments/{pk}/"))
    assert (payment["captured"], payment["change"]) == (1250, 750)
    assert payment["flags"] == ["order_closed", "overpaid"]
    assert order_of(till.member, order["id"])["due"] == -1250
    assert ledger_faults() == []


def test_who_paid_twice_has_paid_twice(till: OfflineTill, cashier: Member, menu: Menu) -> None:
    order = opened(cashier, menu.order(channel="takeaway"))
    cash = {"order": order["id"], "tendered": 1250}
    assert cashier.post("payments/cash/", cash, idempotency_key="one").status_code == 201
    till.did("payment", "create", {**cash, "amount": 1250})
    assert flags_of(till) == [["overpaid"]]
    found = order_of(till.member, order["id"])
    assert (found["paid"], found["due"], found["payment_status"]) == (2500, -1250, "PAID")
    noted = cashier.patch(f"orders/{order['id']}/", {"note": "paid twice", "version": 3})
    assert noted.status_code == 200, noted.content
    assert ledger_faults() == []


def test_less_than_was_due_is_a_part(till: OfflineTill, menu: Menu) -> None:
    pk = sold(till, menu)
    till.did("payment", "create", {"order": pk, "tendered": 1000})
    assert flags_of(till) == [[], ["underpaid"]]
    order = order_of(till.member, pk)
    assert (order["paid"], order["due"]) == (1000, 250)


def test_cash_without_an_open_drawer_has_one_of_its_own(
    till: OfflineTill, cashier: Member, menu: Menu
) -> None:
    close_all(cashier)
    pk = sold(till, menu)
    till.did("payment", "create", {"order": pk, "tendered": 1250})
    assert flags_of(till) == [[], ["no_drawer"]]
    drawer = DrawerSession.objects.get(is_late=True)
    assert list(DrawerEvent.objects.filter(session=drawer).values_list("kind", "amount")) == [
        ("OPENED", 0),
        ("SALE", 1250),
    ]
    again = opened(cashier, menu.order(channel="takeaway"))
    cash = {"order": again["id"], "tendered": 1250}
    refused = cashier.post("payments/cash/", cash, idempotency_key="two")
    assert said(refused)["code"] == "drawer_not_open"
    assert ledger_faults() == []


def close_all(member: Member) -> None:
    for drawer in DrawerSession.objects.for_restaurant(member.restaurant.pk):
        member.post(f"payments/drawers/{drawer.pk}/count/", {"counted": drawer.opening_float})
        closed = member.post(f"payments/drawers/{drawer.pk}/close/", {}, idempotency_key="z")
        assert closed.status_code == 200, closed.content


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_two_tills_with_cash_and_no_drawer_share_one(
    cashier: Member, server: Member, manager: Member, menu: Menu
) -> None:
    """One drawer is the doing of the constraint `drawer_open_once`; nobody is refused because of
    it."""
    close_all(manager)
    tills = [OfflineTill(cashier), OfflineTill(manager)]
    for till in tills:
        pk = sold(till, menu)
        till.did("payment", "create", {"order": pk, "tendered": 1250})
    answers = at_once(*[till.push for till in tills])
    assert [verdicts(rows) for rows in answers] == [["applied", "applied"]] * 2
    drawer = DrawerSession.objects.get(is_late=True)
    assert DrawerEvent.objects.filter(session=drawer, kind="SALE").count() == 2


def test_what_was_served_without_being_sent_was_served(till: OfflineTill, menu: Menu) -> None:
    pk = sold(till, menu)
    till.acted("order", "serve", pk)
    assert flags_of(till) == [[], ["never_sent"]]
    order = order_of(till.member, pk)
    assert (order["kitchen_status"], order["flags"]) == ("SERVED", ["never_sent"])


def test_what_was_served_of_a_cancelled_order_is_noted_on_it(
    till: OfflineTill, manager: Member, menu: Menu
) -> None:
    order = opened(till.member, menu.order(channel="takeaway"))
    manager.post(f"orders/{order['id']}/cancel/", {"reason": "no show"})
    till.acted("order", "serve", order["id"])
    assert flags_of(till) == [["order_closed"]]
    assert order_of(till.member, order["id"])["flags"] == ["order_closed"]


def test_what_somebody_has_done_before_is_not_done_again(till: OfflineTill, menu: Menu) -> None:
    pk = sold(till, menu)
    till.acted("order", "send", pk)
    till.acted("order", "serve", pk)
    till.did("payment", "create", {"order": pk, "tendered": 1250})
    till.acted("order", "complete", pk)
    till.acted("order", "complete", pk)
    assert flags_of(till)[-1] == ["already_done"]
    assert order_of(till.member, pk)["status"] == "COMPLETED"


def test_a_shift_that_was_punched_offline_counts(till: OfflineTill, manager: Member) -> None:
    began, ended = utc_now() - timedelta(hours=5), utc_now() - timedelta(hours=1)
    made = till.did("time_entry", "create", {}, occurred_at=as_utc_text(began))
    out = {"action": "clock_out"}
    till.did("time_entry", "action", out, pk=made["entity_id"], occurred_at=as_utc_text(ended))
    assert ["offline" in flags for flags in flags_of(till)] == [True, True]
    entry = said(manager.get(f"time-entries/{made['entity_id']}/"))
    assert (entry["started_at"][:19], entry["ended_at"][:19]) == (
        as_utc_text(began)[:19],
        as_utc_text(ended)[:19],
    )
    assert "offline" in entry["flags"]


def test_the_end_of_a_shift_that_came_first_waits_for_its_beginning(till: OfflineTill) -> None:
    till.did("time_entry", "action", {"action": "clock_out"}, pk=new_id())
    (row,) = till.push()
    assert (row["verdict"], row["code"]) == ("quarantined", "not_clocked_in")


def test_a_clock_that_is_years_behind_is_not_believed(till: OfflineTill, menu: Menu) -> None:
    pk = sold(till, menu)
    till.queue[0]["occurred_at"] = "2001-01-01T00:00:00Z"
    assert flags_of(till) == [["clock_off"]]
    assert order_of(till.member, pk)["opened_at"][:4] == str(utc_now().year)
