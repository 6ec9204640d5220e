"""The dashboard in a real Chromium, beside a running stack."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from fynlo.testing.axe import check
from fynlo.testing.browser import Visits
from fynlo.testing.callers import Caller
from fynlo.testing.live import Stack
from fynlo.testing.screens import browser_for, stack_for, visits_for

pytestmark = pytest.mark.xdist_group("perf_stack")
PAGES = ("/perf/", "/perf/queries/", "/perf/cache/", "/perf/sync/", "/perf/recommendations/")
PHONE = {"width": 390, "height": 844}
SOON_MS = 30_000


# Whose endpoints nobody else calls: the page lists those that take most time.
stack = stack_for("module")
browser = browser_for("module")
visits = visits_for("module")


@pytest.fixture
def page(visits: Visits) -> Iterator[Page]:
    with visits.page_of("manager", "/perf/") as found:
        yield found


def endpoint(page: Page, name: str) -> int:
    row = page.locator("tr", has=page.get_by_role("rowheader", name=name, exact=True))
    return int(row.locator("td").first.inner_text()) if row.count() else 0


def test_it_is_live_and_asks_nobody_else(page: Page, stack: Stack) -> None:
    """Plotly is drawn, the policy is obeyed (see Visits), nothing is fetched from elsewhere."""
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    page.reload()
    expect(page.locator("#chart-traffic .trace.scatter").first).to_be_attached(timeout=SOON_MS)
    name = "GET api/v1/tax-rates/"
    before = endpoint(page, name)
    caller = Caller.of(stack, "manager")
    for _ in range(3):
        caller.get("tax-rates/")
    row = page.locator("tr", has=page.get_by_role("rowheader", name=name, exact=True))
    expect(row.locator("td").first).to_have_text(str(before + 3), timeout=SOON_MS)
    own = stack.ready["http"]
    assert any("plotly.min.js" in address for address in addresses)
    assert [a for a in addresses if not a.startswith((own, "data:"))] == []


def test_it_says_when_the_server_is_away_and_comes_back(page: Page) -> None:
    page.context.set_offline(True)
    expect(page.locator("#connection[data-state=lost]")).to_be_visible(timeout=SOON_MS)
    expect(page.locator("#endpoints")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("#connection[data-state=live]")).to_be_visible(timeout=SOON_MS)


def test_a_query_is_opened_by_keyboard_and_stays_open(page: Page) -> None:
    page.goto("/perf/queries/")
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    opened = page.locator("details[open]")
    expect(opened).to_have_count(1)
    known = opened.get_attribute("id")
    page.evaluate("document.getElementById('board').dataset.old = '1'")
    with page.expect_response("**/perf/queries/"):
        page.evaluate("htmx.trigger('#board', 'refresh')")
    expect(page.locator(f"#{known}[open] pre").first).to_be_visible()
    focused = "document.activeElement.closest('details')?.id"
    page.wait_for_function(f"{focused} === '{known}'")


@pytest.mark.parametrize("path", PAGES)
def test_everybody_can_read_it(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.locator("#board h2").first).to_be_visible()
    for details in page.locator("summary").all()[:2]:
        details.click()
    check(page)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    check(page)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"]


def test_a_cashier_is_sent_away(browser: Browser, stack: Stack, visits: Visits) -> None:
    with visits.page_of("cashier", "/till/") as till:
        till.goto("/perf/")
        expect(till.get_by_role("heading")).to_have_text("This page is not for your role")
