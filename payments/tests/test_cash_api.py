import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fynlo.events.reading import after
from fynlo.testing.cast import Member
from payments.models import LedgerTransaction, Payment
from payments.tests.conftest import balances, now_of, order_of, paid, pay
from pos.models import Order
from pos.tests.conftest import Menu, opened, said

pytestmark = pytest.mark.django_db
NOWHERE = "01936f00-0000-7000-8000-00000000dead"
CLIENT_MADE = "01936f00-0000-7000-8000-00000000aaaa"


def nothing_was_taken(member: Member, order: dict[str, Any]) -> None:
    assert now_of(member, order)["version"] == order["version"]
    assert not Payment.objects.exists()
    assert not LedgerTransaction.objects.exists()


def test_the_exact_amount_settles_the_order(cashier: Member, order: dict[str, Any]) -> None:
    response = pay(cashier, order, tendered=1250)
    payment = said(response)
    assert response.status_code == 201
    assert response["Location"] == f"/api/v1/payments/{payment['id']}/"
    assert (payment["method"], payment["status"]) == ("cash", "CAPTURED")
    assert (payment["bill"], payment["tip"], payment["total"]) == (1250, 0, 1250)
    assert (payment["captured"], payment["tendered"], payment["change"]) == (1250, 1250, 0)
    assert payment["taken_by"] == str(cashier.membership.pk)
    after_it = now_of(cashier, order)
    assert (after_it["payment_status"], after_it["paid"], after_it["due"]) == ("PAID", 1250, 0)
    assert after_it["status"] == "OPEN"
    assert balances(cashier.restaurant) == {"cash_drawer": 1250, "guest_receivable": -1250}


def test_change_is_what_was_tendered_above_the_total(
    cashier: Member, order: dict[str, Any]
) -> None:
    payment = paid(cashier, order, tendered=2000, tip=150)
    assert (payment["total"], payment["captured"], payment["change"]) == (1400, 1400, 600)
    assert balances(cashier.restaurant) == {
        "cash_drawer": 1400,
        "guest_receivable": -1250,
        "tips_payable": -150,
    }


def test_a_tip_is_on_top_of_the_bill_and_part_of_the_order(
    cashier: Member, order: dict[str, Any]
) -> None:
    paid(cashier, order, tendered=1500, tip=250)
    after_it = now_of(cashier, order)
    assert (after_it["total"], after_it["tip"], after_it["paid"]) == (1500, 250, 1500)
    assert (after_it["due"], after_it["payment_status"]) == (0, "PAID")


def test_a_tip_is_in_the_payroll_of_who_took_it(
    cashier: Member, manager: Member, order: dict[str, Any]
) -> None:
    payment = paid(cashier, order, tendered=1500, tip=250)
    day = payment["business_date"]
    (row,) = json.loads(manager.get(f"payroll/?from={day}&to={day}").content)["results"]
    assert (row["member"], row["tips"]) == (str(cashier.membership.pk), 250)


def test_the_payment_and_the_order_are_announced_together(
    cashier: Member, order: dict[str, Any]
) -> None:
    response = pay(cashier, order, tendered=1250)
    *_, of_order, of_payment = after(restaurant_id=cashier.restaurant.pk, seq=0, limit=99)
    assert '"kind":"order.paid"' in of_order.envelope
    assert '"kind":"payment.captured"' in of_payment.envelope
    assert of_payment.stream == "payments"
    assert of_payment.payload == response.content.decode()
    read = cashier.get(f"payments/{said(response)['id']}/")
    assert read.content == response.content
    assert json.loads(of_order.payload) == now_of(cashier, order)


def test_part_payments_sum_to_the_due(cashier: Member, order: dict[str, Any]) -> None:
    first = paid(cashier, order, amount=500, tendered=1000, tip=50)
    assert (first["bill"], first["total"], first["change"]) == (500, 550, 450)
    halfway = now_of(cashier, order)
    assert (halfway["payment_status"], halfway["due"]) == ("PARTIALLY_PAID", 750)
    paid(cashier, order, amount=250, tendered=250)
    rest = paid(cashier, order, tendered=500)
    assert rest["bill"] == 500
    assert now_of(cashier, order)["payment_status"] == "PAID"
    assert balances(cashier.restaurant) == {
        "cash_drawer": 1300,
        "guest_receivable": -1250,
        "tips_payable": -50,
    }


@pytest.mark.parametrize("given", [{"tendered": 1249}, {"tendered": 1250, "tip": 1}])
def test_too_little_is_refused_and_nothing_is_taken(
    cashier: Member, order: dict[str, Any], given: dict[str, Any]
) -> None:
    problem = said(refused := pay(cashier, order, **given))
    assert (refused.status_code, problem["code"]) == (422, "tendered_too_little")
    assert problem["total"] == 1250 + given.get("tip", 0)
    assert problem["errors"][0]["field"] == "tendered"
    nothing_was_taken(cashier, order)


def test_more_than_is_due_is_refused(cashier: Member, order: dict[str, Any]) -> None:
    problem = said(refused := pay(cashier, order, amount=1251, tendered=2000))
    assert (refused.status_code, problem["code"]) == (422, "amount_above_due")
    assert (problem["due"], problem["errors"][0]["field"]) == (1250, "amount")
    nothing_was_taken(cashier, order)


def test_an_order_is_not_paid_twice(cashier: Member, order: dict[str, Any]) -> None:
    paid(cashier, order, tendered=1250)
    refused = pay(cashier, order, tendered=1300)
    assert (refused.status_code, said(refused)["code"]) == (409, "order_already_paid")
    assert Payment.objects.count() == 1


def test_lines_added_after_paying_are_due(
    cashier: Member, order: dict[str, Any], menu: Menu
) -> None:
    paid(cashier, order, tendered=1250)
    cashier.post(f"orders/{order['id']}/lines/", {"lines": [{"product": str(menu.water.pk)}]})
    assert paid(cashier, order, tendered=200)["bill"] == 200
    assert now_of(cashier, order)["payment_status"] == "PAID"


@pytest.mark.parametrize(
    ("price", "tip", "rounding"), [(1002, 0, -2), (1003, 0, 2), (1005, 0, 0), (1001, 1, -2)]
)
def test_where_the_smallest_coin_is_five_the_rest_is_rounded_to_it(
    rival_owner: Member, rival_menu: Menu, price: int, tip: int, rounding: int
) -> None:
    total = price + tip + rounding
    order = order_of(rival_owner, rival_menu, price)
    payment = paid(rival_owner, order, tendered=2000, tip=tip)
    assert (payment["total"], payment["rounding"]) == (total, rounding)
    assert (payment["bill"], payment["change"]) == (price + rounding, 2000 - total)
    after_it = now_of(rival_owner, order)
    assert (after_it["total"], after_it["rounding"]) == (total, rounding)
    assert (after_it["due"], after_it["payment_status"]) == (0, "PAID")
    expected = {"cash_drawer": total, "guest_receivable": -price}
    expected |= {"tips_payable": -tip} if tip else {}
    expected |= {"cash_rounding": -rounding} if rounding else {}
    assert balances(rival_owner.restaurant) == expected


def test_a_part_payment_is_not_rounded_and_the_last_one_is(
    rival_owner: Member, rival_menu: Menu
) -> None:
    order = order_of(rival_owner, rival_menu, 1003)
    assert paid(rival_owner, order, amount=501, tendered=501)["rounding"] == 0
    assert paid(rival_owner, order, amount=502, tendered=505)["rounding"] == -2
    assert now_of(rival_owner, order)["paid"] == 1001


def test_a_rest_smaller_than_half_a_coin_is_let_off(rival_owner: Member, rival_menu: Menu) -> None:
    order = order_of(rival_owner, rival_menu, 2)
    payment = paid(rival_owner, order, tendered=0)
    assert (payment["total"], payment["rounding"], payment["change"]) == (0, -2, 0)
    assert balances(rival_owner.restaurant) == {"guest_receivable": -2, "cash_rounding": 2}
    assert pay(rival_owner, order, tendered=5).status_code == 409


def test_one_key_takes_the_money_once(cashier: Member, order: dict[str, Any]) -> None:
    first = pay(cashier, order, tendered=1250, key="a")
    again = pay(cashier, order, tendered=1250, key="a")
    assert again["Idempotency-Replayed"] == "true"
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again["Location"] == first["Location"]
    other = pay(cashier, order, tendered=1300, key="a")
    assert (other.status_code, said(other)["code"]) == (422, "idempotency_key_reused")
    assert Payment.objects.count() == 1


def test_a_refusal_is_replayed_too(cashier: Member, order: dict[str, Any]) -> None:
    first = pay(cashier, order, tendered=1, key="a")
    again = pay(cashier, order, tendered=1, key="a")
    assert (again.status_code, said(again)["code"]) == (422, "tendered_too_little")
    assert (again["Idempotency-Replayed"], "Idempotency-Replayed" in first) == ("true", False)


def test_without_a_key_nothing_is_taken(cashier: Member, order: dict[str, Any]) -> None:
    refused = cashier.post("payments/cash/", {"order": order["id"], "tendered": 1250})
    assert (refused.status_code, said(refused)["code"]) == (400, "idempotency_key_required")
    nothing_was_taken(cashier, order)


def test_the_same_id_and_body_under_another_key_is_the_same_payment(
    cashier: Member, order: dict[str, Any]
) -> None:
    first = pay(cashier, order, tendered=1250, id=CLIENT_MADE, key="a")
    cashier.post(f"orders/{order['id']}/send/")
    assert cashier.post(f"orders/{order['id']}/complete/").status_code == 200
    again = pay(cashier, order, tendered=1250, id=CLIENT_MADE, key="b")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.content == again.content
    other = pay(cashier, order, tendered=1300, id=CLIENT_MADE, key="c")
    assert (other.status_code, said(other)["code"]) == (409, "id_conflict")
    assert Payment.objects.count() == 1


def test_a_closed_order_takes_no_money(cashier: Member, order: dict[str, Any], menu: Menu) -> None:
    paid(cashier, order, tendered=1250)
    cashier.post(f"orders/{order['id']}/send/")
    assert said(cashier.post(f"orders/{order['id']}/complete/"))["status"] == "COMPLETED"
    cancelled = opened(cashier, menu.order())
    cashier.post(f"orders/{cancelled['id']}/cancel/", {"reason": "left"})
    for closed in (order, cancelled):
        refused = pay(cashier, closed, tendered=5000)
        assert (refused.status_code, said(refused)["code"]) == (409, "order_not_open")
    assert Payment.objects.count() == 1


def test_a_cancelled_order_cannot_have_been_paid(cashier: Member, order: dict[str, Any]) -> None:
    paid(cashier, order, amount=1, tendered=1)
    refused = cashier.post(f"orders/{order['id']}/cancel/", {"reason": "left"})
    assert (refused.status_code, said(refused)["code"]) == (409, "order_has_payments")


def test_an_order_of_a_rival_or_of_nobody_is_an_unknown_reference(
    rival_owner: Member, cashier: Member, order: dict[str, Any]
) -> None:
    for member, named in ((rival_owner, order), (cashier, {"id": NOWHERE})):
        problem = said(refused := pay(member, named, tendered=5000))
        assert (refused.status_code, problem["code"]) == (422, "unknown_reference")
        assert problem["errors"][0]["field"] == "order"
    nothing_was_taken(cashier, order)


@pytest.mark.parametrize("role", ["kitchen", "server"])
def test_who_may_not_take_payments_takes_none(
    request: pytest.FixtureRequest, cashier: Member, order: dict[str, Any], role: str
) -> None:
    member: Member = request.getfixturevalue(role)
    refused = pay(member, order, tendered=1250)
    assert (refused.status_code, said(refused)["code"]) == (403, "permission_missing")
    assert member.get("payments/").status_code == 403
    nothing_was_taken(cashier, order)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tendered": "1250"},
        {"tendered": 1250.0},
        {"tendered": -1},
        {"tendered": 10**12},
        {"tendered": 1250, "amount": 0},
        {"tendered": 1250, "tip": -1},
        {"tendered": 1250, "tip": True},
        {"tendered": 1250, "change": 0},
        {"tendered": 1250, "order": "x"},
        {},
    ],
)
def test_bad_input_is_a_problem_and_takes_nothing(
    cashier: Member, order: dict[str, Any], wrong: dict[str, Any]
) -> None:
    refused = cashier.post("payments/cash/", {"order": order["id"], **wrong}, idempotency_key="a")
    assert (refused.status_code, said(refused)["code"]) == (400, "input_invalid")
    nothing_was_taken(cashier, order)


def test_payments_are_listed_and_filtered(
    cashier: Member, order: dict[str, Any], menu: Menu, rival_owner: Member
) -> None:
    other = opened(cashier, menu.order(channel="takeaway"))
    made = [
        paid(cashier, order, amount=500, tendered=500),
        paid(cashier, order, tendered=750),
        paid(cashier, other, tendered=1250),
    ]

    def listed(query: str, member: Member = cashier) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = said(member.get(f"payments/?{query}"))["results"]
        return found

    assert listed("") == made[::-1]
    assert listed(f"order={order['id']}") == [made[1], made[0]]
    day = made[0]["business_date"]
    assert len(listed(f"method=cash&status=CAPTURED&business_date={day}")) == 3
    assert listed("business_date=2001-01-01") == listed("status=PENDING") == []
    assert listed("", rival_owner) == []
    assert rival_owner.get(f"payments/{made[0]['id']}/").status_code == 404
    assert cashier.get("payments/?colour=red").status_code == 400
    page = said(cashier.get("payments/?limit=2"))
    rest = said(cashier.get(f"payments/?limit=2&cursor={page['next']}"))
    assert page["results"] + rest["results"] == made[::-1]


def test_a_cash_payment_with_a_tip_takes_sixteen_statements(
    cashier: Member, order: dict[str, Any], menu: Menu
) -> None:
    paid(cashier, opened(cashier, menu.order(channel="takeaway")), tendered=1251, tip=1)
    with CaptureQueriesContext(connection) as statements:
        paid(cashier, order, tendered=1300, tip=50)
    words = [q["sql"].split()[0] for q in statements if "SAVEPOINT" not in q["sql"]]
    assert words == [
        "SELECT",  # the idempotency key
        "SELECT",  # the order, locked
        "SELECT",  # what others are paying of it
        "SELECT",  # the drawer, locked
        "INSERT",  # the payment
        "INSERT",  # its attempt
        "INSERT",  # the drawer's journal
        "SELECT",  # the ledger's accounts
        "INSERT",  # the ledger transaction
        "INSERT",  # its entries
        "SELECT",  # whether tips are shared
        "INSERT",  # the tip, for payroll
        "UPDATE",  # the order
        "WITH",  # the order's event
        "WITH",  # the payment's event
        "INSERT",  # the stored answer
    ]
    assert Order.objects.get(pk=order["id"]).paid == 1300
