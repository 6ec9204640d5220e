"""The laboratory's pages, in a real Chromium: a run is started, watched, read and compared."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from fynlo.testing.browser import Visits, chromium
from fynlo.testing.live import Stack

pytestmark = pytest.mark.xdist_group("laboratory")
# A stack of its own is started and measured meanwhile.
RUN_MS = 240_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def visits(browser: Browser, stack: Stack) -> Visits:
    return Visits(browser, stack)


@pytest.fixture(scope="module")
def measured(visits: Visits) -> str:
    """The address of a run that was started from the page and watched to its end."""
    with visits.page_of("platform_owner", "/perf/runs/") as page:
        page.locator("select[name=suite]").select_option("database")
        page.get_by_role("button", name="Start a run").click()
        page.wait_for_url("**/perf/runs/*/")
        expect(page.get_by_role("progressbar")).to_be_visible()
        expect(page.get_by_text("Passed", exact=True)).to_be_visible(timeout=RUN_MS)
        return page.url


def test_a_run_is_started_from_the_page_and_watched(measured: str, visits: Visits) -> None:
    with visits.page_of("manager", measured) as page:
        opened = page.locator("details", has_text="database/select-concurrent")
        opened.locator("summary").click()
        expect(opened.locator(".chart .main-svg").first).to_be_visible()
        expect(opened).to_contain_text("mean_ms is ")
        opened.get_by_role("link", name="p95_ms").click()
        expect(page.locator("#chart-trend .main-svg").first).to_be_visible()
        expect(page.get_by_role("heading", name="database/select-concurrent")).to_be_visible()


def test_two_runs_are_compared(measured: str, visits: Visits) -> None:
    with visits.page_of("manager", "/perf/runs/") as page:
        page.get_by_role("button", name="Compare").click()
        row = page.get_by_role("row", name="database/select-sequential")
        expect(row).to_contain_text("no difference")
        page.locator("select[name=metric]").select_option("mean_ms")
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_role("heading", name="mean_ms")).to_be_visible()


def test_who_does_not_own_the_platform_starts_nothing(visits: Visits) -> None:
    with visits.page_of("manager", "/perf/runs/") as page:
        expect(page.get_by_role("button", name="Start a run")).to_have_count(0)


def test_capacity_says_what_it_assumes(measured: str, visits: Visits) -> None:
    with visits.page_of("manager", "/perf/capacity/") as page:
        expect(page.get_by_role("heading", name="It is assumed that")).to_be_visible()
        expect(page.locator(".assumptions li")).to_have_count(5)


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen(measured: str, visits: Visits, width: int) -> None:
    for path in ("/perf/runs/", measured, "/perf/capacity/"):
        with visits.page_of("manager", path) as page:
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
