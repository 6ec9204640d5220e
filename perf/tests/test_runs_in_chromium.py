"""The laboratory's pages, in a real Chromium: a run is started, watched, read and compared."""

import os
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from fynlo.settings.env import BASE_DIR
from fynlo.testing.axe import check
from fynlo.testing.browser import Visits
from fynlo.testing.live import Stack
from fynlo.testing.screens import browser_for, visits_for

pytestmark = pytest.mark.xdist_group("laboratory")
# A stack of its own is started and measured meanwhile.
RUN_MS = 240_000
SCENARIO = "database/select-sequential"


browser = browser_for("module")
visits = visits_for("module")


@pytest.fixture(scope="module")
def measured(visits: Visits) -> str:
    """The address of a run that was started from the page and watched to its end."""
    with visits.page_of("platform_owner", "/perf/runs/") as page:
        page.locator("select[name=suite]").select_option("database")
        page.get_by_role("button", name="Start a run").click()
        page.wait_for_url("**/perf/runs/*/")
        expect(page.get_by_role("progressbar")).to_be_visible()
        expect(page.locator("p.passed, p.failed")).to_be_visible(timeout=RUN_MS)
        return page.url


@pytest.fixture(scope="module")
def measured_again(measured: str, stack: Stack) -> None:
    """One scenario of it, on the stack itself."""
    words = ["benchmark", "run", "database", "--quick", "--scenario", SCENARIO.split("/")[1]]
    beside = ["--against", stack.ready["http"], "--ready", str(stack.state / "ready.json")]
    subprocess.run(
        [sys.executable, "manage.py", *words, *beside],
        cwd=BASE_DIR,
        env={**os.environ, **stack.variables},
        check=True,
        timeout=120,
    )


def test_a_run_is_read(measured: str, visits: Visits) -> None:
    with visits.page_of("manager", measured) as page:
        opened = page.locator("details", has_text=SCENARIO)
        opened.locator("summary").click()
        expect(opened.locator(".chart .main-svg").first).to_be_visible()
        expect(opened).to_contain_text("mean_ms is ")
        check(page)


@pytest.mark.usefixtures("measured_again")
def test_any_metric_is_drawn_over_commits(measured: str, visits: Visits) -> None:
    with visits.page_of("manager", measured) as page:
        opened = page.locator("details", has_text=SCENARIO)
        opened.locator("summary").click()
        opened.get_by_role("link", name="stdev_ms").click()
        expect(page.get_by_role("heading", name=f"{SCENARIO} stdev_ms")).to_be_visible()
        expect(page.locator("#chart-trend .point")).to_have_count(2)
        expect(page.locator("tbody tr")).to_have_count(2)
        check(page)


@pytest.mark.usefixtures("measured_again")
def test_two_runs_are_compared_with_their_interval(visits: Visits) -> None:
    with visits.page_of("manager", "/perf/runs/") as page:
        page.locator("select[name=a]").select_option(index=1)
        page.get_by_role("button", name="Compare").click()
        row = page.get_by_role("row", name=SCENARIO)
        expect(row.locator("[data-verdict]")).not_to_be_empty()
        expect(row).to_contain_text(" to ")
        page.locator("select[name=metric]").select_option("mean_ms")
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_role("heading", name="mean_ms")).to_be_visible()
        check(page)


def test_who_does_not_own_the_platform_starts_nothing(visits: Visits) -> None:
    with visits.page_of("manager", "/perf/runs/") as page:
        expect(page.get_by_role("button", name="Start a run")).to_have_count(0)


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen(measured: str, visits: Visits, width: int) -> None:
    trend = f"/perf/runs/trend/?scenario={SCENARIO}&metric=p50_ms"
    for path in ("/perf/runs/", measured, trend, "/perf/capacity/"):
        with visits.page_of("manager", path) as page:
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_capacity_says_what_it_assumes(visits: Visits) -> None:
    with visits.page_of("manager", "/perf/capacity/") as page:
        expect(page.get_by_role("heading", name="It is assumed that")).to_be_visible()
        expect(page.locator(".assumptions li")).to_have_count(5)
        check(page)
