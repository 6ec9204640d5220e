"""What the adapter for Stripe makes of every way in which a request can go wrong."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread

import pytest

from fynlo.local.ports import wait_until
from payments.choices import AttemptStatus, CancelOutcome
from payments.errors import (
    ProviderAuth,
    ProviderKeyReused,
    ProviderOutcomeUnknown,
    ProviderRateLimited,
    ProviderUnavailable,
)
from payments.providers.base import AttemptSpec
from payments.providers.stripe.adapter import Stripe
from payments.sandbox.running import free_port
from payments.sandbox.stripe.remote import RunningStripe
from payments.tests.stripe_calls import adapter_of, key, spec


@pytest.fixture
def adapter(card_house: RunningStripe) -> Stripe:
    return adapter_of(card_house)


def intents_of(house: RunningStripe, attempt: object) -> int:
    query = {"query": f"metadata['attempt_id']:'{attempt}'", "limit": "100"}
    return len(house.ask("GET", "/v1/payment_intents/search", params=query).json()["data"])


def test_nobody_there_means_that_nothing_was_sent(card_house: RunningStripe) -> None:
    nowhere = adapter_of(card_house, api_url=f"http://127.0.0.1:{free_port()}", retries=0)
    with pytest.raises(ProviderUnavailable):
        nowhere.create(spec(), idem=key())
    with pytest.raises(ProviderUnavailable):
        nowhere.fetch("pi_1")


def test_an_unknown_host_means_that_nothing_was_sent(card_house: RunningStripe) -> None:
    nowhere = adapter_of(card_house, api_url="http://stripe.invalid", retries=0)
    with pytest.raises(ProviderUnavailable):
        nowhere.create(spec(), idem=key())


@contextmanager
def hanging_up_once() -> Iterator[str]:
    """Takes one request, hangs up without an answer, and is gone."""
    with socket.create_server(("127.0.0.1", 0)) as door:

        def hang_up() -> None:
            caller, _ = door.accept()
            door.close()
            caller.recv(65536)
            caller.close()

        thread = Thread(target=hang_up)
        thread.start()
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
        thread.join()


def test_a_refused_retry_does_not_unsay_that_the_first_try_was_sent(
    card_house: RunningStripe,
) -> None:
    """The last error alone, a refused connection, would say that nothing was sent."""
    with hanging_up_once() as url:
        adapter = adapter_of(card_house, api_url=url, retries=1)
        with pytest.raises(ProviderOutcomeUnknown):
            adapter.create(spec(), idem=key())


def test_what_was_sent_and_not_answered_in_time_is_unknown_and_the_key_finds_it(
    card_house: RunningStripe,
) -> None:
    asked, idem = spec(), key()
    card_house.stage("slow", operation="payment_intents.create", seconds=2)
    hasty = adapter_of(card_house, read_timeout=0.5, retries=0)
    with pytest.raises(ProviderOutcomeUnknown):
        hasty.create(asked, idem=idem)
    found = hasty.find(asked.attempt)
    assert found is not None
    again: list[str] = []
    assert wait_until(lambda: told(again, hasty, asked, idem), seconds=10)
    assert again == [found.provider_id]
    assert intents_of(card_house, asked.attempt) == 1


def told(found: list[str], adapter: Stripe, asked: AttemptSpec, idem: str) -> bool:
    """Whether the key answers; while it is at work elsewhere the outcome is not known."""
    with suppress(ProviderOutcomeUnknown):
        found.append(adapter.create(asked, idem=idem).provider_id)
    return bool(found)


def test_the_same_key_still_at_work_elsewhere_is_unknown(card_house: RunningStripe) -> None:
    asked, idem = spec(), key()
    card_house.stage("slow", operation="payment_intents.create", seconds=2)
    hasty = adapter_of(card_house, read_timeout=0.5, retries=0)
    for _ in range(2):
        with pytest.raises(ProviderOutcomeUnknown):
            hasty.create(asked, idem=idem)
    assert intents_of(card_house, asked.attempt) == 1


def test_a_repeated_key_is_told_how_things_are_now_not_how_they_were(adapter: Stripe) -> None:
    asked, idem = spec(), key()
    made = adapter.create(asked, idem=idem)
    adapter.confirm(made.provider_id, method_ref="pm_card_visa", idem=key())
    assert adapter.create(asked, idem=idem).status is AttemptStatus.SUCCEEDED


@pytest.mark.parametrize("name", ["500_after_commit", "500_before_commit"])
def test_a_stored_500_makes_one_attempt_whatever_was_done(
    adapter: Stripe, card_house: RunningStripe, name: str
) -> None:
    asked, idem = spec(), key()
    card_house.stage(name, operation="payment_intents.create")
    made = adapter.create(asked, idem=idem)
    again = adapter.create(asked, idem=idem)
    assert made.provider_id == again.provider_id
    assert intents_of(card_house, asked.attempt) == 1


def test_a_search_that_lags_behind_is_not_believed(
    adapter: Stripe, card_house: RunningStripe
) -> None:
    asked = spec()
    card_house.stage("500_after_commit", operation="payment_intents.create")
    card_house.stage("search_lag")
    adapter.create(asked, idem=key())
    assert intents_of(card_house, asked.attempt) == 1


@pytest.mark.parametrize("name", ["500_after_commit", "500_before_commit"])
def test_a_stored_500_refunds_once(adapter: Stripe, card_house: RunningStripe, name: str) -> None:
    paid = adapter.create(spec(method_ref="pm_card_visa"), idem=key()).provider_id
    idem = key()
    card_house.stage(name, operation="refunds.create")
    first = adapter.refund(paid, 1000, reference="", idem=idem)
    assert adapter.refund(paid, 1000, reference="", idem=idem) == first
    assert adapter.fetch(paid).refunded == 1000


@pytest.mark.parametrize("name", ["500_after_commit", "500_before_commit"])
def test_a_stored_500_charges_captures_and_cancels_once(
    adapter: Stripe, card_house: RunningStripe, name: str
) -> None:
    made = adapter.create(spec(manual_capture=True), idem=key()).provider_id
    card_house.stage(name, operation="payment_intents.confirm")
    held = adapter.confirm(made, method_ref="pm_card_visa", idem=key())
    assert held.status is AttemptStatus.AUTHORIZED
    card_house.stage(name, operation="payment_intents.capture")
    assert adapter.capture(made, 2000, idem=key()).captured == 2000
    other = adapter.create(spec(), idem=key()).provider_id
    card_house.stage(name, operation="payment_intents.cancel")
    assert adapter.cancel(other, idem=key()) is CancelOutcome.CANCELED


def test_a_500_twice_under_both_keys_is_unknown(adapter: Stripe, card_house: RunningStripe) -> None:
    asked = spec()
    card_house.stage("500_before_commit", operation="payment_intents.create", times=2)
    with pytest.raises(ProviderOutcomeUnknown):
        adapter.create(asked, idem=key())
    assert adapter.find(asked.attempt) is None


def test_a_page_of_html_instead_of_an_answer_is_unknown(
    adapter: Stripe, card_house: RunningStripe
) -> None:
    asked, idem = spec(), key()
    card_house.stage("502", operation="payment_intents.create", times=9)
    with pytest.raises(ProviderOutcomeUnknown):
        adapter.create(asked, idem=idem)
    card_house.clear()
    assert adapter.create(asked, idem=idem).status is AttemptStatus.AWAITING_CUSTOMER
    assert intents_of(card_house, asked.attempt) == 1


def test_too_many_requests_says_when_to_come_back(
    adapter: Stripe, card_house: RunningStripe
) -> None:
    card_house.stage("429")
    with pytest.raises(ProviderRateLimited) as busy:
        adapter.create(spec(), idem=key())
    assert busy.value.extra == {"retry_after": 1}


def test_a_key_for_another_request_is_a_fault_of_ours(adapter: Stripe) -> None:
    idem = key()
    adapter.create(spec(), idem=idem)
    with pytest.raises(ProviderKeyReused):
        adapter.create(spec(), idem=idem)


def test_a_wrong_secret_key_is_not_set_up(card_house: RunningStripe) -> None:
    with pytest.raises(ProviderAuth):
        adapter_of(card_house, secret_key="sk_test_wrong").fetch("pi_1")


def test_a_cancellation_without_an_answer_is_unknown(card_house: RunningStripe) -> None:
    made = adapter_of(card_house).create(spec(), idem=key()).provider_id
    nowhere = adapter_of(card_house, api_url=f"http://127.0.0.1:{free_port()}", retries=0)
    assert nowhere.cancel(made, idem=key()) is CancelOutcome.UNKNOWN
