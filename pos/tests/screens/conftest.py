"""One stack and one browser for all tests of what people look at."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page

from fynlo.testing.browser import Visits
from fynlo.testing.callers import Caller
from fynlo.testing.live import Stack
from fynlo.testing.screens import browser_for, stack_for, visits_for

stack = stack_for("package")
browser = browser_for("package")
visits = visits_for("package")


@pytest.fixture(scope="package")
def manager(stack: Stack) -> Caller:
    return Caller.of(stack, "manager")


def hold(button: Locator) -> None:
    """A finger on it, not lifted yet."""
    button.hover()
    button.page.mouse.down()


@pytest.fixture
def till(visits: Visits) -> Iterator[Page]:
    with visits.page_of("cashier", "/till/") as page:
        yield page
