"""The pages in a real Chromium beside a running stack, as staff meet them."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from fynlo.testing.browser import Visits, fill_in
from fynlo.testing.callers import Caller
from fynlo.testing.live import Stack
from pos.tests.screens.conftest import hold

pytestmark = pytest.mark.xdist_group("screens")
HEALS_WITHIN_MS = 20_000
SOON_MS = 10_000
# Keeps in `said` what the page says of its connection, however soon it says something else.
LISTEN = """
    window.said = [];
    const place = document.getElementById("connection");
    new MutationObserver(() => said.push(`${place.dataset.state}: ${place.textContent}`))
        .observe(place, { attributes: true });
"""
notes = (f"Note {number}." for number in count(1))


@pytest.fixture
def kitchen(visits: Visits) -> Iterator[Page]:
    with visits.page_of("kitchen", "/kitchen/") as page:
        yield page


def open_order(manager: Caller, *, note: str = "", table: str | None = None) -> Any:
    """One plain dish."""
    dish = next(p for p in manager.get("menu/")["products"] if p["name"] == "Seasonal greens")
    lines = [{"product": dish["id"], "note": note}]
    where = {"channel": "dine_in", "table": table} if table else {"channel": "takeaway"}
    return manager.post("orders/", {**where, "lines": lines})


def send_order(manager: Caller) -> str:
    """The note of its dish, by which the ticket is known."""
    note = next(notes)
    order = open_order(manager, note=note)
    manager.post(f"orders/{order['id']}/send/")
    return note


def connection(page: Page, state: str) -> None:
    expect(page.locator(f"#connection[data-state={state}]")).to_be_visible(timeout=HEALS_WITHIN_MS)


def test_a_new_ticket_is_there_without_a_reload(kitchen: Page, manager: Caller) -> None:
    ticket = kitchen.locator(".ticket", has_text=send_order(manager))
    expect(ticket).to_be_visible(timeout=SOON_MS)
    assert ticket.get_attribute("data-age") == "fresh"


def test_a_tap_takes_a_ticket_one_step_on(kitchen: Page, manager: Caller) -> None:
    ticket = kitchen.locator(".ticket", has_text=send_order(manager))
    for label, state in (("Acknowledge", "ACKED"), ("Start", "STARTED"), ("Ready", "READY")):
        ticket.get_by_role("button", name=label).click()
        expect(ticket).to_have_attribute("data-state", state)
    ticket.get_by_role("button", name="Recall").click()
    expect(ticket).to_have_attribute("data-state", "STARTED")


def test_a_tap_counts_though_the_board_was_to_be_drawn_between_press_and_release(
    kitchen: Page, manager: Caller
) -> None:
    ticket = kitchen.locator(".ticket", has_text=send_order(manager))
    hold(ticket.get_by_role("button", name="Acknowledge"))
    with kitchen.expect_event("requestfinished", lambda asked: "/kitchen/board/" in asked.url):
        other = send_order(manager)
    kitchen.mouse.up()
    expect(ticket).to_have_attribute("data-state", "ACKED")
    expect(kitchen.locator(".ticket", has_text=other)).to_be_visible()


def test_a_change_and_a_cancellation_are_told_from_new_dishes_in_words(
    kitchen: Page, manager: Caller
) -> None:
    order = open_order(manager, note="no salt")
    path = f"orders/{order['id']}/"
    line = manager.post(f"{path}send/")["lines"][0]
    note = next(notes)
    changed = manager.patch(
        f"{path}lines/{line['id']}/", {"note": note, "seat": 2, "version": line["version"]}
    )
    change = kitchen.locator(".ticket", has_text=note).locator("li")
    expect(change).to_contain_text(
        f"Change 1 Seasonal greens {note} (was: no salt) seat 2 (was: no seat)",
        use_inner_text=False,
    )
    manager.post(f"{path}void-line/", {"line": changed["lines"][0]["id"], "reason": "Sent back"})
    cancelled = kitchen.locator(".ticket li.cancel", has_text=note)
    expect(cancelled).to_contain_text("Cancel 1 Seasonal greens", use_inner_text=False)
    expect(cancelled.locator(".item")).to_have_css("text-decoration-line", "line-through")


def test_the_keyboard_does_all_that_a_finger_does(kitchen: Page, manager: Caller) -> None:
    note = send_order(manager)
    ticket = kitchen.locator(".ticket", has_text=note)
    ticket.get_by_role("button", name="Acknowledge").focus()
    for state in ("ACKED", "STARTED", "READY"):
        kitchen.keyboard.press("Enter")
        expect(ticket).to_have_attribute("data-state", state)
    kitchen.keyboard.press("r")
    expect(ticket).to_have_attribute("data-state", "STARTED")
    kitchen.keyboard.press("1")
    expect(kitchen.locator(".ticket").first.locator(".step")).to_be_focused()


def test_what_was_collected_by_mistake_comes_back(kitchen: Page, manager: Caller) -> None:
    ticket = kitchen.locator(".ticket", has_text=send_order(manager))
    for label in ("Acknowledge", "Start", "Ready", "Collected"):
        ticket.get_by_role("button", name=label).click()
    expect(ticket).to_have_count(0)
    kitchen.get_by_role("button", name="Recall last").click()
    expect(ticket).to_have_attribute("data-state", "READY")


def test_a_station_sees_its_own_tickets(kitchen: Page, manager: Caller) -> None:
    ticket = kitchen.locator(".ticket", has_text=send_order(manager))
    kitchen.get_by_role("link", name="Bar", exact=True).click()
    connection(kitchen, "live")
    expect(ticket).to_have_count(0)
    kitchen.get_by_role("link", name="Kitchen", exact=True).last.click()
    expect(ticket).to_be_visible()


def test_a_dropped_connection_is_said_and_heals(
    kitchen: Page, manager: Caller, stack: Stack
) -> None:
    kitchen.evaluate(LISTEN)
    stack.kill_service("uvicorn")
    lost = "said.some(words => words.startsWith('lost: No connection'))"
    kitchen.wait_for_function(lost, timeout=HEALS_WITHIN_MS)
    ticket = kitchen.locator(".ticket", has_text=send_order(manager))
    connection(kitchen, "live")
    expect(ticket).to_be_visible(timeout=HEALS_WITHIN_MS)


def test_a_tap_without_network_says_that_it_is_not_saved(kitchen: Page, manager: Caller) -> None:
    ticket = kitchen.locator(".ticket", has_text=send_order(manager))
    expect(ticket).to_be_visible()
    kitchen.context.set_offline(True)
    connection(kitchen, "lost")
    ticket.get_by_role("button", name="Acknowledge").click()
    expect(kitchen.get_by_role("alert")).to_contain_text("Not saved")
    missed = kitchen.locator(".ticket", has_text=send_order(manager))
    kitchen.context.set_offline(False)
    expect(missed).to_be_visible(timeout=HEALS_WITHIN_MS)


def test_whose_session_is_ended_is_back_at_the_door(
    kitchen: Page, manager: Caller, stack: Stack
) -> None:
    for session in manager.get("auth/sessions/?scope=restaurant&limit=200")["results"]:
        if session["role"] == "kitchen":
            manager.delete(f"auth/sessions/{session['id']}/")
    kitchen.wait_for_url("**/screens/sign-in/**")


def test_a_paired_screen_asks_for_code_and_pin(
    browser: Browser, manager: Caller, stack: Stack
) -> None:
    code = manager.post("devices/pairing-codes/", {"kind": "kitchen_screen"})["code"]
    context = browser.new_context(base_url=stack.ready["http"])
    page = context.new_page()
    page.goto("/screens/pair/")
    fill_in(page, code=code, name="Grill screen")
    cook = stack.ready["logins"]["kitchen"]
    fill_in(page, employee_code=cook["employee_code"], pin=cook["pin"])
    connection(page, "live")
    assert "Grill screen" in [device["name"] for device in manager.get("devices/")["results"]]
    context.close()


def test_a_table_changes_on_the_floor_without_a_reload(visits: Visits, manager: Caller) -> None:
    table = manager.get("floors/")["results"][0]["tables"][0]
    with visits.page_of("server", "/floor/") as floor:
        shown = floor.locator(f"#table-{table['id']}")
        expect(shown).to_have_attribute("data-state", "free")
        order = open_order(manager, table=table["id"])
        expect(shown).to_have_attribute("data-state", "seated", timeout=SOON_MS)
        manager.post(f"orders/{order['id']}/cancel/", {"reason": "they left"})
        expect(shown).to_have_attribute("data-state", "free", timeout=SOON_MS)
