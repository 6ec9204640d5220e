"""The tour in README.md, pasted into a shell beside a stack that was started as a person would."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from fynlo.local.ports import free_port, wait_until
from fynlo.local.tests.stacks import start
from fynlo.settings.env import BASE_DIR

SHOWN = re.compile(r"^```bash\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.DOTALL | re.MULTILINE)
END_OF_BLOCK = "--- end of block ---"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Like a checkout in which `make run` runs: `.local/` and `.venv/` are there."""
    folder = Path(tempfile.mkdtemp(prefix="fynlo-test-"))
    folder.chmod(0o755)
    (folder / ".venv").symlink_to(sys.prefix)
    try:
        with running(folder / ".local"):
            yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def running(state: Path) -> Iterator[None]:
    """The whole stack; it is stopped at the end."""
    stack = start(
        state,
        "run",
        HTTP_PORT=str(free_port()),
        WS_PORT=str(free_port()),
        DJANGO_SETTINGS_MODULE="fynlo.settings.development",
    )
    try:
        assert wait_until((state / "ready.json").exists, seconds=60), "the stack has not started"
        yield
    finally:
        stack.terminate()
        stack.communicate(timeout=30)


def tour() -> list[tuple[str, str]]:
    """What is pasted, and what the page says it prints."""
    return SHOWN.findall((BASE_DIR / "README.md").read_text())


def paste(folder: Path, *blocks: str) -> list[str]:
    """Each block's output. A command that fails ends the tour."""
    script = "".join(f"{block}\necho '{END_OF_BLOCK}'\n" for block in blocks)
    environment = {name: os.environ[name] for name in os.environ if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr
    return done.stdout.split(f"{END_OF_BLOCK}\n")[:-1]


def without_events(output: str) -> list[str]:
    """The listener in the background speaks when it likes."""
    return [line for line in output.splitlines() if not line.startswith("  event ")]


def test_the_tour_prints_what_the_page_says(folder: Path) -> None:
    blocks = tour()
    outputs = paste(folder, *(pasted for pasted, _ in blocks))
    assert len(outputs) == len(blocks) > 6
    for (pasted, shown), output in zip(blocks, outputs, strict=True):
        pattern = shown.strip().replace("[", "[[]").replace("…", "*")
        assert fnmatchcase("\n".join(without_events(output)), pattern), (pasted, output)
    told = "".join(outputs).split()
    assert {"order.created", "ticket.created", "payment.captured", "order.completed"} <= set(told)


def test_the_page_names_everybody_of_the_demo(folder: Path) -> None:
    page = (BASE_DIR / "README.md").read_text()
    ready = json.loads((folder / ".local/ready.json").read_text())
    for name, login in ready["logins"].items():
        row = f"| {name.replace('_', ' ')} | `{login['email']}` |"
        assert f"{row} {login['employee_code']}, {login['pin']} |" in page
        assert f"`{login['password']}`" in page
