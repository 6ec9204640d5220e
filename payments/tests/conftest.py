"""Orders to pay for, and the ledger as an accountant adds it up."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models import Sum
from django.http import HttpResponse

from fynlo.accounts.models import Restaurant
from fynlo.redis import asking
from fynlo.testing.cast import Member
from payments.choices import Provider
from payments.models import LedgerEntry, PaymentSettings
from payments.sandbox.apple.remote import RunningApple
from payments.sandbox.bank.credentials import credentials
from payments.sandbox.bank.remote import RunningBank
from payments.sandbox.running import running
from payments.sandbox.stripe.credentials import credentials as stripe_credentials
from payments.sandbox.stripe.remote import RunningStripe
from pos.tests.conftest import Menu, opened, said, stock_menu


@pytest.fixture
def menu(restaurant: Restaurant) -> Menu:
    return stock_menu(restaurant)


@pytest.fixture
def rival_menu(rival_restaurant: Restaurant) -> Menu:
    return stock_menu(rival_restaurant)


@pytest.fixture
def order(cashier: Member, menu: Menu) -> dict[str, Any]:
    """A burger to take away: 12.50 is due."""
    return opened(cashier, menu.order(channel="takeaway"))


@pytest.fixture(scope="session")
def bank_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBank]:
    """One stand-in bank for the whole session; see `bank`."""
    folder = tmp_path_factory.mktemp("bank")
    with running("payments.sandbox.bank", folder) as url:
        yield RunningBank(url, credentials(folder))


@pytest.fixture
def bank(bank_process: RunningBank) -> RunningBank:
    """The stand-in bank, well behaved and prompt: money is there and settled at once.

    It sends webhooks nowhere; `bank.webhooks()` has them.
    """
    bank_process.stage("clear")
    bank_process.set(webhook_url="", expiry_s=900, execute_after_s=0, settle_after_s=0)
    return bank_process


@pytest.fixture(scope="session")
def card_house_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStripe]:
    """One stand-in for Stripe for the whole session; see `card_house`."""
    folder = tmp_path_factory.mktemp("stripe")
    with running("payments.sandbox.stripe", folder) as url:
        yield RunningStripe(url, stripe_credentials(folder))


@pytest.fixture
def card_house(card_house_process: RunningStripe) -> RunningStripe:
    """The stand-in for Stripe, well behaved, that sends webhooks nowhere."""
    card_house_process.send_webhooks_to("")
    card_house_process.clear()
    return card_house_process


@pytest.fixture
def open_banking(bank: RunningBank, settings: Any) -> RunningBank:
    """The deployment's bank is the stand-in."""
    known = bank.credentials
    settings.TRUELAYER_CLIENT_ID = known.client_id
    settings.TRUELAYER_CLIENT_SECRET = known.client_secret
    settings.TRUELAYER_KID = known.kid
    settings.TRUELAYER_PRIVATE_KEY = known.private_key
    settings.TRUELAYER_AUTH_URL = settings.TRUELAYER_API_URL = bank.url
    settings.TRUELAYER_WEBHOOK_JWKS_URL = f"{bank.url}/.well-known/jwks"
    return bank


@pytest.fixture(scope="session")
def apple(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApple]:
    """The stand-in for Apple Pay: its gateway, and a guest's phone."""
    folder = tmp_path_factory.mktemp("apple")
    with running("payments.sandbox.apple", folder) as url:
        yield RunningApple(url, folder)


@pytest.fixture
def cards(card_house: RunningStripe, settings: Any) -> RunningStripe:
    """The deployment's Stripe is the stand-in."""
    known = card_house.credentials
    settings.STRIPE_SECRET_KEY = known.secret_key
    settings.STRIPE_PUBLISHABLE_KEY = known.publishable_key
    settings.STRIPE_WEBHOOK_SECRETS = [known.webhook_secret]
    settings.STRIPE_API_URL = settings.STRIPE_HOSTED_URL = card_house.url
    return card_house


@pytest.fixture
def phone(apple: RunningApple, cards: RunningStripe, settings: Any) -> RunningApple:
    """The deployment is a merchant of the stand-in for Apple Pay."""
    for name, value in apple.environment.items():
        setattr(settings, name, [value] if name.endswith("_FILES") else value)
    return apple


def order_of(member: Member, menu: Menu, price: int) -> dict[str, Any]:
    """An order to take away that costs `price` minor units; somebody who may override sells it."""
    return opened(member, menu.order(menu.line(unit_price=price), channel="takeaway"))


def pay(member: Member, order: dict[str, Any], *, key: str = "", **body: Any) -> HttpResponse:
    """Hands over cash; the key is new for every body unless given."""
    given = {"order": order["id"], **body}
    return member.post("payments/cash/", given, idempotency_key=key or str(sorted(given.items())))


def paid(member: Member, order: dict[str, Any], **body: Any) -> dict[str, Any]:
    """The payment, which has to be accepted."""
    response = pay(member, order, **body)
    assert response.status_code == 201, response.content
    return said(response)


def now_of(member: Member, order: dict[str, Any]) -> dict[str, Any]:
    """The order as it is now."""
    return said(member.get(f"orders/{order['id']}/"))


def balances(restaurant: Restaurant) -> dict[str, int]:
    """Every account of the ledger in minor units, debits positive."""
    rows = LedgerEntry.objects.filter(transaction__restaurant=restaurant)
    return dict(rows.values_list("account__code").annotate(Sum("amount")).order_by())


@pytest.fixture
def bank_account(restaurant: Restaurant, open_banking: RunningBank) -> RunningBank:
    """The restaurant takes money by bank."""
    merchant = open_banking.credentials.accounts["house"]
    PaymentSettings.objects.create(restaurant=restaurant, truelayer_merchant_account=merchant)
    return open_banking


@pytest.fixture(autouse=True)
def everybody_is_well() -> None:
    """A provider that one test cut off is not left out in the next."""
    with asking() as redis:
        keys = [f"provider:{name}:{what}" for name in Provider for what in ("open", "failures")]
        redis.delete(*keys)
