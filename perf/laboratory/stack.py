"""Which stack is measured: one of its own, started for the suite, or one that runs already."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from fynlo.local.run import PROJECT
from fynlo.local.started import StartedStack, stack_folder
from fynlo.settings.env import STATE_DIR
from perf.laboratory.context import Target
from perf.laboratory.strangers import Unwilling, refuse_strangers

NAMED = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")

# Tills say which address they have, as nginx does: limits are counted for each of them.
AS_BEHIND_A_PROXY = {"ADDRESS_HEADER": "HTTP_X_REAL_IP"}


@dataclass(frozen=True)
class Wanted:
    """`against` is the URL of a running stack, empty to start one; `ready` its ready.json.
    `settings` and `project` are the settings module and the checkout of one that is started."""

    against: str = ""
    ready: Path = STATE_DIR / "ready.json"
    owns_host: bool = False
    settings: str = ""
    project: Path = PROJECT


def refuse_production() -> None:
    """Raises Unwilling under production settings: load has no business there."""
    module = str(settings.SETTINGS_MODULE)
    if module.endswith(".production") or settings.SESSION_COOKIE_SECURE:
        raise Unwilling(f"{module} is for real guests: measure on a machine for development.")


@contextmanager
def stack_to_measure(wanted: Wanted) -> Iterator[Target]:
    """Started for this, and gone afterwards, unless one that runs is named. Raises Unwilling."""
    if wanted.against:
        yield running(wanted)
        return
    with stack_folder() as home:
        stack = StartedStack(
            home, settings=wanted.settings, project=wanted.project, **AS_BEHIND_A_PROXY
        )
        try:
            yield Target(stack.ready, stack.variables, stack.pid)
        finally:
            stack.stop()


def running(wanted: Wanted) -> Target:
    """The stack at `against`, known by its ready.json and the `env` beside that; variables that
    are set win. Raises Unwilling."""
    refuse_strangers(wanted.against, owns_host=wanted.owns_host)
    if not wanted.ready.is_file():
        raise Unwilling(f"{wanted.ready} is not there: name the stack's ready.json with --ready.")
    ready = {**json.loads(wanted.ready.read_text()), "http": wanted.against.rstrip("/")}
    written = wanted.ready.with_name("env")
    lines = written.read_text().splitlines() if written.is_file() else []
    variables = dict(line.split("=", 1) for line in lines)
    variables |= {name: os.environ[name] for name in NAMED if name in os.environ and not lines}
    missing = [name for name in NAMED if name not in variables]
    if missing:
        raise Unwilling(f"Not known of that stack: {', '.join(missing)}. Set them.")
    return Target(ready, variables, _supervisor(wanted.ready.with_name("lock")))


def _supervisor(lock: Path) -> int:
    """The process that signed the lock of the state folder; 0 when there is none."""
    text = lock.read_text().strip() if lock.is_file() else ""
    return int(text) if text.isdecimal() else 0
