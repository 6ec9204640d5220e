"""Fixtures of those who test screens: a stack, a browser and its visits, for a module or a package.

    stack = stack_for("module")
    browser = browser_for("module")
    visits = visits_for("module")

None lives for the whole session: Playwright keeps an event loop running in the thread meanwhile.
"""

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

import pytest
from playwright.sync_api import Browser

from fynlo.testing.browser import Visits, chromium
from fynlo.testing.live import Stack, running_stack

Scope: TypeAlias = Literal["module", "package"]


def stack_for(scope: Scope) -> Any:
    @pytest.fixture(scope=scope)
    def stack() -> Iterator[Stack]:
        with running_stack() as started:
            yield started

    return stack


def browser_for(scope: Scope) -> Any:
    @pytest.fixture(scope=scope)
    def browser() -> Iterator[Browser]:
        with chromium() as opened:
            yield opened

    return browser


def visits_for(scope: Scope) -> Any:
    """Of the `browser` to the `stack`, which must be there."""

    @pytest.fixture(scope=scope)
    def visits(browser: Browser, stack: Stack) -> Visits:
        return Visits(browser, stack)

    return visits
