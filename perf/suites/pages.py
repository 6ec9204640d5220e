"""The README and the pages of `docs/`: their links and their figures."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from fynlo.settings.env import BASE_DIR

LINK = re.compile(r"\]\(([^)\s]+)\)")
ANY_BLOCK = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def pages(root: Path = BASE_DIR) -> list[Path]:
    found = [path for path in root.glob("*.md") if path.name != "CHANGELOG.md"]
    return sorted([*found, *(root / "docs").rglob("*.md")])


def broken_links(page: Path) -> Iterator[str]:
    """Links to files and headings of the project that are not there."""
    for link in LINK.findall(ANY_BLOCK.sub("", page.read_text())):
        parts = urlsplit(link)
        if parts.scheme:
            continue
        target = page.parent / parts.path if parts.path else page
        if not target.exists() or (parts.fragment and parts.fragment not in _anchors(target)):
            yield link


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in headings}


def unexplained_figures(page: Path) -> list[str]:
    """Sections with a table of figures that name neither a command nor a test that counts."""
    sections = re.split(r"^## ", page.read_text(), flags=re.MULTILINE)[1:]
    return [
        section.partition("\n")[0]
        for section in sections
        if re.search(r"^\|.*\d", section, re.MULTILINE)
        and not re.search(r"manage\.py \w+|make run|\btests\b|benchmark", section)
    ]
