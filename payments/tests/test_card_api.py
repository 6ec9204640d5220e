"""Paying by card, from the till to the ledger, against the stand-in for Stripe."""

import json
from typing import Any

import pytest
from django.http import HttpResponse

from fynlo.db import new_id
from fynlo.testing.cast import Member
from payments.models import LedgerTransaction, PaymentAttempt, ProviderCall, WebhookEvent
from payments.sandbox.stripe.remote import RunningStripe
from payments.selectors.ledger_checks import ledger_faults
from payments.tests.asking import deliver, grow_old, last, look, row, send, sweep
from payments.tests.conftest import balances, now_of
from payments.tests.receiver import receiving
from pos.tests.conftest import said

pytestmark = pytest.mark.django_db(transaction=True)
HOOK = "/api/v1/payments/webhooks/stripe/"
VISA = "pm_card_visa"
POOR = "pm_card_visa_chargeDeclinedInsufficientFunds"
ASKS = "pm_card_threeDSecure2Required"


def asked(member: Member, order: dict[str, Any], **body: Any) -> dict[str, Any]:
    """A payment by card for the order."""
    return send(member, "stripe/intents/", {"order": order["id"], **body})


def act(member: Member, payment: dict[str, Any], verb: str, **body: Any) -> HttpResponse:
    path = f"payments/stripe/intents/{last(payment)['id']}/{verb}/"
    return member.post(path, body, idempotency_key=str(new_id()))


def confirmed(member: Member, payment: dict[str, Any], method: str) -> dict[str, Any]:
    response = act(member, payment, "confirm", payment_method=method)
    assert response.status_code == 200, response.content
    return said(response)


def intent(member: Member, payment: dict[str, Any]) -> dict[str, Any]:
    response = member.get(f"payments/stripe/intents/{last(payment)['id']}/")
    assert response.status_code == 200, response.content
    return said(response)


def stripe_tells(cards: RunningStripe, kind: str) -> tuple[str, dict[str, str]]:
    """The first message of this type that is on its way: its body and headers."""
    with receiving() as receiver:
        cards.send_webhooks_to(receiver.url)
        while True:
            found = receiver.next()
            if json.loads(found.body)["type"] == kind:
                cards.send_webhooks_to("")
                return found.body.decode(), found.headers


def test_a_card_pays_an_order(cashier: Member, order: dict[str, Any], cards: RunningStripe) -> None:
    payment = asked(cashier, order, tip=125)
    assert (payment["status"], payment["total"]) == ("PENDING", 1375)
    assert last(payment)["status"] == "AWAITING_CUSTOMER"
    done = confirmed(cashier, payment, VISA)
    assert (done["status"], done["captured"]) == ("CAPTURED", 1375)
    assert (last(done)["status"], last(done)["actual_fee"]) == ("SUCCEEDED", 70)
    assert now_of(cashier, order)["due"] == 0
    assert sum(balances(cashier.restaurant).values()) == 0
    assert balances(cashier.restaurant)["tips_payable"] == -125


def test_the_till_is_given_what_stripes_sdk_needs_and_it_is_kept_nowhere(
    cashier: Member, order: dict[str, Any], cards: RunningStripe
) -> None:
    payment = asked(cashier, order)
    found = intent(cashier, payment)
    assert found["id"] == last(payment)["provider_id"]
    assert found["publishable_key"] == cards.credentials.publishable_key
    secret = found["client_secret"].partition("_secret_")[2]
    assert secret
    assert secret not in json.dumps(look(cashier, payment))
    kept = [*ProviderCall.objects.values_list("response", "arguments")]
    assert secret not in str(kept)


def test_a_declined_card_leaves_the_payment_open_for_another(
    cashier: Member, order: dict[str, Any], cards: RunningStripe
) -> None:
    payment = asked(cashier, order)
    refused = confirmed(cashier, payment, POOR)
    assert (refused["status"], last(refused)["status"]) == ("PENDING", "AWAITING_CUSTOMER")
    assert last(refused)["failure"] == "insufficient_funds"
    assert confirmed(cashier, payment, VISA)["status"] == "CAPTURED"
    assert len(look(cashier, payment)["attempts"]) == 1


def test_the_bank_asks_the_guest_and_only_stripe_is_believed_about_the_answer(
    cashier: Member, order: dict[str, Any], cards: RunningStripe
) -> None:
    payment = asked(cashier, order)
    waiting = confirmed(cashier, payment, ASKS)
    assert last(waiting)["provider_status"] == "requires_action"
    page = intent(cashier, payment)["redirect_url"]
    assert page.startswith(f"{cards.url}/3ds/")
    cards.act("authenticate", last(payment)["provider_id"])
    assert look(cashier, payment)["status"] == "PENDING"
    body, headers = stripe_tells(cards, "payment_intent.succeeded")
    assert deliver(body, headers, path=HOOK) == 200
    assert look(cashier, payment)["status"] == "CAPTURED"


def test_a_guest_who_fails_the_banks_question_may_try_again(
    cashier: Member, order: dict[str, Any], cards: RunningStripe
) -> None:
    payment = asked(cashier, order)
    confirmed(cashier, payment, ASKS)
    cards.act("fail-authentication", last(payment)["provider_id"])
    body, headers = stripe_tells(cards, "payment_intent.payment_failed")
    deliver(body, headers, path=HOOK)
    found = look(cashier, payment)
    assert found["status"] == "PENDING"
    assert last(found)["failure"] == "payment_intent_authentication_failure"
    assert confirmed(cashier, payment, VISA)["status"] == "CAPTURED"


def test_a_guest_who_leaves_the_banks_question_alone_pays_in_another_way(
    cashier: Member, order: dict[str, Any], cards: RunningStripe
) -> None:
    payment = asked(cashier, order)
    confirmed(cashier, payment, ASKS)
    stopped = said(act(cashier, payment, "cancel"))
    assert (stopped["status"], last(stopped)["status"]) == ("PENDING", "CANCELED")
    again = send(cashier, "stripe/intents/", {"payment": payment["id"]})
    assert again["id"] == payment["id"]
    assert confirmed(cashier, again, VISA)["status"] == "CAPTURED"


def test_a_hold_is_captured_in_part_once(
    cashier: Member, order: dict[str, Any], cards: RunningStripe
) -> None:
    payment = asked(cashier, order, manual_capture=True)
    held = confirmed(cashier, payment, VISA)
    assert (held["status"], last(held)["status"]) == ("PENDING", "AUTHORIZED")
    above = act(cashier, payment, "capture", amount=1251)
    assert (above.status_code, said(above)["code"]) == (422, "capture_above_hold")
    done = said(act(cashier, payment, "capture", amount=1000))
    assert (done["status"], done["captured"]) == ("CAPTURED", 1000)
    assert now_of(cashier, order)["due"] == 250
    assert sum(balances(cashier.restaurant).values()) == 0
    twice = act(cashier, payment, "capture", amount=250)
    assert (twice.status_code, said(twice)["code"]) == (409, "transition_not_allowed")


def test_a_part_costs_what_a_part_costs(
    cashier: Member, order: dict[str, Any], cards: RunningStripe
) -> None:
    """Of 12.50 and a tip of 1.25 held, 10.00 are taken: Fynlo's fee is 10, not 14."""
    payment = asked(cashier, order, tip=125, manual_capture=True)
    assert payment["platform_fee"] == 14
    confirmed(cashier, payment, VISA)
    done = said(act(cashier, payment, "capture", amount=1000))
    assert (done["bill"], done["tip"], done["total"]) == (875, 125, 1000)
    assert (done["platform_fee"], last(done)["platform_fee"]) == (10, 10)
    assert (last(done)["estimated_fee"], last(done)["actual_fee"]) == (59, 59)
    found = balances(cashier.restaurant)
    assert found["platform_revenue"] == -10
    assert found["provider_fee_payable:stripe"] == -59
    assert found["restaurant_payable"] == 10 + 59 + 125 - 1000
    assert "provider_fee_adjustment" not in found
    assert ledger_faults() == []


@pytest.mark.parametrize("parts", [(1, 0), (1, 49), (1, 125), (2, 125)])
def test_a_part_of_less_than_the_tip_is_recorded_too(
    cashier: Member, order: dict[str, Any], cards: RunningStripe, parts: tuple[int, int]
) -> None:
    payment = asked(cashier, order, tip=125, manual_capture=True)
    confirmed(cashier, payment, VISA)
    done = said(act(cashier, payment, "capture", amount=sum(parts)))
    assert (done["status"], done["captured"]) == ("CAPTURED", sum(parts))
    assert (done["bill"], done["tip"]) == parts
    assert ledger_faults() == []


def test_another_amount_is_not_taken_while_stripe_has_not_answered_for_the_first(
    cashier: Member, order: dict[str, Any], cards: RunningStripe
) -> None:
    payment = asked(cashier, order, manual_capture=True)
    confirmed(cashier, payment, VISA)
    cards.stage("502", operation="payment_intents.capture", times=9)
    assert act(cashier, payment, "capture", amount=500).status_code == 200
    for other in ({"amount": 1000}, {}):
        refused = act(cashier, payment, "capture", **other)
        assert (refused.status_code, said(refused)["code"]) == (409, "capture_under_way")
    cards.clear()
    assert act(cashier, payment, "capture", amount=500).status_code == 200
    grow_old(payment)
    sweep()
    assert look(cashier, payment)["captured"] == 500


def test_a_hold_is_released(cashier: Member, order: dict[str, Any], cards: RunningStripe) -> None:
    payment = asked(cashier, order, manual_capture=True)
    confirmed(cashier, payment, VISA)
    stopped = said(act(cashier, payment, "cancel"))
    assert last(stopped)["status"] == "CANCELED"
    assert balances(cashier.restaurant) == {}


def test_a_hold_that_ran_out_is_told_by_stripe(
    cashier: Member, order: dict[str, Any], cards: RunningStripe
) -> None:
    payment = asked(cashier, order, manual_capture=True)
    confirmed(cashier, payment, VISA)
    cards.act("expire-hold", last(payment)["provider_id"])
    body, headers = stripe_tells(cards, "payment_intent.canceled")
    deliver(body, headers, path=HOOK)
    found = look(cashier, payment)
    assert (found["status"], last(found)["status"]) == ("PENDING", "CANCELED")
    assert act(cashier, payment, "capture").status_code == 409


@pytest.mark.parametrize("name", ["500_after_commit", "500_before_commit"])
@pytest.mark.parametrize("operation", ["create", "confirm"])
def test_a_failure_that_stripe_repeats_for_ever_charges_once(
    cashier: Member, order: dict[str, Any], cards: RunningStripe, name: str, operation: str
) -> None:
    if operation == "create":
        cards.stage(name, operation="payment_intents.create")
    payment = asked(cashier, order)
    if operation == "confirm":
        cards.stage(name, operation="payment_intents.confirm")
    done = confirmed(cashier, payment, VISA)
    assert done["status"] == "CAPTURED"
    assert charges_of(cards, last(done)["provider_id"]) == 1


def charges_of(cards: RunningStripe, name: str) -> int:
    listed = cards.ask("GET", "/v1/charges", params={"payment_intent": name})
    return sum(charge["paid"] for charge in listed.json()["data"])


def test_the_same_key_charges_once(
    cashier: Member, order: dict[str, Any], cards: RunningStripe
) -> None:
    payment = asked(cashier, order)
    path = f"payments/stripe/intents/{last(payment)['id']}/confirm/"
    answers = [
        cashier.post(path, {"payment_method": VISA}, idempotency_key="once") for _ in range(2)
    ]
    assert answers[0].content == answers[1].content
    assert answers[1]["Idempotency-Replayed"] == "true"
    assert charges_of(cards, last(payment)["provider_id"]) == 1


def test_a_message_that_comes_twenty_times_is_stored_and_posted_once(
    cashier: Member, order: dict[str, Any], cards: RunningStripe
) -> None:
    payment = asked(cashier, order)
    confirmed(cashier, payment, VISA)
    body, headers = stripe_tells(cards, "payment_intent.succeeded")
    assert {deliver(body, headers, path=HOOK) for _ in range(20)} == {200}
    assert WebhookEvent.objects.count() == 1
    posted = LedgerTransaction.objects.filter(kind="payment_captured").count()
    assert posted == 1


def test_messages_in_the_wrong_order_say_the_same(
    cashier: Member, order: dict[str, Any], cards: RunningStripe
) -> None:
    payment = asked(cashier, order)
    confirmed(cashier, payment, POOR)
    failed = stripe_tells(cards, "payment_intent.payment_failed")
    cards.ask(
        "POST",
        f"/v1/payment_intents/{last(payment)['provider_id']}/confirm",
        data={"payment_method": VISA},
    )
    paid = stripe_tells(cards, "payment_intent.succeeded")
    for body, headers in (paid, failed):
        assert deliver(body, headers, path=HOOK) == 200
    assert look(cashier, payment)["status"] == "CAPTURED"


def test_a_message_about_somebody_elses_intent_moves_nothing(
    cashier: Member, order: dict[str, Any], cards: RunningStripe
) -> None:
    payment = asked(cashier, order)
    data = {"amount": "500", "currency": "gbp", "confirm": "true", "payment_method": VISA}
    cards.ask("POST", "/v1/payment_intents", data=data)
    body, headers = stripe_tells(cards, "payment_intent.succeeded")
    assert deliver(body, headers, path=HOOK) == 200
    assert look(cashier, payment)["status"] == "PENDING"


@pytest.mark.parametrize("name", ["future", "stale", "forged"])
def test_a_message_with_a_wrong_signature_is_401_and_not_stored(
    cashier: Member, order: dict[str, Any], cards: RunningStripe, name: str
) -> None:
    cards.stage(name, operation="payment_intent.created")
    asked(cashier, order)
    body, headers = stripe_tells(cards, "payment_intent.created")
    assert deliver(body, headers, path=HOOK) == 401
    assert not WebhookEvent.objects.exists()


def test_a_guest_at_the_bank_after_the_card_was_charged(
    cashier: Member, order: dict[str, Any], cards: RunningStripe
) -> None:
    payment = asked(cashier, order)
    confirmed(cashier, payment, VISA)
    cards.act("dispute", last(payment)["provider_id"])
    body, headers = stripe_tells(cards, "charge.dispute.created")
    assert deliver(body, headers, path=HOOK) == 200
    assert last(look(cashier, payment))["status"] == "DISPUTED"


def test_another_restaurants_attempt_is_not_there(
    cashier: Member, rival_owner: Member, order: dict[str, Any], cards: RunningStripe
) -> None:
    payment = asked(cashier, order)
    path = f"payments/stripe/intents/{last(payment)['id']}/"
    assert rival_owner.get(path).status_code == 404
    assert act(rival_owner, payment, "confirm", payment_method=VISA).status_code == 404
    assert row(payment).status == "AWAITING_CUSTOMER"


def test_a_card_that_is_still_being_tried_is_not_joined_by_another(
    cashier: Member, order: dict[str, Any], cards: RunningStripe
) -> None:
    payment = asked(cashier, order)
    cards.stage("502", operation="payment_intents.confirm", times=9)
    act(cashier, payment, "confirm", payment_method=VISA)
    second = act(cashier, payment, "confirm", payment_method="pm_card_mastercard")
    assert (second.status_code, said(second)["code"]) == (409, "confirm_under_way")


@pytest.mark.parametrize(
    "method", ["4242424242424242", "pm_", "pm_card visa", "src_1", "pm_" + "x" * 90]
)
def test_card_numbers_and_nonsense_are_refused(
    cashier: Member, order: dict[str, Any], cards: RunningStripe, method: str
) -> None:
    payment = asked(cashier, order)
    assert act(cashier, payment, "confirm", payment_method=method).status_code == 400
    assert PaymentAttempt.objects.get().status == "AWAITING_CUSTOMER"
