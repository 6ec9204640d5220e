"""A real Chromium, for tests of what people look at."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from fynlo.testing.live import Stack

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 10_000


@contextmanager
def chromium() -> Iterator[Browser]:
    path = (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )
    if path is None:
        pytest.fail(
            "The screens are tested in Chromium: apt-get install chromium, or set CHROMIUM to it.",
            pytrace=False,
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@contextmanager
def signed_in(browser: Browser, stack: Stack, who: str, path: str) -> Iterator[Page]:
    """This member's page, live; it must have said nothing in the console but lost connections."""
    context = browser.new_context(
        base_url=stack.ready["http"], viewport={"width": 1280, "height": 800}
    )
    context.set_default_timeout(PATIENCE_MS)
    page, complaints = context.new_page(), list[str]()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console", lambda said: complaints.append(said.text) if "Security" in said.text else None
    )
    page.goto(path)
    login = stack.ready["logins"][who]
    fill_in(page, email=login["email"], password=login["password"])
    page.wait_for_url(f"**{path}")
    page.wait_for_selector("#connection[data-state=live]")
    yield page
    context.close()
    assert not complaints


def fill_in(page: Page, **typed: str) -> None:
    """The form at the door, sent."""
    for name, text in typed.items():
        page.fill(f"[name={name}]", text)
    page.click("button.main")
