"""The suite of the documentation finds what is not so."""

from pathlib import Path

import pytest

from fynlo.testing.live import Stack
from perf.suites.docs import variables
from perf.suites.pages import broken_links, unexplained_figures
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
    page = tmp_path / "page.md"
    page.write_text("## Known\n`manage.py x`\n| 1 | 2 |\n## Unknown\n| 3 | 4 |\n")
    assert unexplained_figures(page) == ["Unknown"]


def test_variables_of_settings_and_compose_are_found() -> None:
    assert {"DATABASE_POOL_MAX", "SIGNING_KEYS", "WEB_MEMORY"} <= variables()
