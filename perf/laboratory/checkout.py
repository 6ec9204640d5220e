"""Another commit in a folder of its own, to take turns with."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fynlo.settings.env import BASE_DIR
from perf.laboratory.strangers import Unwilling


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """Raises Unwilling when git does not know it."""
    with tempfile.TemporaryDirectory(prefix="fynlo-commit-") as home:
        folder = Path(home) / "checkout"
        _git("worktree", "add", "--detach", "--quiet", str(folder), commit)
        try:
            yield folder
        finally:
            _git("worktree", "remove", "--force", str(folder))


def _git(*words: str) -> None:
    done = subprocess.run(  # noqa: S603 no shell
        ["git", *words],  # noqa: S607
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Unwilling(f"git {words[0]}: {done.stderr.strip()}")
