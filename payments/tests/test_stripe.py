"""The adapter for Stripe against the stand-in, over real HTTP."""

from datetime import UTC, datetime, timedelta

import pytest

from payments.choices import AttemptStatus, CancelOutcome, RefundStatus
from payments.errors import ProviderInvalidRequest, SignatureInvalid
from payments.providers.stripe.adapter import Stripe
from payments.providers.stripe.amounts import from_stripe, to_stripe
from payments.sandbox.stripe.remote import RunningStripe
from payments.tests.stripe_calls import adapter_of, config_of, key, spec, webhook

BACK = "https://pay.example.com/q/return/"


@pytest.fixture
def adapter(card_house: RunningStripe) -> Stripe:
    return adapter_of(card_house)


def paid(adapter: Stripe, method: str = "pm_card_visa", **changed: object) -> str:
    """The id of an intent that was charged."""
    made = adapter.create(spec(method_ref=method, **changed), idem=key())
    assert made.status is AttemptStatus.SUCCEEDED, made
    return made.provider_id


def test_an_attempt_waits_for_the_guest_and_is_paid(adapter: Stripe) -> None:
    made = adapter.create(spec(), idem=key())
    assert (made.status, made.amount, made.currency) == (
        AttemptStatus.AWAITING_CUSTOMER,
        2750,
        "GBP",
    )
    assert made.client_secret.startswith(made.provider_id)
    done = adapter.confirm(made.provider_id, method_ref="pm_card_visa", idem=key())
    assert (done.status, done.captured, done.fee) == (AttemptStatus.SUCCEEDED, 2750, 110)
    assert adapter.fetch(made.provider_id) == done


def test_money_that_is_available_is_settled(adapter: Stripe, card_house: RunningStripe) -> None:
    name = paid(adapter)
    card_house.act("settle", name)
    assert adapter.fetch(name).status is AttemptStatus.SETTLED


def test_a_declined_card_leaves_the_attempt_open_for_another(adapter: Stripe) -> None:
    made = adapter.create(spec(), idem=key())
    bad = "pm_card_visa_chargeDeclinedInsufficientFunds"
    refused = adapter.confirm(made.provider_id, method_ref=bad, idem=key())
    assert (refused.status, refused.failure) == (
        AttemptStatus.AWAITING_CUSTOMER,
        "insufficient_funds",
    )
    done = adapter.confirm(made.provider_id, method_ref="pm_card_visa", idem=key())
    assert (done.status, done.failure) == (AttemptStatus.SUCCEEDED, "")


def test_a_card_that_is_declined_at_once_is_still_an_attempt_that_was_made(
    adapter: Stripe,
) -> None:
    made = adapter.create(spec(method_ref="pm_card_visa_chargeDeclined"), idem=key())
    assert made.provider_id
    assert (made.status, made.failure) == (AttemptStatus.AWAITING_CUSTOMER, "generic_decline")


@pytest.mark.parametrize(
    ("act", "status", "failure"),
    [
        ("authenticate", AttemptStatus.SUCCEEDED, ""),
        (
            "fail-authentication",
            AttemptStatus.AWAITING_CUSTOMER,
            "payment_intent_authentication_failure",
        ),
    ],
)
def test_the_bank_asks_the_guest_first(
    adapter: Stripe, card_house: RunningStripe, act: str, status: AttemptStatus, failure: str
) -> None:
    made = adapter.create(spec(), idem=key())
    card = "pm_card_threeDSecure2Required"
    asked = adapter.confirm(made.provider_id, method_ref=card, return_url=BACK, idem=key())
    assert asked.status is AttemptStatus.AWAITING_CUSTOMER
    assert asked.provider_status == "requires_action"
    assert asked.redirect_url.startswith(f"{card_house.url}/3ds/")
    card_house.act(act, made.provider_id)
    after = adapter.fetch(made.provider_id)
    assert (after.status, after.failure) == (status, failure)


def test_a_challenge_that_nobody_answers_can_be_cancelled(adapter: Stripe) -> None:
    made = adapter.create(spec(), idem=key())
    adapter.confirm(made.provider_id, method_ref="pm_card_threeDSecure2Required", idem=key())
    assert adapter.cancel(made.provider_id, idem=key()) is CancelOutcome.CANCELED
    assert adapter.fetch(made.provider_id).status is AttemptStatus.CANCELED


def test_a_hold_is_captured_in_part_and_twice_is_once(adapter: Stripe) -> None:
    held = adapter.create(spec(method_ref="pm_card_visa", manual_capture=True), idem=key())
    assert held.status is AttemptStatus.AUTHORIZED
    assert held.expires_at is not None
    assert timedelta(days=6) < held.expires_at - datetime.now(UTC) <= timedelta(days=7)
    with pytest.raises(ProviderInvalidRequest):
        adapter.capture(held.provider_id, 2751, idem=key())
    done = adapter.capture(held.provider_id, 2000, idem=key())
    assert (done.status, done.captured, done.fee) == (AttemptStatus.SUCCEEDED, 2000, 88)
    assert adapter.capture(held.provider_id, 2000, idem=key()) == done


def test_of_a_part_the_platform_takes_the_fee_of_the_part(card_house: RunningStripe) -> None:
    kettle = adapter_of(card_house, account="acct_kettle")
    wanted = spec(method_ref="pm_card_visa", manual_capture=True, platform_fee=28)
    held = kettle.create(wanted, idem=key())
    kettle.capture(held.provider_id, 2000, platform_fee=20, idem=key())
    (charge,) = card_house.ask(
        "GET",
        "/v1/charges",
        params={"payment_intent": held.provider_id},
        headers={"Stripe-Account": "acct_kettle"},
    ).json()["data"]
    assert (charge["amount_captured"], charge["application_fee_amount"]) == (2000, 20)


def test_a_hold_that_ran_out_cannot_be_captured(adapter: Stripe, card_house: RunningStripe) -> None:
    held = adapter.create(spec(method_ref="pm_card_visa", manual_capture=True), idem=key())
    card_house.act("expire-hold", held.provider_id)
    with pytest.raises(ProviderInvalidRequest):
        adapter.capture(held.provider_id, None, idem=key())
    after = adapter.fetch(held.provider_id)
    assert (after.status, after.failure) == (AttemptStatus.CANCELED, "automatic")


def test_cancelling_says_what_became_of_it(adapter: Stripe) -> None:
    made = adapter.create(spec(), idem=key())
    assert adapter.cancel(made.provider_id, idem=key()) is CancelOutcome.CANCELED
    assert adapter.cancel(made.provider_id, idem=key()) is CancelOutcome.ALREADY_FINAL
    assert adapter.cancel(paid(adapter), idem=key()) is CancelOutcome.TOO_LATE


def test_refunds_in_part_never_pass_what_was_paid(adapter: Stripe) -> None:
    name = paid(adapter)
    first = adapter.refund(name, 2000, reference="cold soup", idem=key())
    assert first.status is RefundStatus.SUCCEEDED
    with pytest.raises(ProviderInvalidRequest):
        adapter.refund(name, 751, reference="more", idem=key())
    adapter.refund(name, 750, reference="rest", idem=key())
    assert adapter.fetch(name).refunded == 2750
    assert adapter.fetch_refund(name, first.provider_id) == first


def test_a_refund_may_arrive_later_or_come_back(adapter: Stripe, card_house: RunningStripe) -> None:
    name = paid(adapter, "pm_card_pendingRefund")
    pending = adapter.refund(name, 1000, reference="", idem=key())
    assert pending.status is RefundStatus.PENDING
    card_house.act("finish-refund", pending.provider_id)
    arrived = adapter.fetch_refund(name, pending.provider_id)
    assert arrived.status is RefundStatus.SUCCEEDED
    card_house.act("fail-refund", pending.provider_id)
    back = adapter.fetch_refund(name, pending.provider_id)
    assert (back.status, back.failure) == (RefundStatus.FAILED, "expired_or_canceled_card")
    assert adapter.fetch(name).refunded == 0


@pytest.mark.parametrize(
    ("act", "status"),
    [("win-dispute", AttemptStatus.DISPUTE_WON), ("lose-dispute", AttemptStatus.DISPUTE_LOST)],
)
def test_a_guest_goes_to_the_bank(
    adapter: Stripe, card_house: RunningStripe, act: str, status: AttemptStatus
) -> None:
    name = paid(adapter)
    disputed = card_house.act("dispute", name)["id"]
    found = adapter.fetch(name)
    assert (found.status, found.failure) == (AttemptStatus.DISPUTED, "fraudulent")
    card_house.act(act, disputed)
    assert adapter.fetch(name).status is status


def test_a_restaurants_own_account_is_charged_and_pays_the_platform(
    card_house: RunningStripe,
) -> None:
    kettle = adapter_of(card_house, account="acct_kettle")
    name = paid(kettle, platform_fee=28)
    assert kettle.fetch(name).fee == 110
    with pytest.raises(ProviderInvalidRequest):
        adapter_of(card_house).fetch(name)


def test_the_days_balance_has_payments_fees_and_refunds(card_house: RunningStripe) -> None:
    adapter = adapter_of(card_house, account="acct_settling")
    name = paid(adapter, platform_fee=28)
    adapter.refund(name, 1000, reference="", idem=key())
    today = datetime.now(UTC).date()
    found = {line.kind: line for line in adapter.settlements(today)}
    payment, refund = found["payment"], found["refund"]
    assert (payment.provider_id, payment.amount, payment.fee, payment.net) == (
        name,
        2750,
        138,
        2612,
    )
    assert (refund.provider_id, refund.amount, refund.fee) == (name, -1000, 0)
    assert not list(adapter.settlements(today - timedelta(days=7)))


@pytest.mark.parametrize(
    ("ours", "currency", "theirs"),
    [
        (2750, "GBP", 2750),
        (100, "JPY", 100),
        (1250, "KWD", 1250),
        (500, "ISK", 50000),
        (500, "UGX", 50000),
    ],
)
def test_stripe_counts_some_currencies_in_its_own_way(
    ours: int, currency: str, theirs: int
) -> None:
    assert to_stripe(ours, currency) == theirs
    assert from_stripe(theirs, currency) == ours


def test_the_last_of_three_decimals_is_always_nought(adapter: Stripe) -> None:
    for refused in (1251, 9):
        with pytest.raises(ProviderInvalidRequest):
            adapter.create(spec(amount=refused, currency="BHD"), idem=key())
    assert adapter.create(spec(amount=1250, currency="BHD"), idem=key()).amount == 1250


def test_a_message_names_what_it_is_about(adapter: Stripe, card_house: RunningStripe) -> None:
    secret, now = card_house.credentials.webhook_secret, datetime.now(UTC)
    about = {"id": "re_1", "object": "refund", "payment_intent": "pi_1"}
    raw, header = webhook(about, secret=secret)
    event = adapter.parse_webhook(raw, {"Stripe-Signature": header}, path="/x/", now=now)
    assert (event.event_id, event.provider_id, event.refund_id) == ("evt_1", "pi_1", "re_1")
    raw, header = webhook({"id": "po_1", "object": "payout"}, secret=secret)
    event = adapter.parse_webhook(raw, {"Stripe-Signature": header}, path="", now=now)
    assert (event.provider_id, event.refund_id) == ("", "")


@pytest.mark.parametrize("at", [-301, 301, -9999, 9999])
def test_a_message_from_the_past_or_the_future_is_refused(
    adapter: Stripe, card_house: RunningStripe, at: int
) -> None:
    """The SDK itself takes any time in the future."""
    now = datetime.now(UTC)
    about = {"id": "pi_1", "object": "payment_intent"}
    signed_at = now.timestamp() + at
    secret = card_house.credentials.webhook_secret
    raw, header = webhook(about, secret=secret, at=signed_at)
    with pytest.raises(SignatureInvalid):
        adapter.parse_webhook(raw, {"Stripe-Signature": header}, path="", now=now)
    then = datetime.fromtimestamp(signed_at, UTC)
    adapter.parse_webhook(raw, {"Stripe-Signature": header}, path="", now=then)


@pytest.mark.parametrize("header", ["", "t=,v1=", "v1=abc", "t=1", "nonsense", "t=1,v1=é"])
def test_a_message_without_a_signature_is_refused(adapter: Stripe, header: str) -> None:
    with pytest.raises(SignatureInvalid):
        adapter.parse_webhook(b"{}", {"Stripe-Signature": header}, path="", now=datetime.now(UTC))


@pytest.mark.parametrize("change", [b" ", b"\xff"])
def test_a_message_that_was_changed_is_refused(
    adapter: Stripe, card_house: RunningStripe, change: bytes
) -> None:
    about = {"id": "pi_1", "object": "payment_intent"}
    raw, header = webhook(about, secret=card_house.credentials.webhook_secret)
    with pytest.raises(SignatureInvalid):
        adapter.parse_webhook(
            raw + change, {"Stripe-Signature": header}, path="", now=datetime.now(UTC)
        )


def test_a_signature_by_another_secret_is_refused_until_it_is_known(
    card_house: RunningStripe,
) -> None:
    about, now = {"id": "pi_1", "object": "payment_intent"}, datetime.now(UTC)
    raw, header = webhook(about, secret="whsec_next")
    with pytest.raises(SignatureInvalid):
        adapter_of(card_house).parse_webhook(raw, {"Stripe-Signature": header}, path="", now=now)
    both = (*config_of(card_house).webhook_secrets, "whsec_next")
    changing = adapter_of(card_house, webhook_secrets=both)
    event = changing.parse_webhook(raw, {"Stripe-Signature": header}, path="", now=now)
    assert event.provider_id == "pi_1"


def test_secrets_are_not_in_what_is_printed(card_house: RunningStripe) -> None:
    assert card_house.credentials.secret_key not in repr(config_of(card_house))
    assert card_house.credentials.webhook_secret not in repr(config_of(card_house))
