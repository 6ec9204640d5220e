"""From the bank to the card: by itself, once, and never while the bank may still take the money."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.http import HttpResponse

from fynlo.clock import utc_now
from fynlo.db import durable, new_id
from fynlo.local.ports import wait_until
from fynlo.testing.cast import Member
from fynlo.testing.races import at_once
from payments import tasks
from payments.models import PaymentAttempt, PaymentSettings, ProviderCall, Refund
from payments.sandbox.bank.remote import RunningBank
from payments.sandbox.stripe.remote import RunningStripe
from payments.services.cancelling import expire_attempt
from payments.tests.asking import Guest, asked, grow_old, last, look, poll, row, send, sweep
from payments.tests.conftest import balances, now_of
from pos.tests.conftest import said

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("bank_account", "cards"),
]
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def guest(bank_account: RunningBank) -> Guest:
    return Guest(bank_account)


@pytest.fixture
def payment(cashier: Member, order: dict[str, Any], guest: Guest) -> dict[str, Any]:
    """12.50, asked for by bank."""
    return asked(cashier, order)


def stop(member: Member, payment: dict[str, Any], verb: str, **body: Any) -> HttpResponse:
    path = f"payments/{payment['id']}/{verb}/"
    return member.post(path, body, idempotency_key=str(new_id()))


def statuses(member: Member, payment: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["method"], one["status"]) for one in look(member, payment)["attempts"]]


CARD_WAITS = ("card", "AWAITING_CUSTOMER")


def test_a_decline_at_the_bank_asks_for_the_card_once(
    cashier: Member, payment: dict[str, Any], guest: Guest
) -> None:
    guest.declines(payment)
    for _ in range(3):
        guest.bank_tells(payment)
        poll()
    assert statuses(cashier, payment) == [("open_banking", "DECLINED"), CARD_WAITS]
    now = look(cashier, payment)
    assert now["method"] == "card"
    assert now["provider_fee_estimate"] == 66
    assert last(now)["fallback_of"] == payment["attempts"][0]["id"]
    assert last(now)["provider_id"].startswith("pi_")


def test_declines_at_one_instant_ask_for_the_card_once(
    cashier: Member, payment: dict[str, Any], guest: Guest
) -> None:
    """The transition is made under the attempt's lock; without it, PostgreSQL's
    `attempt_open_once` still lets only one of them through."""
    guest.declines(payment)
    told = at_once(*[partial(guest.bank_tells, payment) for _ in range(8)])
    assert {status for answers in told for status in answers} == {200}
    assert statuses(cashier, payment) == [("open_banking", "DECLINED"), CARD_WAITS]


def test_a_restaurant_may_do_without_the_card(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    PaymentSettings.objects.update(falls_back_to_card=False)
    payment = asked(cashier, order)
    guest.declines(payment)
    guest.bank_tells(payment)
    assert statuses(cashier, payment) == [("open_banking", "DECLINED")]
    assert look(cashier, payment)["status"] == "PENDING"
    again = send(cashier, "open-banking/qr/", {"payment": payment["id"]})
    assert last(again)["number"] == 2


@pytest.mark.parametrize(
    ("seconds", "status"), [(-1, "AWAITING_CUSTOMER"), (0, "EXPIRING"), (1, "EXPIRING")]
)
def test_an_attempt_ends_at_its_very_time(
    cashier: Member, payment: dict[str, Any], seconds: int, status: str
) -> None:
    attempt = row(payment)
    assert attempt.expires_at
    with durable():
        at = attempt.expires_at + timedelta(seconds=seconds)
        expire_attempt(attempt_id=attempt.pk, now=at)
    assert statuses(cashier, payment) == [("open_banking", status)]


def test_two_sweeps_at_once_end_it_once_and_cancel_it_at_the_bank(
    cashier: Member, payment: dict[str, Any], guest: Guest
) -> None:
    grow_old(payment)
    at_once(sweep, sweep)
    sweep()
    assert statuses(cashier, payment) == [("open_banking", "EXPIRED"), CARD_WAITS]
    (known,) = guest.bank.payments(attempt=payment["attempts"][0]["id"])
    assert known["status"] == "failed"


def test_what_the_guest_has_approved_does_not_expire(
    cashier: Member, payment: dict[str, Any], guest: Guest
) -> None:
    guest.bank.set(execute_after_s=3600)
    guest.approves(payment)
    grow_old(payment)
    sweep()
    assert statuses(cashier, payment) == [("open_banking", "PROCESSING")]
    refused = stop(cashier, payment, "fallback")
    assert (refused.status_code, said(refused)["code"]) == (409, "bank_is_confirming")
    assert statuses(cashier, payment) == [("open_banking", "PROCESSING")]


def test_staff_turn_to_the_card_when_the_bank_has_let_go(
    cashier: Member, payment: dict[str, Any], guest: Guest
) -> None:
    answer = stop(cashier, payment, "fallback")
    assert answer.status_code == 200, answer.content
    assert statuses(cashier, payment) == [("open_banking", "CANCELED"), CARD_WAITS]
    refused = stop(cashier, payment, "fallback")
    assert said(refused)["code"] == "nothing_to_fall_back_from"


def test_a_cancelled_payment_is_over_at_the_bank_and_here(
    cashier: Member, payment: dict[str, Any], guest: Guest, order: dict[str, Any]
) -> None:
    over = said(stop(cashier, payment, "cancel"))
    assert (over["status"], last(over)["status"]) == ("CANCELLED", "CANCELED")
    assert statuses(cashier, payment) == [("open_banking", "CANCELED")]
    assert said(stop(cashier, payment, "cancel"))["status"] == "CANCELLED"
    assert said(stop(cashier, payment, "fallback"))["code"] == "payment_not_pending"
    assert asked(cashier, order)["total"] == 1250


def test_money_that_was_approved_while_it_was_cancelled_goes_back_once(
    cashier: Member, payment: dict[str, Any], guest: Guest, order: dict[str, Any]
) -> None:
    guest.bank.stage("approve_late_after_cancel")
    stop(cashier, payment, "cancel")
    assert wait_until(lambda: is_back(guest, payment), seconds=20)
    assert statuses(cashier, payment) == [("open_banking", "LATE_SUCCESS")]
    refund = Refund.objects.get()
    assert (refund.amount, refund.is_late, refund.status) == (1250, True, "SUCCEEDED")
    assert now_of(cashier, order)["paid"] == 0
    books = balances(cashier.restaurant)
    assert (books["psp_clearing:truelayer"], books["customer_refunds_payable"]) == (0, 0)


def is_back(guest: Guest, payment: dict[str, Any]) -> bool:
    """Whether the bank has given it back: it does so in a moment of its own."""
    guest.bank_tells(payment)
    poll()
    return Refund.objects.filter(status="SUCCEEDED").exists()


def test_while_the_bank_cannot_be_asked_the_card_stays_closed(
    cashier: Member, payment: dict[str, Any], guest: Guest, settings: Any
) -> None:
    settings.TRUELAYER_API_URL, reachable = NOWHERE, settings.TRUELAYER_API_URL
    answer = said(stop(cashier, payment, "fallback"))
    assert last(answer)["status"] == "CANCEL_UNKNOWN"
    assert len(answer["attempts"]) == 1
    settings.TRUELAYER_API_URL = reachable
    grow_old(payment)
    sweep()
    assert statuses(cashier, payment) == [("open_banking", "CANCELED"), CARD_WAITS]
    assert ProviderCall.objects.filter(operation="cancel").count() == 1


def test_staff_may_go_on_unconfirmed_and_money_that_then_comes_goes_back(
    cashier: Member, payment: dict[str, Any], guest: Guest, settings: Any
) -> None:
    settings.TRUELAYER_API_URL, reachable = NOWHERE, settings.TRUELAYER_API_URL
    stop(cashier, payment, "fallback")
    answer = said(stop(cashier, payment, "fallback", override=True))
    assert [one["status"] for one in answer["attempts"]] == ["CANCELED", "AWAITING_CUSTOMER"]
    assert answer["attempts"][0]["given_up_by"] == str(cashier.membership.pk)
    settings.TRUELAYER_API_URL = reachable
    guest.approves(payment)
    poll()
    assert statuses(cashier, payment) == [("open_banking", "LATE_SUCCESS"), CARD_WAITS]
    assert Refund.objects.get().status == "PENDING"
    poll()
    assert Refund.objects.get().status == "SUCCEEDED"


def test_what_was_given_up_is_cancelled_when_the_bank_answers_again(
    cashier: Member, payment: dict[str, Any], guest: Guest, settings: Any
) -> None:
    settings.TRUELAYER_API_URL, reachable = NOWHERE, settings.TRUELAYER_API_URL
    stop(cashier, payment, "cancel")
    over = said(stop(cashier, payment, "cancel", override=True))
    assert over["status"] == "CANCELLED"
    settings.TRUELAYER_API_URL = reachable
    ProviderCall.objects.filter(finished_at=None).update(try_at=utc_now() - timedelta(minutes=1))
    sweep()
    (known,) = guest.bank.payments(attempt=payment["attempts"][0]["id"])
    assert known["status"] == "failed"
    poll()
    assert not PaymentAttempt.objects.get().is_watched


def test_a_bank_that_cannot_be_reached_is_no_reason_to_wait(
    cashier: Member, order: dict[str, Any], settings: Any
) -> None:
    settings.TRUELAYER_API_URL = settings.TRUELAYER_AUTH_URL = NOWHERE
    payment = asked(cashier, order)
    assert payment["attempts"][0]["failure"] == "provider_unavailable"
    assert statuses(cashier, payment) == [("open_banking", "FAILED"), CARD_WAITS]


def test_a_card_pays_what_the_bank_did_not(
    cashier: Member, payment: dict[str, Any], guest: Guest, cards: RunningStripe, order: Any
) -> None:
    guest.declines(payment)
    guest.bank_tells(payment)
    attempt = row(payment, 2)
    path = f"/v1/payment_intents/{attempt.provider_id}/confirm"
    paid = cards.ask("POST", path, data={"payment_method": "pm_card_visa"})
    assert paid.status_code == 200, paid.text
    tasks.refresh_attempt.delay(attempt_id=str(attempt.pk))
    assert look(cashier, payment)["status"] == "CAPTURED"
    assert now_of(cashier, order)["due"] == 0
    books = balances(cashier.restaurant)
    assert books["psp_clearing:stripe"] == 1250
    assert sum(books.values()) == 0
