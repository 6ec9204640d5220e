from datetime import timedelta
from uuid import UUID

import pytest

from fynlo.db import durable, new_id
from fynlo.testing.cast import Member
from pos.models import Order, Product, Receipt
from pos.services.bill import open_bill
from pos.services.settlement import Tender, due, record_payment, record_refund
from pos.tests.conftest import Menu, opened, said

pytestmark = pytest.mark.django_db


def paid(server: Member, order_id: str) -> None:
    """What payments does once it has the money."""
    actor = server.actor
    with durable():
        bill = open_bill(actor.restaurant_id, Order.objects.get(pk=order_id).pk)
        owed, at = due(bill.order), bill.order.opened_at
        tender = Tender(payment=new_id(), method="cash", name="Cash", tendered=owed, change=0)
        record_payment(bill=bill, amount=owed, tender=tender, by=actor, now=at)


def refunded(server: Member, order_id: str, amount: int) -> None:
    """What payments does when it gives back."""
    with durable():
        bill = open_bill(server.actor.restaurant_id, UUID(order_id))
        record_refund(bill=bill, amount=amount, by=server.actor, now=bill.order.opened_at)


def test_an_unpaid_order_is_not_completed(server: Member, menu: Menu) -> None:
    order = opened(server, menu.order())
    refused = server.post(f"orders/{order['id']}/complete/")
    assert (refused.status_code, said(refused)["code"]) == (409, "order_not_settled")


def test_a_paid_order_completes_once_its_lines_are_sent(server: Member, menu: Menu) -> None:
    order = opened(server, menu.order())
    path = f"orders/{order['id']}/"
    paid(server, order["id"])
    assert said(server.post(f"{path}complete/"))["code"] == "lines_not_sent"
    server.post(f"{path}send/")
    done = said(server.post(f"{path}complete/"))
    assert (done["status"], done["payment_status"], done["due"]) == ("COMPLETED", "PAID", 0)
    assert done["closed_by"] == str(server.membership.pk)
    assert said(server.post(f"{path}lines/", {"lines": [menu.line()]}))["code"] == "order_not_open"


def test_what_is_on_the_house_completes_without_a_payment(manager: Member, menu: Menu) -> None:
    order = opened(manager, menu.order())
    path = f"orders/{order['id']}/"
    whole = {"kind": "percent", "value": 10_000, "reason": "on the house"}
    free = said(manager.post(f"{path}discount/", whole))
    assert (free["total"], free["payment_status"]) == (0, "UNPAID")
    manager.post(f"{path}send/")
    done = said(manager.post(f"{path}complete/"))
    assert (done["status"], done["payment_status"], done["due"]) == ("COMPLETED", "PAID", 0)
    assert said(manager.post(f"{path}reopen/"))["payment_status"] == "UNPAID"


def test_what_was_added_after_a_refund_has_to_be_paid(
    server: Member, manager: Member, menu: Menu
) -> None:
    order = opened(server, menu.order(channel="takeaway"))
    path = f"orders/{order['id']}/"
    paid(server, order["id"])
    Order.objects.filter(pk=order["id"]).update(refunded=1, payment_status="PARTIALLY_REFUNDED")
    server.post(f"{path}lines/", {"lines": [menu.line()]})
    server.post(f"{path}send/")
    assert said(server.post(f"{path}complete/"))["code"] == "order_not_settled"


@pytest.mark.parametrize("given_back", [1, 1250])
def test_what_was_given_back_before_closing_is_paid_again_or_cancelled(
    server: Member, manager: Member, menu: Menu, given_back: int
) -> None:
    order = opened(server, menu.order(channel="takeaway"))
    path = f"orders/{order['id']}/"
    server.post(f"{path}send/")
    paid(server, order["id"])
    refunded(server, order["id"], given_back)
    refused = server.post(f"{path}complete/")
    assert (refused.status_code, said(refused)["code"]) == (409, "order_not_settled")
    assert said(server.get(path))["due"] == given_back
    if given_back == 1250:
        cancelled = said(manager.post(f"{path}cancel/", {"reason": "guest left"}))
        assert (cancelled["status"], cancelled["total"]) == ("CANCELLED", 0)
    else:
        paid(server, order["id"])
        assert said(server.post(f"{path}complete/"))["status"] == "COMPLETED"


def test_what_was_given_back_for_a_voided_line_is_not_owed(
    server: Member, manager: Member, menu: Menu
) -> None:
    order = opened(server, menu.order(menu.line(), menu.line(), channel="takeaway"))
    path = f"orders/{order['id']}/"
    server.post(f"{path}send/")
    paid(server, order["id"])
    refunded(server, order["id"], 1250)
    void = {"line": order["lines"][0]["id"], "reason": "cold"}
    assert said(manager.post(f"{path}void-line/", void))["due"] == 0
    assert said(server.post(f"{path}complete/"))["status"] == "COMPLETED"


@pytest.mark.parametrize("emptied_by", ["removal", "voids", "refund and voids"])
def test_an_order_with_nothing_on_it_is_cancelled_instead(
    server: Member, manager: Member, menu: Menu, emptied_by: str
) -> None:
    order = opened(server, menu.order(channel="takeaway"))
    path = f"orders/{order['id']}/"
    if emptied_by == "refund and voids":
        paid(server, order["id"])
        refunded(server, order["id"], 1250)
    line = order["lines"][0]["id"]
    if emptied_by == "removal":
        server.delete(f"{path}lines/{line}/")
    else:
        manager.post(f"{path}void-line/", {"line": line, "reason": "cold"})
    refused = manager.post(f"{path}complete/")
    assert (refused.status_code, said(refused)["code"]) == (409, "nothing_sold")
    assert not Receipt.objects.exists()
    assert said(server.post(f"{path}cancel/", {"reason": "empty"}))["status"] == "CANCELLED"


def test_a_manager_reopens_on_the_same_business_day_only(
    server: Member, manager: Member, menu: Menu
) -> None:
    order = opened(server, menu.order())
    path = f"orders/{order['id']}/"
    server.post(f"{path}send/")
    paid(server, order["id"])
    server.post(f"{path}complete/")
    assert server.post(f"{path}reopen/").status_code == 403
    assert said(manager.post(f"{path}reopen/"))["status"] == "OPEN"
    server.post(f"{path}complete/")
    yesterday = Order.objects.get(pk=order["id"]).business_date - timedelta(days=1)
    Order.objects.filter(pk=order["id"]).update(business_date=yesterday)
    assert said(manager.post(f"{path}reopen/"))["code"] == "business_day_over"


def test_an_order_is_reopened_without_a_table_that_is_gone(manager: Member, menu: Menu) -> None:
    order = opened(manager, menu.order(table=str(menu.table.pk)))
    path = f"orders/{order['id']}/"
    manager.post(f"{path}send/")
    paid(manager, order["id"])
    assert said(manager.post(f"{path}complete/"))["table_number"] == "12"
    assert manager.delete(f"tables/{menu.table.pk}/").status_code == 204
    assert said(manager.post(f"{path}reopen/"))["table"] is None


def test_cancelling_voids_the_lines_and_returns_the_stock(server: Member, menu: Menu) -> None:
    Product.objects.filter(pk=menu.burger.pk).update(availability="limited", stock=5)
    order = opened(server, menu.order(menu.line(quantity="2")))
    cancelled = said(server.post(f"orders/{order['id']}/cancel/", {"reason": "left"}))
    assert (cancelled["status"], cancelled["total"]) == ("CANCELLED", 0)
    assert cancelled["cancel_reason"] == "left"
    menu.burger.refresh_from_db()
    assert menu.burger.stock == 5


def test_a_sent_order_is_cancelled_by_a_manager_only(
    server: Member, manager: Member, menu: Menu
) -> None:
    order = opened(server, menu.order())
    path = f"orders/{order['id']}/"
    server.post(f"{path}send/")
    assert server.post(f"{path}cancel/", {"reason": "x"}).status_code == 403
    assert said(server.get(path))["status"] == "OPEN"
    assert said(manager.post(f"{path}cancel/", {"reason": "x"}))["status"] == "CANCELLED"


def test_an_order_with_money_on_it_is_not_cancelled(manager: Member, menu: Menu) -> None:
    order = opened(manager, menu.order())
    paid(manager, order["id"])
    refused = manager.post(f"orders/{order['id']}/cancel/", {"reason": "x"})
    assert said(refused)["code"] == "order_has_payments"


def test_a_line_cannot_be_taken_off_what_was_paid(server: Member, menu: Menu) -> None:
    order = opened(server, menu.order(menu.line(), menu.line()))
    paid(server, order["id"])
    refused = server.delete(f"orders/{order['id']}/lines/{order['lines'][0]['id']}/")
    assert said(refused)["code"] == "total_below_paid"
    assert len(said(server.get(f"orders/{order['id']}/"))["lines"]) == 2
