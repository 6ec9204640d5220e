"""What the till's dialogs about a QR code show, and to whom."""

import re
from typing import Any

import pytest

from fynlo.testing.cast import Member
from payments.sandbox.bank.remote import RunningBank
from payments.tests.asking import Guest, asked, grow_old, look, poll, sweep
from payments.tests.conftest import paid

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def guest(bank_account: RunningBank) -> Guest:
    return Guest(bank_account)


def qr_of(order: dict[str, Any]) -> str:
    return f"/till/orders/{order['id']}/qr/"


def page_of(member: Member, path: str) -> str:
    response = member.look(path)
    assert response.status_code == 200
    return response.content.decode()


def test_it_asks_for_what_is_due_and_then_shows_the_code(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    assert "£12.50 by QR code" in page_of(cashier, qr_of(order))
    payment = asked(cashier, order)
    page = page_of(cashier, qr_of(order))
    assert page == page_of(cashier, f"/till/payments/{payment['id']}/")
    for said in ("data:image/svg+xml", "scans this", "Time left", "Cancel payment"):
        assert said in page


def test_what_looks_the_same_is_not_sent_again(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    payment = asked(cashier, order)
    path = f"/till/payments/{payment['id']}/"
    (again,) = re.findall(r'hx-get="([^"]+)"', page_of(cashier, path))
    assert cashier.look(again).status_code == 204
    guest.approves(payment)
    poll()
    assert 'data-stage="paid"' in page_of(cashier, again)


def test_a_code_that_ran_out_without_a_card_can_be_asked_for_again(
    owner: Member, cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    owner.patch("payments/settings/", {"falls_back_to_card": False, "version": 1})
    payment = asked(cashier, order)
    grow_old(payment)
    sweep()
    page = page_of(cashier, qr_of(order))
    for said in ("The time for the bank was up", "Ask again"):
        assert said in page
    assert look(cashier, payment)["attempts"][0]["status"] == "EXPIRED"


def test_it_is_for_who_takes_payments_in_this_restaurant(
    cashier: Member,
    server: Member,
    rival_owner: Member,
    order: dict[str, Any],
    guest: Guest,
) -> None:
    payment = asked(cashier, order)
    for path in (qr_of(order), f"/till/payments/{payment['id']}/"):
        assert rival_owner.look(path).status_code == 404
        assert server.look(path).status_code == 403


def test_cash_has_no_code(cashier: Member, order: dict[str, Any]) -> None:
    payment = paid(cashier, order, tendered=1250)
    assert cashier.look(f"/till/payments/{payment['id']}/").status_code == 404
