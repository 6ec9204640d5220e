"""WCAG 2.2 AA as axe-core judges it, in light and in dark, with everything on the screens that
they can show. What no program can judge (order, words, sense) is looked at by people."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from fynlo.testing.axe import check, complaints
from fynlo.testing.browser import Visits
from fynlo.testing.callers import Caller
from fynlo.testing.live import Stack

pytestmark = pytest.mark.xdist_group("screens")
PHONE = {"width": 390, "height": 844}


def dish(manager: Caller, name: str) -> dict[str, str]:
    products = manager.get("menu/")["products"]
    return {"product": next(p["id"] for p in products if p["name"] == name)}


def order_at(manager: Caller, table: int, *, note: str = "") -> str:
    tables = manager.get("floors/")["results"][0]["tables"]
    lines = [{**dish(manager, "Seasonal greens"), "note": note, "seat": 2, "course": 1}]
    body = {"channel": "dine_in", "table": tables[table]["id"], "lines": lines}
    return str(manager.post("orders/", body)["id"])


@pytest.fixture(scope="module")
def busy(manager: Caller) -> str:
    """A restaurant in full swing: something in every state. Answers with an order of two lines,
    one sent and one not."""
    second, third = (order_at(manager, table, note="no salt") for table in (8, 9))
    order_at(manager, 10)
    for order in (second, third):
        manager.post(f"orders/{order}/send/")
    manager.post("payments/cash/", {"order": third, "amount": 100, "tendered": 100})
    first = manager.get(f"orders/{second}/")["lines"][0]
    line, version = first["id"], first["version"]
    manager.patch(f"orders/{second}/lines/{line}/", {"note": "no oil", "version": version})
    more = dish(manager, "Buttered mash")
    manager.post(f"orders/{second}/lines/", {"lines": [more, more]})
    manager.post(f"orders/{second}/send/")
    manager.post(f"orders/{second}/void-line/", {"line": line, "reason": "Sent back"})
    manager.post(f"orders/{second}/lines/", {"lines": [more]})
    tickets = manager.get("kitchen/tickets/?limit=200")["results"]
    for ticket, step in zip(tickets[-3:], ("ack", "start", "ready"), strict=True):
        manager.post(f"kitchen/tickets/{ticket['id']}/{step}/")
    return second


def test_the_judge_finds_what_is_wrong(visits: Visits) -> None:
    """A heading too pale to read, and a field that nobody named."""
    with visits.page_of("server", "/till/") as page:
        page.evaluate("document.getElementById('place').style.color = '#ccc'")
        page.evaluate("document.body.append(document.createElement('input'))")
        found = "\n".join(complaints(page))
        assert "color-contrast: <button" in found
        assert "label: <input" in found


@pytest.mark.parametrize("age", ["fresh", "warm", "late"])
def test_the_kitchen(visits: Visits, busy: str, age: str) -> None:
    with visits.page_of("kitchen", "/kitchen/") as page:
        expect(page.locator(".ticket").first).to_be_visible()
        page.evaluate(
            """age => {
                for (let timer = 1; timer < 1000; timer++) clearInterval(timer);
                for (const ticket of document.querySelectorAll(".ticket")) {
                    ticket.dataset.age = age;
                    ticket.dataset.unseen = "";
                }
            }""",
            age,
        )
        check(page)


def test_the_floor(visits: Visits, busy: str) -> None:
    with visits.page_of("manager", "/floor/") as page:
        for state in ("free", "seated", "ordered", "paying"):
            expect(page.locator(f".table[data-state={state}]").first).to_be_visible()
        check(page)
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        check(page)


@pytest.fixture
def till_at(visits: Visits, busy: str) -> Iterator[Page]:
    with visits.page_of("server", "/till/") as page:
        page.goto(f"/till/?order={busy}")
        expect(page.locator(".lines [data-state=VOIDED]")).to_be_visible()
        yield page


def test_the_till(till_at: Page) -> None:
    check(till_at)
    till_at.set_viewport_size(PHONE)  # type: ignore[arg-type]
    check(till_at)


@pytest.mark.parametrize(
    "button",
    [
        "#place",
        "[data-ask$='/move/']",
        "[data-ask$='/split/']",
        "[data-ask$='/courses/']",
        "[data-ask$='/discount/']",
        "[data-state=NEW] .what",
        ".lines li:not(:has(.remove)) button.what",
        "[data-asks]",
    ],
)
def test_what_the_till_asks(till_at: Page, button: str) -> None:
    till_at.locator(button).first.click()
    expect(till_at.locator("dialog h2")).to_be_visible()
    check(till_at)


def test_a_page_that_lost_its_connection(till_at: Page) -> None:
    till_at.context.set_offline(True)
    expect(till_at.locator("#connection[data-state=lost]")).to_be_visible()
    till_at.get_by_role("button", name="Send").click()
    expect(till_at.locator("#notices")).to_contain_text("Not saved")
    till_at.locator("#place").click()
    expect(till_at.locator("#notices")).to_contain_text("Not shown")
    check(till_at)
    till_at.context.set_offline(False)


def test_the_door_and_the_public_receipt(browser: Browser, stack: Stack, manager: Caller) -> None:
    order = manager.post(
        "orders/", {"channel": "takeaway", "lines": [dish(manager, "Seasonal greens")]}
    )["id"]
    manager.post(f"orders/{order}/send/")
    manager.post("payments/cash/", {"order": order, "tendered": 1000})
    manager.post(f"orders/{order}/complete/")
    receipt = manager.get(f"orders/{order}/receipt/")["receipt"]["url"]
    context = browser.new_context(base_url=stack.ready["http"], bypass_csp=True)
    page = context.new_page()
    for address in ("/screens/sign-in/", "/screens/pair/", receipt, f"{receipt[:-2]}x/"):
        page.goto(address)
        check(page)
    context.close()
