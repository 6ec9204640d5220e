"""The till without mouse or finger: Tab, Enter, Space, arrows and letters only."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from fynlo.testing.callers import Caller

pytestmark = pytest.mark.xdist_group("screens")
FURTHEST = 250


@pytest.fixture
def go(till: Page) -> Callable[[Locator], None]:
    """Tabs on until it has the focus; whoever never gets there would be stuck."""

    def tab_to(wanted: Locator) -> None:
        expect(wanted).to_be_visible()
        for _ in range(FURTHEST):
            if wanted.evaluate("element => element === document.activeElement"):
                return
            till.keyboard.press("Tab")
        raise AssertionError(f"The keyboard never reaches {wanted}.")

    return tab_to


def test_a_guest_is_served_by_keyboard_alone(
    till: Page, go: Callable[[Locator], None], manager: Caller
) -> None:
    keys, dialog = till.keyboard, till.locator("dialog")
    go(till.locator("[data-category]", has_text="Sides"))
    keys.press("Enter")
    go(till.locator("[data-product]", has_text="Seasonal greens"))
    keys.press("Space")
    expect(till.locator(".lines li")).to_have_count(1)

    go(till.locator(".also").get_by_role("button", name="Discount"))
    keys.press("Enter")
    go(dialog.get_by_label("How much"))
    keys.type("10")
    go(dialog.get_by_label("Why"))
    keys.type("regular")
    keys.press("Enter")
    expect(till.locator(".sums")).to_contain_text("−£0.53")

    go(till.get_by_role("button", name="Send"))
    keys.press("Enter")
    expect(till.locator("[data-state=SENT]")).to_have_count(1)
    go(till.get_by_role("button", name="Cash"))
    keys.press("Enter")
    go(dialog.get_by_label("Handed over"))
    keys.type("20")
    keys.press("Enter")
    expect(till.locator("#notices")).to_contain_text("Change: £15.28")
    go(till.get_by_role("link", name="Receipt"))


def test_escape_leaves_what_was_asked_and_returns_to_where_one_was(
    till: Page, go: Callable[[Locator], None]
) -> None:
    place = till.locator("#place")
    go(place)
    till.keyboard.press("Enter")
    expect(till.locator("dialog h2")).to_have_text("Where?")
    till.keyboard.press("Escape")
    expect(till.locator("dialog")).to_be_hidden()
    expect(place).to_be_focused()


def test_a_size_is_chosen_with_arrows(till: Page, go: Callable[[Locator], None]) -> None:
    go(till.locator("[data-category]", has_text="Sides"))
    till.keyboard.press("Enter")
    go(till.locator("[data-product]", has_text="Garlic bread"))
    till.keyboard.press("Enter")
    dialog = till.locator("dialog")
    go(dialog.get_by_label("Plain"))
    till.keyboard.press("ArrowDown")
    expect(dialog.get_by_label("With cheese")).to_be_checked()
    till.keyboard.press("Enter")
    expect(till.locator(".lines")).to_contain_text("With cheese")
