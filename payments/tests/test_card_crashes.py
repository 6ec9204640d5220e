"""Card payments whose answers are lost, whose processes die, and whose messages never come."""

from typing import Any

import pytest

from fynlo.clock import utc_now
from fynlo.db import durable, new_id
from fynlo.testing.cast import Member
from payments.models import LedgerTransaction, ProviderCall
from payments.sandbox.stripe.remote import RunningStripe
from payments.services.calls import call_provider
from payments.services.card import prepare_capture, prepare_card, prepare_confirm
from payments.services.payments import Wanted
from payments.tests.asking import grow_old, last, look, poll, send, sweep
from payments.tests.conftest import balances, now_of
from pos.tests.conftest import said

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("cards")]
VISA = "pm_card_visa"


def asked(member: Member, order: dict[str, Any], **body: Any) -> dict[str, Any]:
    return send(member, "stripe/intents/", {"order": order["id"], **body})


def intents_of(cards: RunningStripe, payment: dict[str, Any]) -> int:
    query = f"metadata['payment_id']:'{payment['id']}'"
    found = cards.ask("GET", "/v1/payment_intents/search", params={"query": query})
    return len(found.json()["data"])


def is_paid_once(member: Member, order: dict[str, Any]) -> None:
    assert now_of(member, order)["paid"] == 1250
    assert LedgerTransaction.objects.filter(kind="payment_captured").count() == 1
    assert balances(member.restaurant)["psp_clearing:stripe"] == 1250


def test_who_dies_after_the_intent_was_made_finds_it_again(
    cashier: Member, order: dict[str, Any], cards: RunningStripe
) -> None:
    with durable():
        begun = prepare_card(
            by=cashier.actor,
            now=utc_now(),
            pk=new_id(),
            fingerprint="",
            wanted=Wanted(order=order["id"]),
        )
    payment = {"id": str(begun.entity)}
    assert call_provider(intent=begun, now=utc_now())
    assert last(look(cashier, payment))["status"] == "CREATED"
    grow_old(payment)
    sweep()
    assert last(look(cashier, payment))["status"] == "AWAITING_CUSTOMER"
    assert intents_of(cards, payment) == 1


@pytest.mark.parametrize("is_sent", [True, False], ids=["after the call", "before the call"])
def test_who_dies_around_a_charge_charges_once(
    cashier: Member, order: dict[str, Any], is_sent: bool
) -> None:
    payment = asked(cashier, order)
    with durable():
        begun = prepare_confirm(
            by=cashier.actor,
            now=utc_now(),
            pk=last(payment)["id"],
            payment_method=VISA,
        )
    if is_sent:
        assert call_provider(intent=begun, now=utc_now())
    assert look(cashier, payment)["status"] == "PENDING"
    grow_old(payment)
    sweep()
    is_paid_once(cashier, order)


def test_who_dies_after_a_capture_captures_once(cashier: Member, order: dict[str, Any]) -> None:
    payment = asked(cashier, order, manual_capture=True)
    path = f"stripe/intents/{last(payment)['id']}/confirm/"
    held = send(cashier, path, {"payment_method": VISA})
    assert last(held)["status"] == "AUTHORIZED"
    with durable():
        begun = prepare_capture(by=cashier.actor, now=utc_now(), pk=last(payment)["id"])
    assert call_provider(intent=begun, now=utc_now())
    grow_old(payment)
    sweep()
    is_paid_once(cashier, order)


def test_a_charge_whose_answer_is_lost_is_found_out(
    cashier: Member, order: dict[str, Any], cards: RunningStripe
) -> None:
    payment = asked(cashier, order)
    cards.stage("502", operation="payment_intents.confirm", times=9)
    path = f"stripe/intents/{last(payment)['id']}/confirm/"
    waiting = send(cashier, path, {"payment_method": VISA})
    assert waiting["status"] == "PENDING"
    assert ProviderCall.objects.filter(finished_at=None).count() == 1
    cards.clear()
    grow_old(payment)
    sweep()
    is_paid_once(cashier, order)


def test_a_message_that_never_comes_is_asked_for(
    cashier: Member, order: dict[str, Any], cards: RunningStripe
) -> None:
    payment = asked(cashier, order)
    name = last(payment)["provider_id"]
    cards.ask("POST", f"/v1/payment_intents/{name}/confirm", data={"payment_method": VISA})
    assert look(cashier, payment)["status"] == "PENDING"
    poll()
    is_paid_once(cashier, order)


def test_a_payment_that_was_cancelled_and_is_paid_all_the_same_goes_back(
    cashier: Member, order: dict[str, Any], cards: RunningStripe
) -> None:
    """The guest pays at Stripe while staff cancel: Stripe says that it is too late."""
    payment = asked(cashier, order)
    name = last(payment)["provider_id"]
    cards.ask("POST", f"/v1/payment_intents/{name}/confirm", data={"payment_method": VISA})
    cancelled = cashier.post(f"payments/{payment['id']}/cancel/", {}, idempotency_key="stop")
    assert said(cancelled)["status"] in {"PENDING", "CAPTURED"}
    poll()
    is_paid_once(cashier, order)
