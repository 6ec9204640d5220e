import hashlib
from itertools import pairwise
from typing import Any

import orjson
import pytest
from django.conf import settings
from django.db import DatabaseError, transaction

from fynlo.accounts.models import Restaurant
from fynlo.events.reading import last_seq
from fynlo.testing.cast import Member
from pos.models import Product, Receipt, ReceiptPrint
from pos.tests.conftest import Menu, opened, said
from pos.tests.receipt_scene import completed, print_again, put_on_letterhead, receipt_of, settled

pytestmark = pytest.mark.django_db


def reopened(manager: Member, order: dict[str, Any]) -> None:
    assert manager.post(f"orders/{order['id']}/reopen/").status_code == 200


def test_a_completed_order_has_a_receipt_with_a_number_of_its_own(
    cashier: Member, manager: Member, menu: Menu, restaurant: Restaurant
) -> None:
    put_on_letterhead(restaurant)
    opened(cashier, menu.order())
    order = completed(cashier, menu, tendered=2000, tip=250)
    found = receipt_of(cashier, order)
    assert (order["number"], found["receipt"]["number"]) == (2, 1)
    assert found["restaurant"] == {
        "id": str(restaurant.pk),
        "name": "The Copper Kettle",
        "address": ["12 Market Street", "Bath BA1 1AA"],
        "vat_number": "GB 123 4567 82",
        "time_zone": "Europe/London",
    }
    assert [line["modifiers"][0]["name"] for line in found["lines"]] == ["Chips"]
    assert (found["total"], found["paid"], found["due"], found["tip"]) == (1500, 1500, 0, 250)
    assert found["taxes"] == order["taxes"]
    [payment] = found["payments"]
    assert payment.pop("payment")
    assert payment == {
        "method": "cash",
        "name": "Cash",
        "amount": 1500,
        "tip": 250,
        "tendered": 2000,
        "change": 500,
    }


def test_receipts_are_chained_by_the_hash_of_their_content(cashier: Member, menu: Menu) -> None:
    orders = [completed(cashier, menu) for _ in range(3)]
    receipts = [receipt_of(cashier, order)["receipt"] for order in orders]
    assert [receipt["number"] for receipt in receipts] == [1, 2, 3]
    assert receipts[0]["previous_hash"] == "0" * 64
    for before, after in pairwise(receipts):
        assert after["previous_hash"] == before["hash"]
    stored = Receipt.objects.get(number=2).content
    assert hashlib.sha256(stored.encode()).hexdigest() == receipts[1]["hash"]
    assert stored.encode() == orjson.dumps(orjson.loads(stored), option=orjson.OPT_SORT_KEYS)


def test_what_was_issued_stays_whatever_is_renamed_later(
    cashier: Member, menu: Menu, restaurant: Restaurant
) -> None:
    order = completed(cashier, menu)
    before = receipt_of(cashier, order)
    Product.objects.filter(pk=menu.burger.pk).update(name="Cheeseburger", price=9900)
    Restaurant.objects.filter(pk=restaurant.pk).update(name="The Tin Kettle")
    assert receipt_of(cashier, order) == before


def test_an_open_order_has_a_bill_and_nothing_is_issued(
    server: Member, manager: Member, menu: Menu
) -> None:
    order = opened(server, menu.order(menu.line(), menu.line(quantity="2")))
    manager.post(
        f"orders/{order['id']}/discount/",
        {"kind": "percent", "value": 1000, "reason": "Regular", "line": order["lines"][0]["id"]},
    )
    found = receipt_of(server, order)
    assert (found["receipt"], found["mark"], found["payments"]) == (None, "Not a receipt", [])
    assert found["lines"][0]["discounts"] == [{"reason": "Regular", "amount": 125}]
    assert found["service_charge"] == 453
    assert found["due"] == found["total"] == 1125 + 2500 + 453
    refused = server.post(f"orders/{order['id']}/receipt/print/")
    assert (refused.status_code, said(refused)["code"]) == (409, "receipt_not_issued")
    assert not Receipt.objects.exists()


def test_reading_a_receipt_changes_nothing_and_printing_is_counted(
    cashier: Member, menu: Menu, restaurant: Restaurant
) -> None:
    order = completed(cashier, menu)
    before = last_seq(restaurant.pk)
    for form in ("json", "html", "escpos"):
        assert cashier.get(f"orders/{order['id']}/receipt/?format={form}").status_code == 200
    assert last_seq(restaurant.pk) == before
    first = receipt_of(cashier, order)
    assert (first["mark"], first["receipt"]["prints"]) == ("Copy", 0)
    marks = [print_again(cashier, order)["mark"] for _ in range(3)]
    assert marks == ["", "Reprint 1", "Reprint 2"]
    assert receipt_of(cashier, order)["receipt"]["prints"] == 3
    assert last_seq(restaurant.pk) == before + 3
    assert set(ReceiptPrint.objects.values_list("printed_by", flat=True)) == {cashier.membership.pk}


def test_a_print_that_is_asked_for_twice_with_one_key_is_counted_once(
    cashier: Member, menu: Menu
) -> None:
    path = f"orders/{completed(cashier, menu)['id']}/receipt/print/"
    answers = [cashier.post(path, idempotency_key="one") for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert ReceiptPrint.objects.count() == 1


def test_an_unchanged_receipt_is_not_sent_again(cashier: Member, menu: Menu) -> None:
    path = f"orders/{completed(cashier, menu)['id']}/receipt/"
    etag = cashier.get(path)["ETag"]
    assert cashier.get(path, if_none_match=etag).status_code == 304


def test_completing_again_corrects_the_first_receipt(
    cashier: Member, manager: Member, menu: Menu
) -> None:
    order = completed(cashier, menu)
    first = receipt_of(cashier, order)["receipt"]
    completed(cashier, menu)
    path = f"orders/{order['id']}/"
    for number in (3, 4):
        reopened(manager, order)
        assert receipt_of(cashier, order)["receipt"] is None
        manager.post(f"{path}lines/", {"lines": [{"product": str(menu.water.pk)}]})
        settled(cashier, order)
        assert cashier.post(f"{path}complete/").status_code == 200
        found = receipt_of(cashier, order)
        assert found["receipt"]["number"] == number
        assert found["receipt"]["corrects"] == {"id": first["id"], "number": 1}
    assert (found["total"], len(found["payments"])) == (1250 + 2 * 200, 3)
    assert Receipt.objects.filter(order_id=order["id"]).count() == 3


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE pos_receipt SET content = content",
        "DELETE FROM pos_receipt",
        "UPDATE pos_receiptprint SET copy = 1",
        "DELETE FROM pos_receiptprint",
    ],
)
def test_postgresql_refuses_to_change_what_was_issued(
    cashier: Member, menu: Menu, statement: str
) -> None:
    print_again(cashier, completed(cashier, menu))
    connection = transaction.get_connection()
    with pytest.raises(DatabaseError, match="what was issued stays"), transaction.atomic():
        connection.cursor().execute(statement)
    assert Receipt.objects.count() == ReceiptPrint.objects.count() == 1


def test_a_rival_finds_no_receipt(cashier: Member, rival_owner: Member, menu: Menu) -> None:
    path = f"orders/{completed(cashier, menu)['id']}/receipt/"
    assert rival_owner.get(path).status_code == 404
    assert rival_owner.post(f"{path}print/").status_code == 404
    assert not ReceiptPrint.objects.exists()


def test_an_unknown_format_is_refused(cashier: Member, menu: Menu) -> None:
    order = opened(cashier, menu.order())
    refused = cashier.get(f"orders/{order['id']}/receipt/?format=pdf")
    assert (refused.status_code, said(refused)["errors"][0]["field"]) == (400, "format")


def test_the_address_of_the_receipt_stays_the_same_on_every_print(
    cashier: Member, menu: Menu
) -> None:
    order = completed(cashier, menu)
    urls = {print_again(cashier, order)["receipt"]["url"] for _ in range(2)}
    [url] = urls
    assert url.startswith(f"{settings.PUBLIC_URL}/r/")
    assert len(url.split("/")[-2]) == 22


def test_completing_and_reading_take_few_statements(
    cashier: Member, menu: Menu, django_assert_num_queries: Any
) -> None:
    completed(cashier, menu)
    order = opened(cashier, menu.order(channel="takeaway"))
    settled(cashier, order)
    with django_assert_num_queries(12):
        cashier.post(f"orders/{order['id']}/complete/")
    with django_assert_num_queries(3):
        cashier.get(f"orders/{order['id']}/receipt/")
