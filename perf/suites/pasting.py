"""What is to be pasted from the pages, and pasting it: a part of `docs`."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from fynlo.settings.env import BASE_DIR
from perf.laboratory.checkout import checked_out
from perf.laboratory.context import Context, Target
from perf.laboratory.recording import Outcome
from perf.suites.pages import pages

BLOCK = re.compile(
    r"(?:^<!-- not pasted: (?P<why>.+) -->\n\n?)?^```(?P<shell>sh|bash)\n(?P<text>.*?)^```",
    re.DOTALL | re.MULTILINE,
)
# Of a whole page, right below its title.
NONE_OF_IT = re.compile(r"\A# .+\n\n<!-- none of this is pasted: (.+) -->\n")
LIMIT_S, QUICK_LIMIT_S, QUICK = 240.0, 60.0, 2
# What takes longer than a quick run has.
LONG = ("--throw-away", "--minutes", "--seconds", "measure_", "--orders")
WHOLE_RUN = re.compile(r"benchmark run (?!.*--quick)")
# Variables of the measuring process that no terminal of a reader has.
OURS = ("FYNLO_STATE", "DEBUG", "DJANGO_SETTINGS_MODULE")
ADDRESS = "http://127.0.0.1:8000"


@dataclass(frozen=True)
class Block:
    """What is pasted at once; `why` it is not, or empty. `page` is a path in the project."""

    page: str
    text: str
    why: str = ""

    @property
    def is_brief(self) -> bool:
        return not (WHOLE_RUN.search(self.text) or any(mark in self.text for mark in LONG))


def blocks(root: Path = BASE_DIR) -> list[Block]:
    """`sh` blocks each by itself; the `bash` blocks of a page are one session."""
    return [block for page in pages(root) for block in _of_page(page, root)]


def _of_page(page: Path, root: Path) -> Iterator[Block]:
    text, name = page.read_text(), str(page.relative_to(root))
    whole = NONE_OF_IT.match(text)
    found = BLOCK.finditer(text)
    for shell, group in groupby(found, key=lambda match: match["shell"]):
        rows = [(match["text"], whole[1] if whole else match["why"] or "") for match in group]
        if shell == "bash":
            rows = [("".join(row[0] for row in rows), rows[0][1])]
        for pasted, why in rows:
            yield Block(name, pasted, why)


def commands(lab: Context) -> Outcome:
    """Into a fresh checkout beside the measured stack; in a quick run two brief ones, as the seed
    has it. `not_pasted` is how many the pages mark, with their reason."""
    every, outcome = blocks(), Outcome()
    chosen = [block for block in every if not block.why]
    outcome.figures |= {"blocks": len(every), "not_pasted": len(every) - len(chosen)}
    if lab.quick:
        chosen = lab.random.sample([block for block in chosen if block.is_brief], QUICK)
    with fresh_checkout(lab.target) as folder:
        for done, block in enumerate(chosen):
            lab.report(done, len(chosen))
            paste(outcome, block, folder, lab)
    return outcome


@contextmanager
def fresh_checkout(target: Target) -> Iterator[Path]:
    """As after `make run` in it: `.venv` is there, and `.local` leads to the measured stack."""
    with checked_out("HEAD") as folder:
        (folder / ".venv").symlink_to(sys.prefix)
        state = folder / ".local"
        state.mkdir()
        (state / "ready.json").write_text(json.dumps(target.ready))
        lines = [f"{name}={value}\n" for name, value in target.variables.items()]
        (state / "env").write_text("".join(lines))
        yield folder


def paste(outcome: Outcome, block: Block, folder: Path, lab: Context) -> None:
    started = time.perf_counter()
    text = block.text.replace(ADDRESS, lab.target.http)
    name = f"{block.page}: {block.text.strip().splitlines()[0]}"
    limit_s = QUICK_LIMIT_S if lab.quick else LIMIT_S
    code, said = run(text, folder, lab.target, limit_s)
    if code is None:
        outcome.fail(f"{name}: not done after {limit_s:.0f} s")
    elif code:
        outcome.fail(f"{name}: {said.strip()[-120:]}")
    else:
        outcome.record(time.perf_counter() - started)


def run(text: str, folder: Path, target: Target, limit_s: float) -> tuple[int | None, str]:
    """Its exit code and what it said; no code when it was ended after `limit_s`. It has nothing to
    read, and what it leaves behind is ended with it."""
    ours = {*target.variables, *OURS}
    kept = {name: of for name, of in os.environ.items() if name not in ours}
    said = folder / ".local" / "said"
    with said.open("w") as out:
        shell = subprocess.Popen(  # noqa: S603 what our own pages say
            ["bash", "-e", "-o", "pipefail", "-c", text],  # noqa: S607
            cwd=folder,
            env=kept,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code: int | None = shell.wait(limit_s)
        except subprocess.TimeoutExpired:
            code = None
        _end(shell)
    return code, said.read_text()


def _end(shell: "subprocess.Popen[bytes]") -> None:
    try:
        os.killpg(shell.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    shell.wait()
