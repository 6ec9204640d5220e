"""One stack and one browser for all tests of what people look at."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from fynlo.testing.browser import Visits, chromium
from fynlo.testing.callers import Caller
from fynlo.testing.live import Stack, running_stack


@pytest.fixture(scope="package")
def stack() -> Iterator[Stack]:
    with running_stack() as stack:
        yield stack


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def visits(browser: Browser, stack: Stack) -> Visits:
    return Visits(browser, stack)


@pytest.fixture(scope="package")
def manager(stack: Stack) -> Caller:
    return Caller.of(stack, "manager")


@pytest.fixture
def till(visits: Visits) -> Iterator[Page]:
    with visits.page_of("cashier", "/till/") as page:
        yield page
