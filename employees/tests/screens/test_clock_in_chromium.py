"""The clock in a real Chromium beside a running stack."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from fynlo.testing.browser import PATIENCE_MS, chromium, complaints_of, fill_in
from fynlo.testing.callers import Caller
from fynlo.testing.live import Stack
from fynlo.testing.screens import stack_for

pytestmark = pytest.mark.xdist_group("screens")
TOUCH_PX = 64


stack = stack_for("module")


@pytest.fixture
def clock(stack: Stack) -> Iterator[Page]:
    """Paired, and at its pad."""
    code = Caller.of(stack, "manager").post("devices/pairing-codes/", {"kind": "till"})["code"]
    with chromium() as browser:
        page = browser.new_page(
            base_url=stack.ready["http"], viewport={"width": 820, "height": 1180}
        )
        page.set_default_timeout(PATIENCE_MS)
        complaints = complaints_of(page)
        page.goto("/screens/pair/")
        fill_in(page, code=code, name="Clock")
        page.goto("/clock/")
        yield page
        assert not complaints


def tap(page: Page, text: str) -> None:
    for digit in text:
        page.get_by_role("button", name=digit, exact=True).click()


def enter(page: Page, code: str, pin: str) -> None:
    """As fingers do: digits alone."""
    tap(page, code)
    page.get_by_role("button", name="Enter").click()
    expect(page.locator("#pin")).to_be_focused()
    tap(page, pin)
    page.get_by_role("button", name="Enter").click()


def test_in_and_out_by_fingers_alone(clock: Page, stack: Stack) -> None:
    server = stack.ready["logins"]["server"]
    code, pin = server["employee_code"], server["pin"]
    expect(clock.locator("#now")).to_have_text(re.compile(r"[0-2][0-9]:[0-5][0-9]"))
    for key in clock.locator(".keys button").all():
        box = key.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= TOUCH_PX
    enter(clock, code, "0000")
    expect(clock.get_by_role("alert")).to_contain_text("do not match")
    tap(clock, pin)
    expect(clock.locator("#pin")).to_have_js_property("inputMode", "none")
    clock.locator("#pin").click()
    expect(clock.locator("#pin")).to_have_js_property("inputMode", "numeric")
    clock.get_by_role("button", name="Enter").click()
    for button, done in (
        ("Clock in", "Clocked in at"),
        ("Start a break", "On a break at"),
        ("End the break", "Back at work at"),
        ("Clock out", "Clocked out at"),
    ):
        clock.get_by_role("button", name=button).click()
        expect(clock.get_by_role("status")).to_contain_text(done)
        clock.get_by_role("link", name="Next").click()
        if done != "Clocked out at":
            enter(clock, code, pin)
    expect(clock.locator("#pad")).to_be_visible()


def test_the_page_goes_back_by_itself(clock: Page, stack: Stack) -> None:
    server = stack.ready["logins"]["server"]
    enter(clock, server["employee_code"], server["pin"])
    clock.get_by_role("button", name="Clock in").click()
    expect(clock.get_by_role("status")).to_contain_text("Clocked in at")
    expect(clock.locator("#pad")).to_be_visible(timeout=15_000)
