"""A real Chromium, for tests of what people look at."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, StorageState, sync_playwright

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


@dataclass(frozen=True)
class Visits:
    """Pages of a running stack. Who has signed in once is known again."""

    browser: Browser
    stack: Stack
    cookies: dict[str, StorageState] = field(default_factory=dict)

    @contextmanager
    def page_of(self, who: str, path: str) -> Iterator[Page]:
        """Live. At the end it must have obeyed its own policy and met no error of its own."""
        context = self.browser.new_context(
            base_url=self.stack.ready["http"],
            viewport={"width": 1280, "height": 800},
            storage_state=self.cookies.get(who),
        )
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        complaints = complaints_of(page)
        page.goto(path)
        if "/sign-in/" in page.url:
            login = self.stack.ready["logins"][who]
            fill_in(page, email=login["email"], password=login["password"])
            page.wait_for_url(f"**{path}")
            self.cookies[who] = context.storage_state()
        page.wait_for_selector("#connection[data-state=live]")
        yield page
        context.close()
        assert complaints == []


def complaints_of(page: Page) -> list[str]:
    """Errors of scripts, and what the Content-Security-Policy stopped, as they come."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda said: found.append(said.text) if "Policy" in said.text else None)
    return found


def fill_in(page: Page, **typed: str) -> None:
    """The form at the door, sent."""
    for name, text in typed.items():
        page.fill(f"[name={name}]", text)
    page.click("button.main")
