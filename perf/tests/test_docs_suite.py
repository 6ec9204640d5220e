"""The suite of the documentation finds what is not so."""

from pathlib import Path

import pytest

from fynlo.testing.live import Stack
from perf.suites.docs import variables
from perf.suites.pages import broken_links, unfounded_figures
from perf.tests.broken import measure

pytestmark = pytest.mark.xdist_group("laboratory")


@pytest.mark.parametrize("scenario", ["links", "endpoints", "settings", "figures"])
def test_the_documentation_is_so(stack: Stack, scenario: str) -> None:
    found = measure(stack, "docs", scenario, is_whole=True)
    assert found.passed, (found.says, found.errors)


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Here\n[a](gone.md) [b](#here) [c](#there) [d](https://x.example)\n")
    assert list(broken_links(page)) == ["gone.md", "#there"]


def test_figures_without_a_command_are_found(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    sections = [
        "## Known\n`manage.py measure_cache`\n| 1 | 2 |\n",
        "## Told\nAs the benchmark and tests say:\n| 3 | 4 |\n",
        "## Invented\n`manage.py measure_nothing`\n| 5 | 6 |\n",
        "## Words\n| no | figures |\n",
    ]
    (tmp_path / "docs/performance.md").write_text("".join(sections))
    (tmp_path / "docs/errors.md").write_text("## Codes\n| code |\n|---|\n| 404 |\n")
    (tmp_path / "docs/realtime.md").write_text("## Fast\n| p95 ms |\n|---|\n| 4 |\n")
    assert list(unfounded_figures(tmp_path)) == [
        "performance.md: Told: no command for its figures",
        "performance.md: Invented: no command for its figures",
        "realtime.md: Fast: no command for its figures",
    ]


def test_a_run_that_no_report_has_is_found(tmp_path: Path) -> None:
    (tmp_path / "docs/reports").mkdir(parents=True)
    (tmp_path / "docs/reports/today.md").write_text("| all | `1d7cb5e6` |\n")
    (tmp_path / "docs/page.md").write_text("See run `1d7cb5e6` and run `deadbeef`.\n")
    assert list(unfounded_figures(tmp_path)) == ["page.md: no report has run deadbeef"]


def test_variables_of_settings_and_compose_are_found() -> None:
    assert {"DATABASE_POOL_MAX", "SIGNING_KEYS", "WEB_MEMORY"} <= variables()
