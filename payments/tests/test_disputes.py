"""A guest who asks the bank for the money: the ledger follows, the order stays as it was paid."""

from typing import Any

import pytest

from fynlo.testing.cast import Member
from payments.choices import AttemptStatus
from payments.models import PaymentAttempt
from payments.sandbox.stripe.remote import RunningStripe
from payments.services.states import steps
from payments.tests.asking import last, look, poll, row
from payments.tests.conftest import balances, now_of
from payments.tests.test_card_api import VISA, asked, confirmed
from pos.tests.conftest import said

pytestmark = pytest.mark.django_db(transaction=True)
FEE = 1500


@pytest.fixture
def disputed(cashier: Member, order: dict[str, Any], cards: RunningStripe) -> dict[str, Any]:
    """12.50 by card, which the guest has denied."""
    payment = confirmed(cashier, asked(cashier, order), VISA)
    payment["dispute"] = cards.act("dispute", row(payment).provider_id)["id"]
    ask()
    return payment


def ask() -> None:
    PaymentAttempt.objects.update(is_watched=True)
    poll()


def test_the_amount_and_the_fee_are_taken_once(cashier: Member, disputed: dict[str, Any]) -> None:
    before = balances(cashier.restaurant)
    ask()
    assert balances(cashier.restaurant) == before
    assert before["chargeback_receivable"] == 1250
    assert before["psp_clearing:stripe"] == -FEE
    now = look(cashier, disputed)
    assert (now["status"], last(now)["status"]) == ("CAPTURED", "DISPUTED")
    assert now_of(cashier, {"id": disputed["order"]})["payment_status"] == "PAID"


def test_a_dispute_that_is_won_brings_the_amount_back(
    cashier: Member, disputed: dict[str, Any], cards: RunningStripe
) -> None:
    cards.act("win-dispute", disputed["dispute"])
    ask()
    assert last(look(cashier, disputed))["status"] == "DISPUTE_WON"
    books = balances(cashier.restaurant)
    assert (books["chargeback_receivable"], books["psp_clearing:stripe"]) == (0, 1250 - FEE)


def test_a_dispute_that_is_lost_is_the_restaurants(
    cashier: Member, disputed: dict[str, Any], cards: RunningStripe
) -> None:
    before = balances(cashier.restaurant)["restaurant_payable"]
    cards.act("lose-dispute", disputed["dispute"])
    ask()
    books = balances(cashier.restaurant)
    assert books["chargeback_receivable"] == 0
    assert books["restaurant_payable"] - before == 1250


def test_nothing_is_refunded_while_the_bank_decides(
    cashier: Member, disputed: dict[str, Any]
) -> None:
    path = f"payments/{disputed['id']}/refunds/"
    refused = cashier.post(path, {"reason": "Sorry"}, idempotency_key="key")
    assert (refused.status_code, said(refused)["code"]) == (409, "payment_disputed")


@pytest.mark.parametrize("current", [AttemptStatus.PROCESSING, AttemptStatus.SUCCEEDED])
def test_a_dispute_is_told_from_its_beginning(current: AttemptStatus) -> None:
    path = steps(current, AttemptStatus.DISPUTE_LOST)
    assert path[-2:] == [AttemptStatus.DISPUTED, AttemptStatus.DISPUTE_LOST]
    assert (AttemptStatus.SUCCEEDED in path) == (current == AttemptStatus.PROCESSING)
