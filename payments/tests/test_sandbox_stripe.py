"""The stand-in for Stripe is as strict as the real one, and misbehaves when it is told to.

Asked by the official SDK, or by bare HTTP where the SDK would hide what is on the wire.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest
import stripe

from payments.sandbox.stripe.remote import RunningStripe
from payments.tests.receiver import receiving

INTENTS = "/v1/payment_intents"
BACK = "https://pay.example.com/q/return/"


@pytest.fixture
def client(card_house: RunningStripe) -> stripe.StripeClient:
    return stripe.StripeClient(
        card_house.credentials.secret_key,
        base_addresses={"api": card_house.url},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=(3, 20)),
    )


def made(client: stripe.StripeClient, **params: Any) -> stripe.PaymentIntent:
    given: Any = {"amount": 2750, "currency": "gbp", "payment_method_types": ["card"], **params}
    return client.v1.payment_intents.create(given)


def posted(house: RunningStripe, path: str, key: str = "", **data: Any) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return house.ask("POST", path, data=data, headers=headers)


def test_a_card_is_charged_and_what_it_cost_is_in_the_balance(
    client: stripe.StripeClient,
) -> None:
    intent = made(client)
    assert intent.status == "requires_payment_method"
    paid = client.v1.payment_intents.confirm(
        intent.id,
        {"payment_method": "pm_card_visa", "expand": ["latest_charge.balance_transaction"]},
    )
    charge: Any = paid.latest_charge
    transaction = charge.balance_transaction
    assert (paid.status, paid.amount_received) == ("succeeded", 2750)
    assert (transaction.fee, transaction.net) == (110, 2640)
    assert charge.payment_method_details.card.last4 == "4242"


@pytest.mark.parametrize(
    ("method", "code", "decline_code"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
    ],
)
def test_the_official_cards_are_declined_as_they_should_be(
    client: stripe.StripeClient, method: str, code: str, decline_code: str
) -> None:
    intent = made(client)
    with pytest.raises(stripe.CardError) as declined:
        client.v1.payment_intents.confirm(intent.id, {"payment_method": method})
    error: Any = declined.value.error
    assert (declined.value.code, error.decline_code) == (code, decline_code)
    after = client.v1.payment_intents.retrieve(intent.id)
    assert after.status == "requires_payment_method"
    again = client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert again.status == "succeeded"


@pytest.mark.parametrize(
    ("button", "status", "word"),
    [("complete", "succeeded", "succeeded"), ("fail", "requires_payment_method", "failed")],
)
def test_the_holder_answers_the_banks_question(
    client: stripe.StripeClient, card_house: RunningStripe, button: str, status: str, word: str
) -> None:
    intent = made(
        client, payment_method="pm_card_threeDSecure2Required", confirm=True, return_url=BACK
    )
    assert intent.status == "requires_action"
    action: Any = intent.next_action
    page = action.redirect_to_url.url
    assert "27.50 GBP" in card_house.visit("GET", page).text
    form = {"key": intent.client_secret, "result": button}
    end = card_house.visit("POST", page, data=form)
    assert end.headers["Location"].startswith(f"{BACK}?payment_intent={intent.id}&")
    assert f"redirect_status={word}" in end.headers["Location"]
    assert client.v1.payment_intents.retrieve(intent.id).status == status


def test_a_page_is_opened_by_the_clients_secret_alone(
    client: stripe.StripeClient, card_house: RunningStripe
) -> None:
    intent = made(client)
    page = f"{card_house.url}/pay/{intent.id}?return_url={BACK}"
    assert card_house.visit("GET", page).status_code == 400
    assert card_house.visit("GET", f"{page}&key={intent.client_secret}").status_code == 200


def test_a_guest_types_a_card_into_the_page_that_stands_for_stripes_script(
    client: stripe.StripeClient, card_house: RunningStripe
) -> None:
    intent = made(client)
    page = f"{card_house.url}/pay/{intent.id}"
    form = {"key": intent.client_secret, "return_url": BACK, "expiry": "12/34", "cvc": "123"}
    refused = card_house.visit("POST", page, data={**form, "number": "4000000000009995"})
    assert refused.status_code == 402
    assert "insufficient funds" in refused.text
    mistyped = card_house.visit("POST", page, data={**form, "number": "4242424242424241"})
    assert "card number is incorrect" in mistyped.text
    end = card_house.visit("POST", page, data={**form, "number": "4242 4242 4242 4242"})
    assert end.headers["Location"].startswith(BACK)
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"


def test_a_hold_is_captured_in_part_and_once(client: stripe.StripeClient) -> None:
    intent = made(client, capture_method="manual", confirm=True, payment_method="pm_card_visa")
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 2750)
    with pytest.raises(stripe.InvalidRequestError) as too_much:
        client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 2751})
    assert too_much.value.code == "amount_too_large"
    paid = client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 2000})
    assert (paid.status, paid.amount_received) == ("succeeded", 2000)
    with pytest.raises(stripe.InvalidRequestError) as twice:
        client.v1.payment_intents.capture(intent.id)
    assert twice.value.code == "payment_intent_unexpected_state"


def test_refunds_stop_at_what_was_paid(client: stripe.StripeClient) -> None:
    intent = made(client, confirm=True, payment_method="pm_card_visa")
    client.v1.refunds.create({"payment_intent": intent.id, "amount": 2000})
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        client.v1.refunds.create({"payment_intent": intent.id, "amount": 751})
    assert client.v1.refunds.create({"payment_intent": intent.id}).amount == 750
    with pytest.raises(stripe.InvalidRequestError) as again:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert again.value.code == "charge_already_refunded"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"amount": "100", "currency": "gbp", "tip": "5"}, "parameter_unknown"),
        ({"amount": "100", "currency": "gbp", "metadata[a][b]": "5"}, None),
        ({"amount": "1.5", "currency": "gbp"}, "parameter_invalid_integer"),
        ({"currency": "gbp"}, "parameter_missing"),
        ({"amount": "1", "currency": "gbp"}, "amount_too_small"),
        ({"amount": "100000000", "currency": "gbp"}, "amount_too_large"),
        ({"amount": "100", "currency": "gbp", "application_fee_amount": "5"}, None),
    ],
)
def test_what_stripe_does_not_know_is_refused(
    card_house: RunningStripe, data: dict[str, str], code: str | None
) -> None:
    answer = posted(card_house, INTENTS, **data)
    assert answer.status_code == 400
    assert answer.json()["error"].get("code") == code


def test_a_wrong_key_is_401(card_house: RunningStripe) -> None:
    headers = {"Authorization": "Bearer sk_test_wrong"}
    assert card_house.ask("GET", INTENTS, headers=headers).status_code == 401


def test_a_key_answers_again_what_it_answered_first(card_house: RunningStripe) -> None:
    key, data = uuid4().hex, {"amount": "500", "currency": "gbp"}
    first = posted(card_house, INTENTS, key, **data)
    second = posted(card_house, INTENTS, key, **data)
    assert first.json() == second.json()
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["Original-Request"] == first.headers["Request-Id"]
    other = posted(card_house, INTENTS, key, amount="501", currency="gbp")
    assert other.status_code == 400
    assert other.json()["error"]["type"] == "idempotency_error"


def test_a_refused_form_leaves_its_key_free(card_house: RunningStripe) -> None:
    key = uuid4().hex
    assert posted(card_house, INTENTS, key, currency="gbp").status_code == 400
    assert posted(card_house, INTENTS, key, currency="gbp", amount="500").status_code == 200


@pytest.mark.parametrize(("name", "count"), [("500_after_commit", 1), ("500_before_commit", 0)])
def test_a_500_is_kept_under_its_key_whether_or_not_it_was_done(
    card_house: RunningStripe, client: stripe.StripeClient, name: str, count: int
) -> None:
    key, attempt = uuid4().hex, uuid4().hex
    data = {"amount": "500", "currency": "gbp", "metadata[attempt_id]": attempt}
    card_house.stage(name, operation="payment_intents.create")
    assert [posted(card_house, INTENTS, key, **data).status_code for _ in range(3)] == [500] * 3
    found = client.v1.payment_intents.search({"query": f"metadata['attempt_id']:'{attempt}'"})
    assert len(found.data) == count


def test_a_key_that_is_still_at_work_is_409(card_house: RunningStripe) -> None:
    key, data = uuid4().hex, {"amount": "500", "currency": "gbp"}
    card_house.stage("slow", operation="payment_intents.create", seconds=1)
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(posted, card_house, INTENTS, key, **data) for _ in range(2)]
    assert sorted(one.result().status_code for one in both) == [200, 409]
    assert posted(card_house, INTENTS, key, **data).headers["Idempotent-Replayed"] == "true"


def test_webhooks_are_signed_ordered_and_sent_until_they_are_taken(
    card_house: RunningStripe, client: stripe.StripeClient
) -> None:
    with receiving() as receiver:
        receiver.refusals = 1
        card_house.send_webhooks_to(receiver.url)
        made(client, confirm=True, payment_method="pm_card_visa")
        events = []
        for _ in range(3):
            taken = receiver.next()
            header, secret = taken.headers["Stripe-Signature"], card_house.credentials
            event = client.construct_event(taken.body, header, secret.webhook_secret)
            events.append(event.type)
    assert set(events) == {
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
    }


@pytest.mark.parametrize(("name", "count"), [("drop", 0), ("duplicate", 3)])
def test_webhooks_are_lost_and_doubled_on_request(
    card_house: RunningStripe, client: stripe.StripeClient, name: str, count: int
) -> None:
    card_house.stage(name, operation="payment_intent.canceled")
    with receiving() as receiver:
        card_house.send_webhooks_to(receiver.url)
        client.v1.payment_intents.cancel(made(client).id)
        last = made(client)
        seen = [receiver.next().body.decode()]
        while last.id not in seen[-1]:
            seen.append(receiver.next().body.decode())
    assert sum("payment_intent.canceled" in body for body in seen) == count


def test_a_connected_account_has_books_of_its_own_and_pays_the_platforms_fee(
    client: stripe.StripeClient,
) -> None:
    options: Any = {"stripe_account": "acct_kettle"}
    params: Any = {
        "amount": 2750,
        "currency": "gbp",
        "confirm": True,
        "payment_method": "pm_card_visa",
        "application_fee_amount": 28,
        "expand": ["latest_charge.balance_transaction"],
    }
    intent = client.v1.payment_intents.create(params, options)
    charge: Any = intent.latest_charge
    kinds = {row.type: row.amount for row in charge.balance_transaction.fee_details}
    assert kinds == {"stripe_fee": 110, "application_fee": 28}
    with pytest.raises(stripe.InvalidRequestError, match="No such payment_intent"):
        client.v1.payment_intents.retrieve(intent.id)


def test_a_dispute_is_opened_by_the_bank_and_lost(
    client: stripe.StripeClient, card_house: RunningStripe
) -> None:
    made(client, confirm=True, payment_method="pm_card_createDispute")
    disputed = client.v1.disputes.list({"limit": 1}).data[0]
    assert disputed.status == "needs_response"
    assert card_house.act("lose-dispute", disputed.id)["status"] == "lost"


def test_only_the_controller_stages_trouble(card_house: RunningStripe) -> None:
    headers = {"Authorization": "Bearer guess"}
    data = {"name": "429"}
    assert (
        card_house.ask("POST", "/_sandbox/scenario", data=data, headers=headers).status_code == 403
    )
