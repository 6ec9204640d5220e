"""SIGKILL at every step of a payment, in web and worker: money is right once somebody goes on.

After each death the till sends its request again under the same key, as it would, the bank sends
its messages again, and the sweeps run.
"""

from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

import pytest

from fynlo.clock import utc_now
from fynlo.db import new_id
from fynlo.local.ports import wait_until
from fynlo.testing.cast import Member
from fynlo.testing.dying import dies_at
from payments.models import (
    LedgerTransaction,
    Payment,
    PaymentAttempt,
    ProviderCall,
    Refund,
    WebhookEvent,
)
from payments.providers import registry
from payments.sandbox.bank.remote import RunningBank
from payments.tests.asking import (
    BANK_HOOK,
    Guest,
    asked,
    deliver,
    grow_old,
    last,
    look,
    poll,
    row,
    send,
    sweep,
)
from payments.tests.conftest import balances, now_of
from pos.tests.conftest import Menu, opened

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("bank_account", "cards"),
]
LONG_AGO = utc_now().replace(year=2020)


@pytest.fixture
def guest(bank_account: RunningBank) -> Guest:
    return Guest(bank_account)


@pytest.fixture
def fresh(cashier: Member, menu: Menu) -> Callable[[], dict[str, Any]]:
    """Another order of 12.50, each time."""
    return lambda: opened(cashier, menu.order(channel="takeaway"))


def alone(work: Callable[[], object]) -> Callable[[], object]:
    """With connections to the providers of its own, as another process has."""

    def done() -> object:
        registry._shared_truelayer.cache_clear()
        registry._wire.cache_clear()
        return work()

    return done


def go_on() -> None:
    """What the sweeps find as soon as enough time has passed."""
    ProviderCall.objects.filter(finished_at=None).update(try_at=LONG_AGO)
    WebhookEvent.objects.filter(state="RECEIVED").update(try_at=LONG_AGO)
    sweep()
    poll()


def books_balance(member: Member, clearing: int) -> None:
    books = balances(member.restaurant)
    assert sum(books.values()) == 0
    assert books.get("psp_clearing:truelayer", 0) == clearing


def test_a_request_for_a_qr_code(
    cashier: Member, fresh: Callable[[], dict[str, Any]], guest: Guest
) -> None:
    for step in count():
        order, key = fresh(), f"qr-{step}"
        ask = partial(send, cashier, "open-banking/qr/", {"order": order["id"]}, key=key)
        was_killed = dies_at(step, alone(ask))
        payment = ask()
        go_on()
        payment = look(cashier, payment)
        assert [one["status"] for one in payment["attempts"]] == ["AWAITING_CUSTOMER"]
        assert len(guest.bank.payments(attempt=last(payment)["id"])) == 1
        guest.approves(payment)
        go_on()
        assert now_of(cashier, order)["paid"] == 1250
        books_balance(cashier, 1250 * (step + 1))
        if not was_killed:
            break
    assert Payment.objects.count() == PaymentAttempt.objects.count() == step + 1
    assert step > 8


def test_the_banks_message(
    cashier: Member, fresh: Callable[[], dict[str, Any]], guest: Guest
) -> None:
    for step in count():
        order = fresh()
        payment = asked(cashier, order)
        guest.approves(payment)
        hook = guest.bank.webhooks(row(payment).provider_id, path=BANK_HOOK)[0]
        hear = partial(deliver, hook.body, hook.headers)
        was_killed = dies_at(step, alone(hear))
        assert hear() == 200
        go_on()
        assert now_of(cashier, order)["paid"] == 1250
        assert look(cashier, payment)["captured"] == 1250
        books_balance(cashier, 1250 * (step + 1))
        if not was_killed:
            break
    assert LedgerTransaction.objects.filter(kind="payment_captured").count() == step + 1
    assert step > 8


def test_an_attempt_that_ends_and_the_card_that_follows(
    cashier: Member, fresh: Callable[[], dict[str, Any]], guest: Guest
) -> None:
    for step in count():
        payment = asked(cashier, fresh())
        grow_old(payment)
        was_killed = dies_at(step, alone(sweep))
        go_on()
        go_on()
        found = look(cashier, payment)["attempts"]
        assert [(one["method"], one["status"]) for one in found] == [
            ("open_banking", "EXPIRED"),
            ("card", "AWAITING_CUSTOMER"),
        ]
        assert guest.bank.payments(attempt=found[0]["id"])[0]["status"] == "failed"
        send(cashier, f"{payment['id']}/cancel/")
        if not was_killed:
            break
    assert step > 12


def test_a_refund(cashier: Member, fresh: Callable[[], dict[str, Any]], guest: Guest) -> None:
    for step in count():
        order = fresh()
        payment = asked(cashier, order)
        guest.approves(payment)
        go_on()
        path, body = f"{payment['id']}/refunds/", {"amount": 500, "reason": "Cold soup"}
        give = partial(send, cashier, path, body, key=f"refund-{step}")
        was_killed = dies_at(step, alone(give))
        give()
        go_on()
        assert look(cashier, payment)["refunded"] == 500
        assert now_of(cashier, order)["refunded"] == 500
        books_balance(cashier, 750 * (step + 1))
        if not was_killed:
            break
    assert Refund.objects.count() == step + 1
    assert step > 8


def has_the_money(bank: RunningBank, attempt: str) -> bool:
    """Before that a poll finds nothing, and there are few of them."""
    return bank.payments(attempt=attempt)[0]["status"] in ("executed", "settled")


def is_back(payment: dict[str, Any]) -> bool:
    go_on()
    found = Refund.objects.filter(payment=payment["id"])
    return list(found.values_list("status", "amount")) == [("SUCCEEDED", 1250)]


def test_money_that_comes_too_late(
    cashier: Member, fresh: Callable[[], dict[str, Any]], guest: Guest
) -> None:
    for step in count():
        guest.bank.stage("approve_late_after_cancel")
        payment = asked(cashier, fresh())
        send(cashier, f"{payment['id']}/cancel/", key=str(new_id()))
        assert wait_until(partial(has_the_money, guest.bank, last(payment)["id"]), seconds=10)
        was_killed = dies_at(step, alone(poll))
        assert wait_until(partial(is_back, payment), seconds=10)
        assert last(look(cashier, payment))["status"] == "LATE_SUCCESS"
        books_balance(cashier, 0)
        if not was_killed:
            break
    assert step > 8
