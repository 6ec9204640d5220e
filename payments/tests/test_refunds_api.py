"""Giving money back, against the stand-in bank: never more than was taken."""

from functools import partial
from typing import Any

import pytest
from django.http import HttpResponse

from fynlo.clock import utc_now
from fynlo.db import durable, new_id
from fynlo.local.ports import wait_until
from fynlo.testing.cast import Member
from fynlo.testing.races import at_once
from payments.choices import RefundStatus
from payments.models import Payment, PaymentSettings, ProviderCall, Refund
from payments.providers.base import ProviderRefund
from payments.sandbox.bank.remote import RunningBank
from payments.selectors.attempts import hold_attempt
from payments.services.refund_states import take_refund
from payments.tests.asking import BANK_HOOK, Guest, asked, deliver, look, poll, row, sweep
from payments.tests.conftest import balances, now_of, order_of, paid
from pos.tests.conftest import Menu, said

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("bank_account")]
CLIENT_MADE = "01936f00-0000-7000-8000-00000000cccc"


@pytest.fixture
def guest(bank_account: RunningBank) -> Guest:
    return Guest(bank_account)


@pytest.fixture
def bought(manager: Member, menu: Menu, guest: Guest) -> dict[str, Any]:
    """10.00 and a tip of 1.00, paid by bank."""
    payment = asked(manager, order_of(manager, menu, 1000), tip=100)
    guest.approves(payment)
    poll()
    return look(manager, payment)


def refund(member: Member, payment: dict[str, Any], *, key: str = "", **body: Any) -> HttpResponse:
    path = f"payments/{payment['id']}/refunds/"
    given = {"reason": "The soup was cold.", **body}
    return member.post(path, given, idempotency_key=key or str(new_id()))


def refunded(member: Member, payment: dict[str, Any], **body: Any) -> dict[str, Any]:
    response = refund(member, payment, **body)
    assert response.status_code == 201, response.content
    return said(response)


def parts(one: dict[str, Any]) -> tuple[int, int, int]:
    return one["bill_amount"], one["tip_amount"], one["amount"]


def test_all_of_it_goes_back_when_nothing_else_is_said(
    cashier: Member, bought: dict[str, Any]
) -> None:
    before = balances(cashier.restaurant)
    response = refund(cashier, bought)
    assert response["Location"] == f"/api/v1/payments/{bought['id']}/refunds/"
    one = said(response)
    assert (parts(one), one["status"]) == ((1000, 100, 1100), "PENDING")
    assert (look(cashier, bought)["refunding"], look(cashier, bought)["refunded"]) == (1100, 0)
    poll()
    now = look(cashier, bought)
    assert (now["status"], now["refunding"], now["refunded"]) == ("REFUNDED", 0, 1100)
    assert now["refunds"][0]["status"] == "SUCCEEDED"
    order = now_of(cashier, {"id": bought["order"]})
    assert (order["refunded"], order["payment_status"]) == (1100, "REFUNDED")
    after = balances(cashier.restaurant)
    assert before["psp_clearing:truelayer"] - after["psp_clearing:truelayer"] == 1100
    assert (after["tips_payable"], sum(after.values())) == (0, 0)


def test_a_part_takes_the_bill_first_and_the_tip_when_it_is_named(
    cashier: Member, bought: dict[str, Any]
) -> None:
    assert parts(refunded(cashier, bought, amount=300)) == (300, 0, 300)
    assert parts(refunded(cashier, bought, amount=150, tip=50)) == (100, 50, 150)
    assert parts(refunded(cashier, bought, amount=640)) == (600, 40, 640)
    refused = refund(cashier, bought, amount=11)
    assert (refused.status_code, said(refused)["code"]) == (422, "refund_too_large")
    assert (said(refused)["left"], said(refused)["left_of_tip"]) == (10, 10)
    poll()
    assert look(cashier, bought)["status"] == "PARTIALLY_REFUNDED"
    listed = said(cashier.get(f"payments/{bought['id']}/refunds/?limit=2"))
    assert [one["amount"] for one in listed["results"]] == [300, 150]
    assert listed["next"]


def test_lines_go_back_for_what_they_cost_and_each_piece_once(
    manager: Member, menu: Menu, guest: Guest
) -> None:
    body = menu.order(menu.line(unit_price=333, quantity="3"), channel="takeaway")
    order = said(manager.post("orders/", body))
    line = order["lines"][0]["id"]
    payment = asked(manager, order)
    guest.approves(payment)
    poll()
    cost = order["lines"][0]["total"]
    one = refunded(manager, payment, lines=[{"line": line, "quantity": "1"}])
    rest = refunded(manager, payment, lines=[{"line": line}])
    assert one["amount"] + rest["amount"] == cost
    assert rest["lines"] == [{"line": line, "quantity": "2.000", "amount": rest["amount"]}]
    refused = refund(manager, payment, lines=[{"line": line}])
    assert said(refused)["code"] in {"refund_too_large", "nothing_to_refund"}
    stranger = str(new_id())
    assert said(refund(manager, payment, lines=[{"line": stranger}]))["code"] in {
        "unknown_reference",
        "nothing_to_refund",
    }


def test_above_the_limit_a_manager_says_yes_and_slices_count_together(
    cashier: Member, owner: Member, bought: dict[str, Any]
) -> None:
    PaymentSettings.objects.update(refund_limit=500)
    assert refund(cashier, bought, amount=400).status_code == 201
    refused = refund(cashier, bought, amount=101)
    assert (refused.status_code, said(refused)["code"]) == (403, "approval_required")
    assert refund(owner, bought, amount=101).status_code == 201


def test_a_repeated_request_gives_back_once(cashier: Member, bought: dict[str, Any]) -> None:
    first = refund(cashier, bought, key="till-1", amount=100)
    again = refund(cashier, bought, key="till-1", amount=100)
    assert first.content == again.content
    body: dict[str, Any] = {"id": CLIENT_MADE, "amount": 200}
    assert refund(cashier, bought, **body).status_code == 201
    assert refund(cashier, bought, **body).status_code == 200
    assert [one.amount for one in Refund.objects.order_by("requested_at")] == [100, 200]


def test_refunds_at_one_instant_never_pass_what_was_taken(
    manager: Member, bought: dict[str, Any]
) -> None:
    """The payment is locked while what is left is read.

    To see it fail, let `payments.selectors.attempts.hold_payment` lock nothing: more than three
    answer 201.
    """
    answers = at_once(*[partial(refund, manager, bought, amount=300)] * 8)
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [201, 201, 201, 422, 422, 422, 422, 422]
    poll()
    assert look(manager, bought)["refunded"] == 900


def test_what_the_bank_has_not_received_is_refunded_when_it_has(
    manager: Member, menu: Menu, guest: Guest
) -> None:
    guest.bank.set(settle_after_s=0.5)
    payment = asked(manager, order_of(manager, menu, 1000))
    guest.approves(payment)
    poll()
    one = refunded(manager, payment)
    if one["status"] == "CREATED":
        call = ProviderCall.objects.get(operation="refund")
        assert (call.finished_at, call.error) == (None, "provider_invalid_request")
    settled(guest, payment)
    ProviderCall.objects.filter(finished_at=None).update(try_at=utc_now().replace(year=2020))
    sweep()
    poll()
    assert look(manager, payment)["status"] == "REFUNDED"


def settled(guest: Guest, payment: dict[str, Any]) -> None:
    def is_settled() -> bool:
        known = guest.bank.payments(attempt=str(row(payment).pk))
        return bool(known[0]["status"] == "settled")

    assert wait_until(is_settled, seconds=10)


def test_a_refund_that_fails_leaves_the_money_where_it_was(
    cashier: Member, bought: dict[str, Any], guest: Guest
) -> None:
    before = balances(cashier.restaurant)
    guest.bank.stage("refund_fail")
    refunded(cashier, bought, amount=500)
    poll()
    now = look(cashier, bought)
    assert (now["status"], now["refunding"], now["refunded"]) == ("CAPTURED", 0, 0)
    assert now["refunds"][0]["failure"] == "insufficient_funds"
    assert balances(cashier.restaurant) == before
    assert now_of(cashier, {"id": bought["order"]})["refunded"] == 0


def test_a_refund_that_was_made_and_comes_back_is_taken_back(
    cashier: Member, bought: dict[str, Any]
) -> None:
    before = balances(cashier.restaurant)
    refunded(cashier, bought, amount=500)
    poll()
    assert look(cashier, bought)["status"] == "PARTIALLY_REFUNDED"
    one = Refund.objects.get()
    failed = ProviderRefund(one.provider_id, RefundStatus.FAILED, 500, failure="rejected")
    for _ in range(2):
        with durable():
            take_refund(hold_attempt(one.attempt_id), one.pk, failed, now=utc_now())
    now = look(cashier, bought)
    assert (now["status"], now["refunded"]) == ("CAPTURED", 0)
    assert balances(cashier.restaurant) == before
    assert now_of(cashier, {"id": bought["order"]})["payment_status"] == "PAID"


def test_the_banks_message_about_a_refund_is_followed(
    cashier: Member, bought: dict[str, Any], guest: Guest
) -> None:
    refunded(cashier, bought, amount=500)
    for hook in guest.bank.webhooks(row(bought).provider_id, path=BANK_HOOK):
        assert deliver(hook.body, hook.headers) == 200
    assert look(cashier, bought)["refunded"] == 500


def test_a_refund_whose_answer_was_lost_is_made_once(
    cashier: Member, bought: dict[str, Any], guest: Guest
) -> None:
    guest.bank.stage("500_after_commit", operation="refund", times=10)
    assert refunded(cashier, bought, amount=500)["status"] == "UNKNOWN"
    guest.bank.stage("clear")
    ProviderCall.objects.filter(finished_at=None).update(try_at=utc_now().replace(year=2020))
    sweep()
    poll()
    assert look(cashier, bought)["refunded"] == 500
    assert ProviderCall.objects.get(operation="refund").tries == 2


def test_cash_goes_back_at_once_out_of_the_drawer(cashier: Member, order: dict[str, Any]) -> None:
    payment = paid(cashier, order, tendered=1250)
    one = refunded(cashier, payment, amount=250)
    assert one["status"] == "SUCCEEDED"
    now = look(cashier, payment)
    assert (now["status"], now["refunded"]) == ("PARTIALLY_REFUNDED", 250)
    assert balances(cashier.restaurant)["cash_drawer"] == 1000
    assert now_of(cashier, order)["refunded"] == 250


def test_what_was_never_taken_cannot_go_back(
    cashier: Member, order: dict[str, Any], guest: Guest, rival_owner: Member
) -> None:
    payment = asked(cashier, order)
    refused = refund(cashier, payment)
    assert (refused.status_code, said(refused)["code"]) == (409, "nothing_to_refund")
    assert refund(rival_owner, payment).status_code == 404
    assert rival_owner.get(f"payments/{payment['id']}/refunds/").status_code == 404
    assert Payment.objects.get().refunding == 0


@pytest.mark.parametrize(
    "body",
    [
        {"amount": 0},
        {"amount": 1, "tip": 2},
        {"amount": 1, "lines": [{"line": CLIENT_MADE}]},
        {"lines": [{"line": CLIENT_MADE}] * 2},
        {"reason": " "},
    ],
)
def test_a_refund_that_contradicts_itself_is_refused(
    cashier: Member, bought: dict[str, Any], body: dict[str, Any]
) -> None:
    assert refund(cashier, bought, **body).status_code == 400
    assert not Refund.objects.exists()
