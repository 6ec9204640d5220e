"""Selling in a real Chromium beside a running stack."""

import pytest
from playwright.sync_api import Page, expect

from fynlo.testing.callers import Caller
from fynlo.testing.live import Stack
from pos.tests.screens.conftest import hold

pytestmark = pytest.mark.xdist_group("screens")
SOON_MS = 10_000


def tap(page: Page, category: str, product: str) -> None:
    page.locator("[data-category]", has_text=category).click()
    page.locator("[data-product]", has_text=product).click()


def test_a_guest_is_served_from_the_menu_to_the_change(till: Page, manager: Caller) -> None:
    tap(till, "Sides", "Seasonal greens")
    expect(till.locator(".lines li")).to_have_count(1)
    tap(till, "Breakfast", "Full English")
    dialog = till.locator("dialog")
    for choice in ("Poached", "Malted brown", "Hash brown"):
        dialog.get_by_label(choice).check()
    dialog.get_by_role("button", name="Add").click()
    expect(till.locator(".lines li")).to_have_count(2)
    expect(till.locator(".lines")).to_contain_text("Hash brown")
    till.get_by_role("button", name="Send").click()
    expect(till.locator("[data-state=SENT]")).to_have_count(2)
    till.get_by_role("button", name="Cash").click()
    dialog.get_by_role("button", name="£50.00").click()
    expect(till.get_by_role("alert").last).to_contain_text("Change: £27.25")
    expect(till.locator("#order")).to_contain_text("Tap what the guest would like")
    receipt = till.get_by_role("link", name="Receipt")
    with till.context.expect_page() as opened:
        receipt.click()
    expect(opened.value.locator("h1")).to_contain_text("The Copper Kettle")
    newest = manager.get("orders/?limit=1")["results"][0]
    assert (newest["status"], newest["payment_status"]) == ("COMPLETED", "PAID")
    till.get_by_role("button", name="New order").click()
    expect(receipt).to_have_count(0)


def test_a_choice_that_must_be_made_is_asked_for(till: Page) -> None:
    tap(till, "Breakfast", "Full English")
    till.locator("dialog").get_by_role("button", name="Add").click()
    expect(till.locator("dialog")).to_be_visible()
    till.keyboard.press("Escape")
    expect(till.locator(".lines li")).to_have_count(0)


def test_a_discount_above_the_cap_takes_a_manager(till: Page, stack: Stack) -> None:
    tap(till, "Sides", "Seasonal greens")
    dialog = till.locator("dialog")
    till.get_by_role("button", name="Discount").click()
    dialog.get_by_label("How much").fill("50")
    dialog.get_by_label("Why").fill("burnt")
    dialog.get_by_role("button", name="Give").click()
    expect(dialog.get_by_role("alert")).to_contain_text("manager")
    approve(till, stack)
    dialog.get_by_role("button", name="Give").click()
    expect(till.locator(".sums")).to_contain_text("−£2.63")
    till.locator(".sums").get_by_role("button", name="Discount").click()
    dialog.get_by_role("button", name="Take back").click()
    expect(dialog.get_by_role("alert")).to_contain_text("manager")
    approve(till, stack)
    dialog.get_by_role("button", name="Take back").click()
    expect(till.locator(".sums")).not_to_contain_text("Discount")
    till.get_by_role("button", name="Remove Seasonal greens").click()
    expect(till.locator(".lines")).to_contain_text("Nothing yet")


def test_a_table_is_chosen_and_another_till_adds_to_its_order(till: Page, manager: Caller) -> None:
    till.locator("#place").click()
    till.locator("dialog").get_by_role("button", name="15", exact=False).first.click()
    tap(till, "Sides", "Seasonal greens")
    expect(till.locator(".bill h2")).to_contain_text("Table 15")
    bill = till.locator(".bill").get_attribute("data-order")
    dish = next(p for p in manager.get("menu/")["products"] if p["name"] == "Garlic bread")
    line = {"product": dish["id"], "variation": dish["variations"][0]["id"]}
    manager.post(f"orders/{bill}/lines/", {"lines": [line]})
    expect(till.locator(".lines li")).to_have_count(2, timeout=SOON_MS)
    till.reload()
    expect(till.locator(".lines li")).to_have_count(2)


def start(till: Page, manager: Caller, *dishes: str, **of_each: object) -> str:
    """The order of these dishes, opened at the till."""
    menu = {product["name"]: product for product in manager.get("menu/")["products"]}
    lines = [{"product": menu[dish]["id"], **of_each} for dish in dishes]
    order: str = manager.post("orders/", {"channel": "takeaway", "lines": lines})["id"]
    till.goto(f"/till/?order={order}")
    expect(till.locator(".lines li")).to_have_count(len(dishes))
    return order


def test_a_tap_counts_though_the_order_was_to_be_drawn_between_press_and_release(
    till: Page, manager: Caller
) -> None:
    order = start(till, manager, "Seasonal greens")
    hold(till.get_by_role("button", name="Split"))
    with till.expect_event("requestfinished", lambda asked: f"/till/orders/{order}/" in asked.url):
        greens = next(p for p in manager.get("menu/")["products"] if p["name"] == "Seasonal greens")
        manager.post(f"orders/{order}/lines/", {"lines": [{"product": greens["id"]}]})
    till.mouse.up()
    expect(till.locator("dialog h2")).to_be_visible()
    expect(till.locator(".lines li")).to_have_count(2)


def approve(page: Page, stack: Stack) -> None:
    boss = stack.ready["logins"]["manager"]
    page.get_by_label("Code").fill(boss["employee_code"])
    page.get_by_label("PIN").fill(boss["pin"])


def test_a_sent_line_is_taken_back_with_a_managers_pin(
    till: Page, manager: Caller, stack: Stack
) -> None:
    start(till, manager, "Seasonal greens")
    till.get_by_role("button", name="Send").click()
    expect(till.locator("[data-state=SENT]")).to_have_count(1)
    till.locator(".lines .what").click()
    dialog = till.locator("dialog")
    dialog.get_by_role("button", name="Sent back").click()
    dialog.get_by_role("button", name="Take back").click()
    expect(dialog.get_by_role("alert")).to_contain_text("manager")
    approve(till, stack)
    dialog.get_by_role("button", name="Take back").click()
    expect(till.locator("[data-state=VOIDED]")).to_contain_text("Sent back")
    expect(till.locator(".sums")).to_contain_text("£0.00")


def test_a_line_gets_another_quantity_a_seat_and_a_note(till: Page, manager: Caller) -> None:
    order = start(till, manager, "Seasonal greens")
    till.locator(".lines .what").click()
    dialog = till.locator("dialog")
    dialog.get_by_label("How many").fill("2")
    dialog.get_by_label("Seat").fill("3")
    dialog.get_by_label("Note").fill("no butter")
    dialog.get_by_role("button", name="Save").click()
    expect(till.locator(".lines")).to_contain_text("Seat 3")
    (line,) = manager.get(f"orders/{order}/")["lines"]
    assert (line["quantity"], line["seat"], line["note"]) == ("2", 3, "no butter")


def test_a_course_is_held_and_fired(till: Page, manager: Caller) -> None:
    start(till, manager, "Seasonal greens", course=2)
    dialog = till.locator("dialog")
    till.get_by_role("button", name="Courses").click()
    dialog.get_by_role("button", name="Hold").click()
    expect(till.locator("[data-state=HELD]")).to_have_count(1)
    expect(till.get_by_role("button", name="Send")).to_be_disabled()
    till.get_by_role("button", name="Courses").click()
    dialog.get_by_role("button", name="Fire").click()
    expect(till.locator("[data-state=SENT]")).to_have_count(1)


def test_what_is_held_goes_to_the_kitchen_when_it_is_paid(till: Page, manager: Caller) -> None:
    order = start(till, manager, "Seasonal greens")
    manager.post(f"orders/{order}/hold/")
    expect(till.locator("[data-state=HELD]")).to_have_count(1)
    till.get_by_role("button", name="Cash").click()
    till.locator("dialog").get_by_role("button", name="£10.00").click()
    expect(till.get_by_role("link", name="Receipt")).to_be_visible()
    assert manager.get(f"orders/{order}/")["status"] == "COMPLETED"


def test_an_order_moves_to_a_table(till: Page, manager: Caller) -> None:
    start(till, manager, "Seasonal greens")
    till.get_by_role("button", name="Move", exact=True).click()
    till.locator("dialog").get_by_role("button", name="Table 14").click()
    expect(till.locator(".bill h2")).to_contain_text("Table 14")


def test_a_bill_is_split_in_equal_parts_of_which_each_is_paid(till: Page, manager: Caller) -> None:
    start(till, manager, "Seasonal greens", "Buttered mash")
    due = int(till.locator(".bill").get_attribute("data-due") or 0)
    dialog = till.locator("dialog")
    till.get_by_role("button", name="Split").click()
    dialog.get_by_role("button", name="3 equal parts").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Send or remove what is new first")
    dialog.get_by_role("button", name="Cancel").click()
    till.get_by_role("button", name="Send").click()
    expect(till.get_by_role("button", name="Send")).to_be_disabled()
    till.get_by_role("button", name="Split").click()
    dialog.get_by_role("button", name="3 equal parts").click()
    parts = dialog.locator("[data-order]")
    expect(parts).to_have_count(3)
    ids = [part.get_attribute("data-order") for part in parts.all()]
    parts.nth(1).click()
    expect(till.locator(f".bill[data-order='{ids[1]}']")).to_be_visible()
    assert sum(manager.get(f"orders/{pk}/")["due"] for pk in ids) == due


def test_a_bill_is_split_by_lines_and_by_seats(till: Page, manager: Caller) -> None:
    order = start(till, manager, "Seasonal greens", "Buttered mash", seat=1)
    dialog = till.locator("dialog")
    till.get_by_role("button", name="Split").click()
    dialog.get_by_role("button", name="New bill of these").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Tick at least one")
    dialog.get_by_label("Seasonal greens").check()
    dialog.get_by_role("button", name="New bill of these").click()
    expect(dialog.locator("[data-order]")).to_have_count(2)
    dialog.get_by_role("button", name="Close").click()
    expect(till.locator(".lines li")).to_have_count(1)
    tap(till, "Sides", "Buttered mash")
    expect(till.locator(".lines li")).to_have_count(2)
    till.get_by_role("button", name="Split").click()
    dialog.get_by_role("button", name="Seats 1").click()
    expect(dialog.locator("[data-order]")).to_have_count(3)
    assert len(manager.get(f"orders/{order}/")["lines"]) == 1
