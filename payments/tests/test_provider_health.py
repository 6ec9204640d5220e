"""The circuit breaker, and the registry that builds what it watches."""

from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.core.cache import caches

from fynlo.local.ports import wait_until
from fynlo.testing.cast import Member
from fynlo.testing.outage import Wire
from fynlo.testing.providers import have_keys
from payments.choices import Provider
from payments.errors import NotSupported, ProviderAuth, ProviderInvalidRequest, ProviderUnavailable
from payments.providers import health
from payments.providers.base import AttemptSpec, PaymentProvider, RestaurantAccount
from payments.providers.health import providers_down, watching
from payments.providers.registry import provider_of
from payments.sandbox.bank.remote import RunningBank
from payments.sandbox.running import free_port
from pos.tests.conftest import said

BANK = Provider.TRUELAYER
NOBODY = RestaurantAccount()


def fail(times: int) -> None:
    for _ in range(times):
        with pytest.raises(ProviderUnavailable), watching(BANK):
            raise ProviderUnavailable


def test_three_failures_in_a_row_open_it_and_time_closes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health, "OPEN_FOR_S", 1)
    fail(2)
    assert BANK not in providers_down()
    fail(1)
    assert BANK in providers_down()
    assert Provider.STRIPE not in providers_down()
    assert wait_until(lambda: BANK not in providers_down(), seconds=5)
    # It is on probation: one more failure is enough.
    fail(1)
    assert BANK in providers_down()


def test_an_answer_closes_it_even_if_the_answer_is_no() -> None:
    fail(3)
    with watching(BANK):
        pass
    assert BANK not in providers_down()
    fail(2)
    with pytest.raises(ProviderInvalidRequest), watching(BANK):
        raise ProviderInvalidRequest
    fail(2)
    assert BANK not in providers_down()


def test_without_redis_every_provider_is_healthy_and_can_be_called(settings: Any) -> None:
    address = urlsplit(settings.REDIS_URL)
    wire = Wire(address.hostname or "", address.port or 0)
    there = settings.REDIS_URL.replace(f":{address.port}/", f":{wire.port}/")
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": there}}
    fail(3)
    assert BANK in providers_down()
    wire.cut()
    assert BANK not in providers_down()
    fail(1)
    with watching(BANK):
        pass
    caches["default"].close()


def spec_of(bank: RunningBank) -> AttemptSpec:
    account = bank.credentials.accounts["house"]
    return AttemptSpec(
        attempt=uuid4(),
        payment=uuid4(),
        restaurant=uuid4(),
        amount=100,
        currency="GBP",
        reference="x",
        account=account,
        return_url="https://pay.example.com/q/return/",
    )


def test_a_bank_that_is_down_is_known_to_be_and_is_well_again_when_it_answers(
    open_banking: RunningBank, settings: Any
) -> None:
    up = settings.TRUELAYER_API_URL
    settings.TRUELAYER_API_URL = f"http://127.0.0.1:{free_port()}"
    for _ in range(3):
        with pytest.raises(ProviderUnavailable):
            provider_of(BANK, NOBODY).create(spec_of(open_banking), idem=str(uuid4()))
    assert BANK in providers_down()
    settings.TRUELAYER_API_URL = up
    # The breaker refuses nothing: who asks anyway finds out.
    provider_of(BANK, NOBODY).create(spec_of(open_banking), idem=str(uuid4()))
    assert BANK not in providers_down()


def test_a_bank_that_is_down_is_not_recommended(
    cashier: Member, order: dict[str, Any], settings: Any
) -> None:
    have_keys(settings)

    def quoted() -> dict[str, Any]:
        return said(cashier.post("payments/quote/", {"order": order["id"]}))

    assert quoted()["recommended"] == "open_banking"
    fail(3)
    now = quoted()
    assert now["recommended"] == "card"
    assert now["methods"][0]["obstacles"] == ["provider_down"]


def test_connections_and_tokens_are_shared_by_restaurants(open_banking: RunningBank) -> None:
    here = provider_of(BANK, RestaurantAccount(truelayer_merchant_account="here"))
    there = provider_of(BANK, RestaurantAccount(truelayer_merchant_account="there"))
    assert vars(here)["transport"] is vars(there)["transport"]
    assert vars(here)["account"] != vars(there)["account"]
    assert isinstance(here.code, str)


def test_without_access_to_the_bank_it_is_said_that_it_is_not_set_up(settings: Any) -> None:
    settings.TRUELAYER_CLIENT_ID = ""
    with pytest.raises(ProviderAuth):
        provider_of(BANK, NOBODY)
    with pytest.raises(NotSupported):
        provider_of(Provider.HOUSE, NOBODY)


def test_secrets_are_not_in_what_is_printed(open_banking: RunningBank) -> None:
    adapter: PaymentProvider = provider_of(BANK, RestaurantAccount(stripe_secret_key="sk_secret"))
    shown = f"{vars(adapter)['transport'].config!r} {RestaurantAccount(stripe_secret_key='sk_x')!r}"
    assert open_banking.credentials.client_secret not in shown
    assert "PRIVATE KEY" not in shown
    assert "sk_" not in shown
