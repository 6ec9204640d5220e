"""Giving money back from the payment's page, against the stand-in bank."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from fynlo.accounts.services.pins import set_pin
from fynlo.db import new_id
from fynlo.testing.cast import Member
from payments.models import PaymentSettings, ProviderCall, Refund
from payments.sandbox.bank.remote import RunningBank
from payments.tests.asking import Guest, asked, look, poll
from payments.tests.conftest import order_of
from pos.models import OrderLine
from pos.tests.admin_scene import office
from pos.tests.conftest import Menu

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("bank_account")]


@pytest.fixture
def bought(manager: Member, menu: Menu, bank_account: RunningBank) -> dict[str, Any]:
    """10.00, paid by bank."""
    payment = asked(manager, order_of(manager, menu, 1000))
    Guest(bank_account).approves(payment)
    poll()
    return look(manager, payment)


def page(payment: dict[str, Any]) -> str:
    return f"/admin/payments/payment/{payment['id']}/refund/"


def give_back(client: Client, payment: dict[str, Any], **typed: str) -> HttpResponse:
    sent = {"refund": str(new_id()), "reason": "Cold soup", **typed}
    return client.post(page(payment), sent, follow=True)  # type: ignore[return-value]


def test_a_part_goes_back_by_bank_and_the_page_says_so(
    manager: Member, bought: dict[str, Any]
) -> None:
    client = office(manager)
    assert page(bought) in client.get(page(bought).replace("refund", "change")).content.decode()
    form = client.get(page(bought)).content.decode()
    assert "Up to £10.00." in form
    shown = give_back(client, bought, amount="4.00").content.decode()
    assert "£4.00: On its way to the guest." in shown
    refund = Refund.objects.get()
    assert (refund.amount, refund.reason, refund.status) == (400, "Cold soup", "PENDING")
    assert refund.requested_by_id == manager.membership.pk
    poll()
    assert look(manager, bought)["refunded"] == 400


def test_the_same_form_sent_twice_gives_back_once(manager: Member, bought: dict[str, Any]) -> None:
    client, same = office(manager), str(new_id())
    give_back(client, bought, amount="4.00", refund=same)
    give_back(client, bought, amount="4.00", refund=same)
    assert Refund.objects.get().amount == 400
    assert ProviderCall.objects.filter(operation="refund").count() == 1
    other = give_back(client, bought, amount="5.00", refund=same)
    assert Refund.objects.get().amount == 400
    assert other.request["PATH_INFO"] == page(bought)  # type: ignore[attr-defined]


@pytest.mark.parametrize("amount", ["10.01", "0", "much", "-1"])
def test_no_more_than_there_is_and_no_nonsense(
    manager: Member, bought: dict[str, Any], amount: str
) -> None:
    answer = give_back(office(manager), bought, amount=amount)
    assert answer.status_code == 200
    assert answer.request["PATH_INFO"] == page(bought)  # type: ignore[attr-defined]
    assert not Refund.objects.exists()


def test_above_the_limit_who_may_not_approve_needs_somebody_who_may(
    manager: Member, owner: Member, bought: dict[str, Any]
) -> None:
    PaymentSettings.objects.update(refund_limit=300)
    set_pin(membership=owner.membership, pin="7391")
    manager.membership.withheld = ["approve"]
    manager.membership.save()
    client, code = office(manager), owner.membership.employee_code
    for typed in ({}, {"employee_code": code}, {"employee_code": code, "pin": "7392"}):
        give_back(client, bought, amount="4.00", **typed)
        assert not Refund.objects.exists(), typed
    give_back(client, bought, amount="4.00", employee_code=code, pin="7391")
    assert Refund.objects.get().approved_by_id == owner.membership.pk


def test_a_bank_that_cannot_be_reached_is_asked_again_later(
    manager: Member, bought: dict[str, Any], bank_account: RunningBank, settings: Any
) -> None:
    settings.TRUELAYER_API_URL = "http://127.0.0.1:9"
    shown = give_back(office(manager), bought).content.decode()
    refund = Refund.objects.get()
    assert (refund.amount, refund.status) == (1000, "CREATED")
    assert "Not yet sent to the provider" in shown
    assert ProviderCall.objects.get(operation="refund").finished_at is None


def test_nobody_else_gets_there(
    manager: Member, cashier: Member, rival_owner: Member, bought: dict[str, Any]
) -> None:
    rival = office(rival_owner)
    assert rival.get(page(bought)).status_code == 404
    assert give_back(rival, bought).status_code == 404
    assert office(cashier).get(page(bought)).status_code == 302
    manager.membership.withheld = ["refund_payment"]
    manager.membership.save()
    assert office(manager).get(page(bought)).status_code == 403
    assert give_back(office(manager), bought).status_code == 403
    assert not Refund.objects.exists()


def test_lines_go_back_each_no_oftener_than_it_was_paid_for(
    manager: Member, bought: dict[str, Any]
) -> None:
    client = office(manager)
    (line,) = OrderLine.objects.filter(order=bought["order"])
    field = f"line_{line.pk}"
    form = client.get(page(bought)).content.decode()
    assert "How many of 1; all of them cost £10.00." in form
    for wrong in ({field: "2"}, {field: "-1"}, {field: "x"}, {field: "1", "amount": "3.00"}):
        assert give_back(client, bought, **wrong).request["PATH_INFO"] == page(bought)  # type: ignore[attr-defined]
    assert not Refund.objects.exists()
    give_back(client, bought, **{field: "0.5"})
    refund = Refund.objects.get()
    assert refund.amount == 500
    assert refund.lines == [{"line": str(line.pk), "quantity": "0.5", "amount": 500}]
    poll()
    assert "How many of 0.5; all of them cost £5.00." in client.get(page(bought)).content.decode()
    give_back(client, bought, **{field: "0.5"})
    poll()
    assert look(manager, bought)["refunded"] == 1000
    assert field not in client.get(page(bought)).content.decode()


def test_a_line_of_another_order_has_no_field_here(
    manager: Member, bought: dict[str, Any], menu: Menu
) -> None:
    other = order_of(manager, menu, 700)
    give_back(office(manager), bought, **{f"line_{other['lines'][0]['id']}": "1"})
    assert Refund.objects.get().amount == 1000
