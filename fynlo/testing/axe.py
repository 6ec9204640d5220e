"""What axe-core finds on a page: WCAG 2.2 AA."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

LEVEL = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}


def complaints(page: Page) -> list[str]:
    """What axe finds, as `rule: the element at fault: why`."""
    found: list[dict[str, Any]] = Axe().run(page, options=LEVEL).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:160]}: {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


def check(page: Page) -> None:
    """In light and in dark. Raises AssertionError with what is wrong."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert complaints(page) == [], scheme
