"""Which access to a provider serves which restaurant."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from payments.choices import Provider
from payments.errors import NotSupported, ProviderAuth
from payments.providers.base import RestaurantAccount
from payments.providers.registry import provider_of, stripe_of
from payments.sandbox.stripe.remote import RunningStripe
from payments.tests.stripe_calls import key, spec


@pytest.fixture
def ours(settings: Any, card_house: RunningStripe) -> RunningStripe:
    settings.STRIPE_SECRET_KEY = card_house.credentials.secret_key
    settings.STRIPE_API_URL = card_house.url
    return card_house


@pytest.mark.usefixtures("ours")
def test_a_restaurants_charges_are_those_of_its_account_below_ours() -> None:
    kettle = provider_of(Provider.STRIPE, RestaurantAccount(stripe_account="acct_kettle"))
    made = kettle.create(spec(), idem=key())
    with pytest.raises(Exception, match="did not understand"):
        provider_of(Provider.STRIPE, RestaurantAccount()).fetch(made.provider_id)
    assert kettle.fetch(made.provider_id) == made


@pytest.mark.usefixtures("ours")
def test_a_restaurant_with_keys_of_its_own_is_served_by_them(ours: RunningStripe) -> None:
    wrong = RestaurantAccount(stripe_secret_key="sk_test_other", stripe_webhook_secret="whsec_x")
    with pytest.raises(ProviderAuth):
        stripe_of(wrong).fetch("pi_1")
    known = RestaurantAccount(stripe_secret_key=ours.credentials.secret_key)
    assert stripe_of(known).create(spec(), idem=key()).provider_id


def test_without_keys_there_are_no_cards(settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = ""
    with pytest.raises(ProviderAuth):
        provider_of(Provider.STRIPE, RestaurantAccount())


def test_nobody_is_asked_about_cash() -> None:
    with pytest.raises(NotSupported):
        provider_of(Provider.HOUSE, RestaurantAccount())


@pytest.mark.usefixtures("ours")
def test_the_host_of_the_guests_page_is_registered_with_stripe(settings: Any) -> None:
    settings.PUBLIC_PAY_BASE_URL = "https://pay.example.com"
    said = StringIO()
    call_command("register_apple_pay_domain", stdout=said)
    assert said.getvalue() == "pay.example.com: Apple Pay is active\n"


def test_without_keys_no_host_is_registered(settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = ""
    with pytest.raises(CommandError, match="does not accept our keys"):
        call_command("register_apple_pay_domain")
