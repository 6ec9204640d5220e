"""A whole stack, as `make run` starts it, for a program: on databases and ports of its own."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from fynlo.local.commands import clean
from fynlo.local.errors import LocalError
from fynlo.local.ports import free_port, wait_until
from fynlo.local.run import PROJECT

START_S = 180.0
STOP_S = 30.0
# What the starting program itself may have been given: its stack has its own.
GIVEN = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "MAKELEVEL", "DJANGO_SETTINGS_MODULE")


class StartedStack:
    """A running stack. `ready` is its ready.json, `variables` those by which its programs find one
    another; `log` all that it printed; `pid` that of its supervisor."""

    def __init__(
        self, home: Path, *, settings: str = "", project: Path = PROJECT, **variables: str
    ) -> None:
        """Returns when it answers. `settings` names a settings module other than development's,
        `project` another checkout; `variables` are added to the environment.

        Raises LocalError, with what it printed, when it does not start.
        """
        self.state = home / "state"
        self.log = home / "log"
        extra = {"DJANGO_SETTINGS_MODULE": settings, **variables} if settings else variables
        self._process = self._start(project, extra)
        self.pid = self._process.pid
        if not wait_until(self._has_begun, seconds=START_S) or self._process.poll() is not None:
            self._process.kill()
            raise LocalError(self.log.read_text())
        self.ready: dict[str, Any] = json.loads((self.state / "ready.json").read_text())
        lines = (self.state / "env").read_text().splitlines()
        self.variables = dict(line.split("=", 1) for line in lines)

    def _start(self, project: Path, extra: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        kept = {name: value for name, value in os.environ.items() if name not in GIVEN}
        own = {
            "FYNLO_STATE": str(self.state),
            "HTTP_PORT": str(free_port()),
            "WS_PORT": str(free_port()),
        }
        with self.log.open("w") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "fynlo.local", "run"],
                env={**kept, **own, **extra},
                cwd=project,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _has_begun(self) -> bool:
        return (self.state / "ready.json").exists() or self._process.poll() is not None

    def stop(self) -> None:
        """As Ctrl-C does. Raises AssertionError when a process is left behind."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(STOP_S)
        finally:
            self._process.kill()
        assert wait_until(lambda: not self.processes(), seconds=15), self.processes()

    def processes(self) -> list[int]:
        """Whatever was started for this state folder."""
        mark = f"FYNLO_STATE={self.state}\0".encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if mark in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
        return found


@contextmanager
def stack_folder() -> Iterator[Path]:
    """A folder for one stack, which PostgreSQL's own user may enter; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="fynlo-live-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o755)
        try:
            yield Path(home)
        finally:
            clean(Path(home) / "state")
