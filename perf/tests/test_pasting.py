"""What a page says to paste is found, run, and ended."""

import time
from pathlib import Path

import pytest

from perf.laboratory.context import Target
from perf.suites.pasting import Block, blocks, run

PAGE = """# A page

```sh
false
```
<!-- not pasted: it never ends -->
```sh
make run
```
```bash
NAME=x
```
Then:
```bash
test $NAME = x
```
```json
{}
```
"""
HERE = Target({}, {})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".local").mkdir()
    return tmp_path


def test_what_is_to_be_pasted_is_found(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(PAGE)
    assert blocks(tmp_path) == [
        Block("README.md", "false\n"),
        Block("README.md", "make run\n", why="it never ends"),
        Block("README.md", "NAME=x\ntest $NAME = x\n"),
    ]


def test_none_of_a_marked_page_is_pasted(tmp_path: Path) -> None:
    mark = "<!-- none of this is pasted: it needs Docker -->\n\n"
    (tmp_path / "README.md").write_text(PAGE.replace("\n\n", f"\n\n{mark}", 1))
    assert {block.why for block in blocks(tmp_path)} == {"it needs Docker"}


def test_a_command_that_fails_is_told_with_what_it_said(folder: Path) -> None:
    assert run("echo gone; false; echo on", folder, HERE, 10) == (1, "gone\n")


def test_a_command_that_never_ends_is_ended_with_its_children(folder: Path) -> None:
    started = time.monotonic()
    assert run("sleep 600 | cat & sleep 600", folder, HERE, 0.5)[0] is None
    assert time.monotonic() - started < 60


def test_a_command_that_waits_for_an_answer_gets_none(folder: Path) -> None:
    assert run("read answer", folder, HERE, 10)[0] == 1


@pytest.mark.parametrize(
    ("text", "is_brief"),
    [
        ("manage.py benchmark run api\n", False),
        ("manage.py benchmark run api --quick\nmanage.py benchmark run cache\n", False),
        ("manage.py benchmark run api --quick\n", True),
        ("manage.py measure_parallel\n", False),
        ("manage.py benchmark list\n", True),
    ],
)
def test_a_quick_run_pastes_nothing_that_takes_long(text: str, is_brief: bool) -> None:
    assert Block("page.md", text).is_brief is is_brief
