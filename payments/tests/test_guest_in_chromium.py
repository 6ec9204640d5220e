"""A guest with a phone, from scanning the code to the receipt: Chromium beside a running stack."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from fynlo.testing.callers import Caller
from fynlo.testing.live import Stack
from fynlo.testing.screens import browser_for, stack_for
from payments.sandbox.bank.credentials import credentials
from payments.sandbox.bank.remote import RunningBank
from payments.tests.phones import at_the_bank, scanned

pytestmark = pytest.mark.xdist_group("screens")
# A worker, a bank and a card house answer one another meanwhile.
SOON_MS = 15_000


stack = stack_for("module")
browser = browser_for("module")


@pytest.fixture(scope="module")
def manager(stack: Stack) -> Caller:
    return Caller.of(stack, "manager")


@pytest.fixture
def bank(stack: Stack) -> Iterator[RunningBank]:
    known = credentials(stack.state / "bank")
    running = RunningBank(stack.ready["stand_ins"]["bank"], known)
    yield running
    running.set(expiry_s=900)


@pytest.fixture(autouse=True)
def keys(stack: Stack, settings: Any) -> None:
    """Those of the stack: the code in its QR is made of them."""
    settings.SECRET_KEY = stack.variables["SECRET_KEY"]


def asked(manager: Caller) -> dict[str, Any]:
    """A dish that was sent, and its QR code."""
    dish = next(p for p in manager.get("menu/")["products"] if p["name"] == "Seasonal greens")
    order = manager.post("orders/", {"channel": "takeaway", "lines": [{"product": dish["id"]}]})
    manager.post(f"orders/{order['id']}/send/")
    payment: dict[str, Any] = manager.post("payments/open-banking/qr/", {"order": order["id"]})
    return payment


def pay_by_card(page: Page) -> None:
    page.locator("#pay-by-card").click(timeout=SOON_MS)
    page.get_by_label("Card number").fill("4242424242424242")
    page.get_by_label("Expiry").fill("12 / 34")
    page.get_by_label("CVC").fill("123")
    page.get_by_role("button", name="Pay").click()


def is_paid(page: Page) -> None:
    expect(page.get_by_text("Paid. Thank you!")).to_be_visible(timeout=SOON_MS)


def test_from_the_code_over_a_tip_and_the_bank_to_the_receipt(
    browser: Browser, stack: Stack, manager: Caller, bank: RunningBank
) -> None:
    payment = asked(manager)
    with scanned(browser, stack, payment) as page:
        before = page.locator("h1").inner_text()
        page.get_by_role("button", name="10%").click()
        expect(page.locator("h1")).not_to_have_text(before)
        total = page.locator("h1").inner_text()
        at_the_bank(page, "Approve")
        is_paid(page)
        manager.post(f"orders/{payment['order']}/complete/")
        page.locator("#receipt").click(timeout=SOON_MS)
        expect(page.get_by_text("Payment", exact=True)).to_be_visible()
        assert total in page.locator("main").inner_text()


def test_a_decline_turns_into_a_card_payment_on_the_same_page(
    browser: Browser, stack: Stack, manager: Caller, bank: RunningBank
) -> None:
    payment = asked(manager)
    with scanned(browser, stack, payment) as page:
        at_the_bank(page, "Decline")
        pay_by_card(page)
        is_paid(page)
    after = manager.get(f"payments/{payment['id']}/")
    statuses = [(one["method"], one["status"]) for one in after["attempts"]]
    assert statuses[0] == ("open_banking", "DECLINED")
    assert statuses[1][0] == "card"
    assert (after["status"], after["captured"]) == ("CAPTURED", after["total"])


def test_a_code_that_expires_under_the_guests_eyes_turns_into_a_card_payment(
    browser: Browser, stack: Stack, manager: Caller, bank: RunningBank
) -> None:
    bank.set(expiry_s=3)
    payment = asked(manager)
    with scanned(browser, stack, payment) as page:
        expect(page.locator("#pay-by-bank")).to_be_visible()
        pay_by_card(page)
        is_paid(page)
    after = manager.get(f"payments/{payment['id']}/")
    assert after["attempts"][0]["status"] == "EXPIRED"
    assert len(after["attempts"]) == 2


def test_two_phones_at_one_code_pay_once(
    browser: Browser, stack: Stack, manager: Caller, bank: RunningBank
) -> None:
    payment = asked(manager)
    with (
        scanned(browser, stack, payment) as mine,
        scanned(browser, stack, payment) as yours,
    ):
        yours.locator("#pay-by-bank").click()
        at_the_bank(mine, "Approve")
        is_paid(mine)
        # The other one's bank page is at its first step still, and finds that it is over.
        yours.get_by_role("button", name="Kestrel").click()
        expect(yours.get_by_text("Thank you")).to_be_visible()
        yours.get_by_role("link").click()
        is_paid(yours)
    after = manager.get(f"payments/{payment['id']}/")
    assert (len(after["attempts"]), after["captured"]) == (1, after["total"])
