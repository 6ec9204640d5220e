"""The cast, for every test of the house."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from fynlo.accounts.choices import Role
from fynlo.accounts.models import Restaurant
from fynlo.celery import app
from fynlo.testing.cast import Member, hire
from fynlo.testing.drawers import open_drawer
from fynlo.testing.outage import Wire
from fynlo.testing.price_list import stock_price_list


@pytest.fixture(scope="session", autouse=True)
def tasks() -> None:
    """Known, as in a worker: Celery hands an unknown one to the broker, also when eager."""
    app.loader.import_default_modules()


@pytest.fixture
def price_list(db: None) -> None:
    stock_price_list()


@pytest.fixture
def restaurant(price_list: None) -> Restaurant:
    found = Restaurant.objects.create(name="The Copper Kettle", service_charge_bps=1250)
    open_drawer(found)
    return found


@pytest.fixture
def rival_restaurant(price_list: None) -> Restaurant:
    found = Restaurant.objects.create(
        name="Forno Vesuvio",
        currency="EUR",
        country="IE",
        time_zone="Europe/Dublin",
        cash_rounding=5,
    )
    open_drawer(found)
    return found


@pytest.fixture
def owner(restaurant: Restaurant) -> Member:
    return hire(restaurant, Role.OWNER)


@pytest.fixture
def manager(restaurant: Restaurant) -> Member:
    return hire(restaurant, Role.MANAGER)


@pytest.fixture
def cashier(restaurant: Restaurant) -> Member:
    return hire(restaurant, Role.CASHIER)


@pytest.fixture
def server(restaurant: Restaurant) -> Member:
    return hire(restaurant, Role.SERVER)


@pytest.fixture
def kitchen(restaurant: Restaurant) -> Member:
    return hire(restaurant, Role.KITCHEN)


@pytest.fixture
def rival_owner(rival_restaurant: Restaurant) -> Member:
    return hire(rival_restaurant, Role.OWNER)


@pytest.fixture
def wire(settings: Any) -> Iterator[Wire]:
    """Redis, reached over a wire that can be cut."""
    address = urlsplit(settings.REDIS_URL)
    made = Wire(address.hostname or "", address.port or 0)
    location = settings.REDIS_URL.replace(f":{address.port}/", f":{made.port}/")
    default = {**settings.CACHES["default"], "LOCATION": location}
    settings.CACHES = {**settings.CACHES, "default": default}
    yield made
    made.cut()
