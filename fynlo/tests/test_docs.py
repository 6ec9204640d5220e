"""What the pages say is still so: errors, links, paths, variables."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from fynlo.settings.env import BASE_DIR
from fynlo.tests.test_house_rules import published_errors
from syncing.errors import CloseCode

PAGES = [
    path.resolve()
    for path in (*BASE_DIR.glob("*.md"), *(BASE_DIR / "docs").rglob("*.md"))
    if path.name != "CHANGELOG.md"
]
LINK = re.compile(r"\]\(([^)\s]+)\)")
NAMED = re.compile(r"`([\w.-]+(?:/[\w.*{},-]+)+/?)`")
FOLDERS = (
    "fynlo/",
    "pos/",
    "employees/",
    "payments/",
    "syncing/",
    "perf/",
    "deploy/",
    "docs/",
    "requirements/",
)
pages = pytest.mark.parametrize(
    "page", PAGES, ids=lambda page: str(page.relative_to(BASE_DIR.resolve()))
)


def text_of(page: str) -> str:
    return (BASE_DIR / page).read_text()


def prose(page: Path) -> str:
    """Without what is to be pasted."""
    return re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)


def local_links(page: Path) -> Iterator[tuple[Path, str]]:
    """The file and the anchor of each link that leaves for no other site."""
    for link in LINK.findall(prose(page)):
        parts = urlsplit(link)
        if not parts.scheme:
            target = page.parent / parts.path if parts.path else page
            yield target, parts.fragment


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in headings}


@pages
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, anchor in local_links(page):
        assert target.exists(), target
        assert not anchor or anchor in anchors(target), f"{target}#{anchor}"


@pages
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    named = {path for path in NAMED.findall(prose(page)) if path.startswith(FOLDERS)}
    missing = [path for path in named if not list(BASE_DIR.glob(path.rstrip("/")))]
    assert not missing


def test_every_page_is_reachable_from_the_first() -> None:
    known, waiting = set[Path](), [BASE_DIR / "README.md"]
    while waiting:
        here = waiting.pop().resolve()
        if here not in known and here in PAGES:
            known.add(here)
            waiting += [target for target, _ in local_links(here)]
    assert known == set(PAGES)


def test_the_list_of_errors_is_the_list_of_errors() -> None:
    """Rows that differ are printed as they must be."""
    row = re.compile(r"^\| (\d{3}) \| `(\w+)` \| (.+) \|$", re.MULTILINE)
    listed = row.findall(text_of("docs/errors.md"))
    raised = [(str(kind.status), kind.code, kind.message) for kind in published_errors()]
    wrong = set(raised) - set(listed)
    assert not wrong, "\n".join(f"| {a} | `{b}` | {c} |" for a, b, c in sorted(wrong))
    assert sorted(listed) == sorted(raised)


def test_the_list_of_close_codes_is_the_list_of_close_codes() -> None:
    listed = re.findall(r"^\| (\d{4}) \|", text_of("docs/realtime.md"), re.MULTILINE)
    assert sorted(map(int, listed)) == sorted(CloseCode)


def test_every_variable_that_make_run_reads_is_explained() -> None:
    sources = [path.read_text() for path in (BASE_DIR / "fynlo/local").glob("*.py")]
    read = r'environ(?:\.get\(|\[)"([A-Z_]+)"'
    names = {name for source in sources for name in re.findall(read, source)}
    explained = text_of("README.md") + text_of("deploy/env.example")
    assert "HTTP_PORT" in names
    assert not {name for name in names if name not in explained}


def test_every_architecture_decision_is_in_the_index() -> None:
    index = text_of("docs/adr/README.md")
    decisions = sorted((BASE_DIR / "docs/adr").glob("0*.md"))
    assert [path.name[:4] for path in decisions] == re.findall(r"\]\((\d{4})-", index)
