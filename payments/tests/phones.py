"""A guest's phone in Chromium beside a running stack."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page

from fynlo.testing.browser import PATIENCE_MS, complaints_of
from fynlo.testing.live import Stack
from payments.services.links import token_of


@contextmanager
def scanned(browser: Browser, stack: Stack, payment: dict[str, Any]) -> Iterator[Page]:
    """The guest's phone with the page open. It must obey its own policy throughout."""
    context = browser.new_context(
        base_url=stack.ready["http"],
        viewport={"width": 390, "height": 844},
        has_touch=True,
        is_mobile=True,
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    complaints = complaints_of(page)
    page.goto(f"/q/{token_of(payment['attempts'][-1]['id'])}/")
    yield page
    context.close()
    assert not complaints


def at_the_bank(page: Page, button: str) -> None:
    page.locator("#pay-by-bank").click()
    page.get_by_role("button", name="Kestrel").click()
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name=button).click()
