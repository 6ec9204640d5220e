"""The README and the pages of `docs/`: their links and their figures."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from fynlo.settings.env import BASE_DIR

LINK = re.compile(r"\]\(([^)\s]+)\)")
TABLE = re.compile(r"(?:^\|.*\n?)+", re.MULTILINE)
MEASURED = re.compile(r"\b(?:p50|p95|p99|ms|KB|a second|statements)\b|µs")
COMMAND = re.compile(r"manage\.py (\w+)")
COMMANDS = {path.stem for path in BASE_DIR.glob("*/management/commands/[a-z]*.py")}
RUN = re.compile(r"\bruns? `([0-9a-f]{8})`")
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


def unfounded_figures(root: Path = BASE_DIR) -> Iterator[str]:
    """Sections with a table of figures and no command of ours by which they can be had again, and
    runs that no report has. A report is itself what a run has found."""
    kept = "".join(report.read_text() for report in (root / "docs/reports").glob("*.md"))
    for page in pages(root):
        if page.parent.name == "reports":
            continue
        text = page.read_text()
        for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
            if _has_figures(section, page) and not COMMANDS & set(COMMAND.findall(section)):
                yield f"{page.name}: {section.partition(chr(10))[0]}: no command for its figures"
        for run in RUN.findall(text):
            if f"`{run}`" not in kept:
                yield f"{page.name}: no report has run {run}"


def _has_figures(section: str, page: Path) -> bool:
    """Whether it has a table of what was measured. All numbers of `performance.md` were; elsewhere
    the head of the table says so."""
    tables = [table for table in TABLE.findall(section) if re.search(r"\d", table)]
    is_measured = page.name == "performance.md"
    return any(is_measured or MEASURED.search(table.partition("\n")[0]) for table in tables)
