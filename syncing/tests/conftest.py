from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from fynlo.accounts.models import Restaurant
from fynlo.local.ports import wait_until
from fynlo.testing.sockets import PATIENCE_S, close_connections, serving
from pos.tests.conftest import Menu, stock_menu
from syncing.consumers import hub
from syncing.hub import threads


@pytest.fixture(scope="session")
def websocket_server(django_db_setup: None) -> Iterator[str]:
    """Where the one server of the suite answers. Its hub reads the settings when the first
    client of a test comes, and rests between tests."""
    with serving() as url:
        yield url
    close_connections(threads.LIVE, threads.CLIENTS, threads.ACKS)


@pytest.fixture
def realtime() -> dict[str, Any]:
    """The setting REALTIME; parametrize to change it."""
    return {}


@pytest.fixture
def address(
    transactional_db: None, settings: Settings, realtime: dict[str, Any], websocket_server: str
) -> Iterator[str]:
    """Where a real server of this test answers."""
    settings.REALTIME = {"tick_s": 0.05, **realtime}
    yield websocket_server
    assert wait_until(lambda: not hub.is_at_work, seconds=PATIENCE_S)


@pytest.fixture
def menu(restaurant: Restaurant) -> Menu:
    return stock_menu(restaurant)


@pytest.fixture
def rival_menu(rival_restaurant: Restaurant) -> Menu:
    return stock_menu(rival_restaurant)
