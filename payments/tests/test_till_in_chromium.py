"""The web till asks for money by QR code: Chromium at the till, and as the guest's phone."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from fynlo.testing.axe import check
from fynlo.testing.browser import Visits
from fynlo.testing.callers import Caller
from fynlo.testing.live import Stack
from fynlo.testing.screens import browser_for, stack_for, visits_for
from payments.tests.phones import at_the_bank, scanned

pytestmark = pytest.mark.xdist_group("screens")
# A worker, a bank and a card house answer one another meanwhile.
SOON_MS = 15_000


stack = stack_for("module")
browser = browser_for("module")
visits = visits_for("module")


@pytest.fixture(scope="module")
def manager(stack: Stack) -> Caller:
    return Caller.of(stack, "manager")


@pytest.fixture(autouse=True)
def keys(stack: Stack, settings: Any) -> None:
    """Those of the stack: the code in its QR is made of them."""
    settings.SECRET_KEY = stack.variables["SECRET_KEY"]


@pytest.fixture(params=["owner"])
def till(visits: Visits, manager: Caller, request: pytest.FixtureRequest) -> Iterator[Page]:
    """With an order for one dish, not yet sent."""
    dish = next(p for p in manager.get("menu/")["products"] if p["name"] == "Seasonal greens")
    order = manager.post("orders/", {"channel": "takeaway", "lines": [{"product": dish["id"]}]})
    with visits.page_of(request.param, "/till/") as page:
        page.goto(f"/till/?order={order['id']}")
        page.wait_for_selector("#connection[data-state=live]")
        page.wait_for_load_state("networkidle")
        yield page


def asked(till: Page, manager: Caller) -> dict[str, Any]:
    """The payment that the till asks for now, with its code on the screen."""
    till.get_by_role("button", name="Pay by QR").click()
    expect(till.locator("dialog img")).to_be_visible(timeout=SOON_MS)
    return payment_of(till, manager)


def payment_of(till: Page, manager: Caller) -> dict[str, Any]:
    pk = till.locator("#payment").get_attribute("data-payment")
    payment: dict[str, Any] = manager.get(f"payments/{pk}/")
    return payment


def order_of(payment: dict[str, Any], manager: Caller) -> dict[str, Any]:
    order: dict[str, Any] = manager.get(f"orders/{payment['order']}/")
    return order


@pytest.mark.parametrize("till", ["owner", "cashier"], indirect=True)
def test_from_the_code_on_the_till_to_an_order_that_is_paid_and_closed(
    till: Page, manager: Caller, browser: Browser, stack: Stack
) -> None:
    payment = asked(till, manager)
    dialog = till.locator("dialog")
    expect(dialog.locator("#left")).to_contain_text("14:")
    check(till)
    with scanned(browser, stack, payment) as phone:
        expect(dialog).to_contain_text("The guest has opened it")
        at_the_bank(phone, "Approve")
        expect(dialog).not_to_be_visible(timeout=SOON_MS)
    expect(till.locator("#notices")).to_contain_text("Paid: £")
    expect(till.locator("#order")).to_contain_text("is closed")
    after = order_of(payment, manager)
    assert (after["status"], after["payment_status"], after["due"]) == ("COMPLETED", "PAID", 0)


def test_a_dialog_that_was_left_is_found_again_and_its_payment_cancelled(
    till: Page, manager: Caller
) -> None:
    payment = asked(till, manager)
    till.keyboard.press("Escape")
    expect(till.locator("dialog")).not_to_be_visible()
    assert asked(till, manager)["id"] == payment["id"]
    till.get_by_role("button", name="Cancel payment").click()
    expect(till.locator("dialog")).not_to_be_visible(timeout=SOON_MS)
    expect(till.locator("#notices")).to_contain_text("Nothing was taken")
    assert manager.get(f"payments/{payment['id']}/")["status"] == "CANCELLED"
    expect(till.get_by_role("button", name="Cash")).to_be_enabled()


def test_the_till_says_that_the_bank_declined_and_that_the_card_is_asked_for(
    till: Page, manager: Caller, browser: Browser, stack: Stack
) -> None:
    payment = asked(till, manager)
    dialog = till.locator("dialog")
    with scanned(browser, stack, payment) as phone:
        at_the_bank(phone, "Decline")
        expect(dialog).to_contain_text("bank declined it", timeout=SOON_MS)
        expect(dialog).to_contain_text("takes the guest's card now")
    check(till)


def test_a_member_of_staff_takes_the_card_instead(till: Page, manager: Caller) -> None:
    payment = asked(till, manager)
    till.get_by_role("button", name="Card instead").click()
    expect(till.locator("#payment[data-stage=card]")).to_be_visible(timeout=SOON_MS)
    attempts = manager.get(f"payments/{payment['id']}/")["attempts"]
    assert [one["method"] for one in attempts] == ["open_banking", "card"]


def test_a_refusal_is_read_in_the_dialog_which_asks_again(
    till: Page, manager: Caller, stack: Stack
) -> None:
    owner = Caller.of(stack, "owner")
    before = owner.get("payments/settings/")
    without = [method for method in before["methods"] if method != "open_banking"]
    now = owner.patch("payments/settings/", {"methods": without, "version": before["version"]})
    dialog = till.locator("dialog")
    till.get_by_role("button", name="Pay by QR").click()
    expect(dialog.get_by_role("alert")).to_contain_text("does not offer it")
    check(till)
    owner.patch("payments/settings/", {"methods": before["methods"], "version": now["version"]})
    dialog.get_by_role("button", name="Show the code").click()
    expect(dialog.locator("img")).to_be_visible(timeout=SOON_MS)
    assert payment_of(till, manager)["status"] == "PENDING"


def test_too_little_cash_is_refused_and_enough_of_it_taken(till: Page) -> None:
    dialog = till.locator("dialog")
    till.get_by_role("button", name="Cash").click()
    for handed_over in ("1", "2"):
        dialog.get_by_label("Handed over").fill(handed_over)
        dialog.get_by_role("button", name="Take cash").click()
        expect(dialog.get_by_role("alert")).to_contain_text("gave less")
    dialog.get_by_label("Handed over").fill("10")
    dialog.get_by_role("button", name="Take cash").click()
    expect(till.locator("#notices")).to_contain_text("Change: £4.75")


def test_cash_without_an_open_drawer_opens_one_with_a_float(till: Page, manager: Caller) -> None:
    for drawer in manager.get("payments/drawers/?status=OPEN")["results"]:
        path = f"payments/drawers/{drawer['id']}"
        report = manager.get(f"{path}/x-report/")
        manager.post(f"{path}/count/", {"counted": report["expected"]})
        manager.post(f"{path}/close/")
    dialog = till.locator("dialog")
    till.get_by_role("button", name="Cash").click()
    dialog.get_by_role("button", name="£10.00").click()
    expect(dialog.get_by_role("alert")).to_contain_text("No drawer is open")
    check(till)
    dialog.get_by_label("Float in it").fill("50")
    dialog.get_by_role("button", name="Take cash").click()
    expect(till.locator("#notices")).to_contain_text("Change: £4.75")
    (drawer,) = manager.get("payments/drawers/?status=OPEN")["results"]
    assert drawer["opening_float"] == 5000
