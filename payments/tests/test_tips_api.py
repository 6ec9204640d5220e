from typing import Any
from uuid import UUID

import pytest
from django.http import HttpResponse
from hypothesis import given
from hypothesis import strategies as st

from employees.models import TipCredit
from fynlo.accounts.choices import Role
from fynlo.db import new_id
from fynlo.testing.cast import Member, hire
from payments.models import PaymentSettings
from payments.services.tip_credits import shares
from payments.tests.conftest import balances, now_of, order_of, paid
from pos.tests.conftest import Menu, opened, said

ROLES = [role.value for role in Role]


def clocked_in(*members: Member) -> None:
    for member in members:
        response = member.post("timeclock/clock-in/", {}, idempotency_key=str(new_id()))
        assert response.status_code in (200, 201), response.content


def tips_of(member: Member) -> dict[str, int]:
    """What each member has, as a manager reads it."""
    found: dict[str, int] = {}
    for row in said(member.get("payments/tips/?limit=200"))["results"]:
        found[row["member"]] = found.get(row["member"], 0) + row["amount"]
    return found


def late(member: Member, payment: dict[str, Any], amount: int) -> HttpResponse:
    body = {"payment": payment["id"], "amount": amount}
    return member.post("payments/tips/", body, idempotency_key=str(new_id()))


@pytest.mark.django_db
def test_a_tip_is_whose_who_serves_not_whose_who_takes_the_money(
    server: Member, cashier: Member, manager: Member, menu: Menu
) -> None:
    order = opened(server, menu.order(channel="takeaway"))
    paid(cashier, order, tendered=1500, tip=250)
    assert tips_of(manager) == {str(server.membership.pk): 250}


@pytest.mark.django_db
def test_a_tip_left_later_is_the_staff_s_and_leaves_the_order_as_it_was(
    server: Member, cashier: Member, manager: Member, menu: Menu
) -> None:
    order = opened(server, menu.order(channel="takeaway"))
    payment = paid(cashier, order, tendered=1500, tip=50)
    cashier.post(f"orders/{order['id']}/send/")
    done = said(cashier.post(f"orders/{order['id']}/complete/"))
    answer = late(cashier, payment, 300)
    assert (answer.status_code, said(answer)["amount"]) == (201, 300)
    assert tips_of(manager) == {str(server.membership.pk): 350}
    assert now_of(cashier, order) == done
    assert balances(cashier.restaurant) == {
        "cash_drawer": 1600,
        "guest_receivable": -1250,
        "tips_payable": -350,
    }


@pytest.mark.django_db
def test_a_tip_without_a_payment_is_not_a_late_one(owner: Member, menu: Menu) -> None:
    order = order_of(owner, menu, 1000)
    path = f"payments/orders/{order['id']}/splits/"
    part = said(owner.post(path, {"equal": 2}))["results"][0]
    refused = late(owner, {"id": part["payment"]}, 100)
    assert (refused.status_code, said(refused)["code"]) == (409, "payment_not_taken")
    assert said(late(owner, {"id": str(new_id())}, 100))["code"] == "unknown_reference"


@pytest.mark.django_db
def test_staff_see_their_own_tips_and_managers_all(
    server: Member, cashier: Member, manager: Member, menu: Menu, rival_owner: Member
) -> None:
    paid(cashier, opened(server, menu.order(channel="takeaway")), tendered=1500, tip=250)
    paid(cashier, opened(cashier, menu.order(channel="takeaway")), tendered=1500, tip=100)
    assert tips_of(server) == {str(server.membership.pk): 250}
    assert len(tips_of(manager)) == 2
    assert tips_of(rival_owner) == {}
    path = f"payments/tips/?member={cashier.membership.pk}"
    assert [row["amount"] for row in said(manager.get(path))["results"]] == [100]


@pytest.mark.django_db
def test_a_pool_shares_with_those_who_are_there(
    server: Member, cashier: Member, kitchen: Member, manager: Member, menu: Menu
) -> None:
    """A fifth for the kitchen, of whom one of two is clocked in; a tenth for a role of nobody."""
    hire(server.restaurant, Role.KITCHEN, name="away")
    PaymentSettings.objects.create(
        restaurant=server.restaurant, tip_pool={"kitchen": 2000, "manager": 1000}
    )
    clocked_in(kitchen)
    paid(cashier, opened(server, menu.order(channel="takeaway")), tendered=2000, tip=101)
    assert tips_of(manager) == {
        str(server.membership.pk): 81,
        str(kitchen.membership.pk): 20,
    }
    assert sum(TipCredit.objects.values_list("amount", flat=True)) == 101


@pytest.mark.django_db
@pytest.mark.parametrize("pool", [{"kitchen": 10_001}, {"guest": 5}, {"kitchen": -1}])
def test_a_pool_names_roles_and_shares_no_more_than_there_is(
    owner: Member, pool: dict[str, int]
) -> None:
    refused = owner.patch("payments/settings/", {"tip_pool": pool, "version": 1})
    assert (refused.status_code, said(refused)["code"]) == (400, "input_invalid")
    kept = owner.patch("payments/settings/", {"tip_pool": {"kitchen": 2000}, "version": 1})
    assert said(kept)["tip_pool"] == {"kitchen": 2000}


@given(
    amount=st.integers(1, 10**9),
    pool=st.dictionaries(st.sampled_from(ROLES), st.integers(0, 1600)),
    present=st.dictionaries(st.sampled_from(ROLES), st.lists(st.uuids(), max_size=4, unique=True)),
    server=st.uuids(),
)
def test_a_shared_tip_is_whole(
    amount: int, pool: dict[str, int], present: dict[str, list[UUID]], server: UUID
) -> None:
    parts = shares(amount, server=server, pool=pool, present=present)
    assert sum(parts.values()) == amount
    assert min(parts.values()) >= 0
    there = {server, *(one for role in pool for one in present.get(role, []))}
    assert parts.keys() <= there
