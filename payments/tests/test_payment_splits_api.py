from typing import Any

import pytest
from django.http import HttpResponse
from hypothesis import given
from hypothesis import strategies as st

from fynlo.db import new_id
from fynlo.money import allocate
from fynlo.testing.cast import Member
from payments.models import Payment, PaymentSplit
from payments.tests.conftest import balances, now_of, order_of, paid
from pos.tests.conftest import Menu, opened, said

pytestmark = pytest.mark.django_db


def asked(member: Member, order: dict[str, Any], **body: Any) -> HttpResponse:
    path = f"payments/orders/{order['id']}/splits/"
    return member.post(path, body, idempotency_key=str(new_id()))


def split(member: Member, order: dict[str, Any], **body: Any) -> list[dict[str, Any]]:
    response = asked(member, order, **body)
    assert response.status_code == 200, response.content
    parts: list[dict[str, Any]] = said(response)["results"]
    return parts


def in_cash(member: Member, part: dict[str, Any], **body: Any) -> HttpResponse:
    given = {"tendered": part["amount"], **body}
    path = f"payments/{part['payment']}/cash/"
    return member.post(path, given, idempotency_key=str(new_id()))


def code(response: HttpResponse) -> tuple[int, str]:
    return response.status_code, said(response)["code"]


def test_equal_parts_sum_to_what_is_due_to_the_penny(owner: Member, menu: Menu) -> None:
    parts = split(owner, order_of(owner, menu, 10_000), equal=3)
    assert [part["amount"] for part in parts] == [3334, 3333, 3333]
    assert [(part["number"], part["parts"]) for part in parts] == [(1, 3), (2, 3), (3, 3)]
    assert {part["status"] for part in parts} == {"PENDING"}


def test_every_part_is_paid_on_its_own_and_the_last_one_settles(owner: Member, menu: Menu) -> None:
    order = order_of(owner, menu, 1000)
    parts = split(owner, order, equal=3)
    for place, part in enumerate(parts):
        payment = said(in_cash(owner, part, tip=place * 10, tendered=1000))
        assert (payment["status"], payment["bill"]) == ("CAPTURED", part["amount"])
        assert payment["change"] == 1000 - part["amount"] - place * 10
    after_it = now_of(owner, order)
    assert (after_it["payment_status"], after_it["due"], after_it["tip"]) == ("PAID", 0, 30)
    assert balances(owner.restaurant) == {
        "cash_drawer": 1030,
        "guest_receivable": -1000,
        "tips_payable": -30,
    }
    listed = said(owner.get(f"payments/orders/{order['id']}/splits/"))["results"]
    assert [part["status"] for part in listed] == ["CAPTURED"] * 3


def test_parts_of_their_own_make_up_what_is_due(owner: Member, menu: Menu) -> None:
    order = order_of(owner, menu, 1000)
    refused = asked(owner, order, amounts=[500, 499])
    assert code(refused) == (422, "split_does_not_fit")
    assert said(refused)["due"] == 1000
    assert not PaymentSplit.objects.exists()
    assert [part["amount"] for part in split(owner, order, amounts=[1, 999])] == [1, 999]


def test_guests_pay_what_they_had_and_their_share_of_the_service(owner: Member, menu: Menu) -> None:
    """Two burgers of 12.50 and a bottle of wine at 20.00, with 12.5 % service."""
    lines = (menu.line(), menu.line(), menu.line(unit_price=2000))
    order = opened(owner, menu.order(*lines))
    burger, other, wine = (line["id"] for line in order["lines"])
    parts = split(
        owner,
        order,
        items=[
            {"lines": [{"line": burger}, {"line": wine, "quantity": "0.5"}]},
            {"lines": [{"line": other}, {"line": wine}]},
        ],
    )
    assert sum(part["amount"] for part in parts) == order["due"]
    assert parts[0]["lines"] == [
        {"line": burger, "quantity": "1"},
        {"line": wine, "quantity": "0.5"},
    ]
    first, second = (part["amount"] for part in parts)
    assert first - second <= 1


def test_every_line_is_named_once(owner: Member, menu: Menu) -> None:
    order = opened(owner, menu.order(menu.line(), menu.line()))
    one, two = ({"line": line["id"]} for line in order["lines"])
    for wrong in (
        [[one], [one]],
        [[one, two], [two]],
        [[one], [{**two, "quantity": "0.5"}]],
        [[one], [{"line": str(new_id())}]],
        [[one], [two, {**two, "quantity": "1"}]],
    ):
        refused = asked(owner, order, items=[{"lines": lines} for lines in wrong])
        assert code(refused) == (422, "split_does_not_fit")


def test_a_penny_is_not_split(owner: Member, menu: Menu) -> None:
    assert code(asked(owner, order_of(owner, menu, 1), equal=2)) == (422, "split_does_not_fit")


@pytest.mark.parametrize(
    "body", [{}, {"equal": 1}, {"equal": 51}, {"amounts": [5]}, {"equal": 2, "amounts": [1, 2]}]
)
def test_a_split_that_makes_no_sense_is_refused(
    owner: Member, menu: Menu, body: dict[str, Any]
) -> None:
    assert code(asked(owner, order_of(owner, menu, 1000), **body)) == (400, "input_invalid")


def test_a_new_split_replaces_the_parts_that_nobody_is_asked_for(owner: Member, menu: Menu) -> None:
    order = order_of(owner, menu, 1000)
    first, second = split(owner, order, equal=2)
    assert in_cash(owner, first).status_code == 200
    again = split(owner, order, amounts=[200, 300])
    assert code(in_cash(owner, second)) == (409, "payment_not_pending")
    for part in again:
        assert in_cash(owner, part).status_code == 200
    assert now_of(owner, order)["payment_status"] == "PAID"
    listed = said(owner.get(f"payments/orders/{order['id']}/splits/"))["results"]
    assert [part["status"] for part in listed] == ["CAPTURED", "CANCELLED"] + ["CAPTURED"] * 2


def test_one_part_that_fails_leaves_the_others_alone(owner: Member, menu: Menu) -> None:
    order = order_of(owner, menu, 1000)
    first, second = split(owner, order, equal=2)
    assert code(in_cash(owner, first, tendered=499)) == (422, "tendered_too_little")
    assert in_cash(owner, second).status_code == 200
    assert now_of(owner, order)["due"] == 500
    assert in_cash(owner, first).status_code == 200
    assert code(in_cash(owner, first)) == (409, "payment_not_pending")
    assert now_of(owner, order)["payment_status"] == "PAID"


def test_the_rest_of_a_bill_is_split_after_a_part_was_paid(owner: Member, menu: Menu) -> None:
    order = order_of(owner, menu, 1000)
    paid(owner, order, amount=100, tendered=100)
    assert [part["amount"] for part in split(owner, order, equal=2)] == [450, 450]


def test_splits_of_others_are_not_there(owner: Member, menu: Menu, rival_owner: Member) -> None:
    order = order_of(owner, menu, 1000)
    part = split(owner, order, equal=2)[0]
    assert asked(rival_owner, order, equal=2).status_code == 404
    assert rival_owner.get(f"payments/orders/{order['id']}/splits/").status_code == 404
    assert in_cash(rival_owner, part).status_code == 404
    assert Payment.objects.filter(status="PENDING").count() == 2


@given(st.integers(2, 10**11), st.integers(2, 50))
def test_equal_parts_differ_by_a_penny_at_most(due: int, parts: int) -> None:
    shares = allocate(due, [1] * parts)
    assert sum(shares) == due
    assert max(shares) - min(shares) <= 1
