"""The whole stack as `make run` starts it, on databases and ports of its own, to be mistreated."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

import psycopg2
from redis import Redis, RedisError

from fynlo.local.commands import clean
from fynlo.local.ports import free_port, wait_until
from fynlo.local.run import PROJECT

START_S = 180.0
GIVEN = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "MAKELEVEL", "DJANGO_SETTINGS_MODULE")


class Stack:
    """A running stack. `ready` is its ready.json, `variables` those by which its programs find one
    another; `log` all that it printed."""

    def __init__(self, home: Path) -> None:
        self.state = home / "state"
        self.log = home / "log"
        self._process = self._start()
        if not wait_until(self._has_begun, seconds=START_S) or self._process.poll() is not None:
            self._process.kill()
            raise RuntimeError(self.log.read_text())
        self.ready: dict[str, Any] = json.loads((self.state / "ready.json").read_text())
        lines = (self.state / "env").read_text().splitlines()
        self.variables = dict(line.split("=", 1) for line in lines)
        self.redis = Redis.from_url(self.variables["REDIS_URL"], socket_timeout=1)

    def _start(self) -> "subprocess.Popen[bytes]":
        kept = {name: value for name, value in os.environ.items() if name not in GIVEN}
        own = {
            "FYNLO_STATE": str(self.state),
            "HTTP_PORT": str(free_port()),
            "WS_PORT": str(free_port()),
        }
        with self.log.open("w") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "fynlo.local", "run"],
                env={**kept, **own},
                cwd=PROJECT,
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
            self._process.wait(30)
        finally:
            self._process.kill()
        assert wait_until(lambda: not self._processes(), seconds=15), self._processes()

    def _processes(self) -> list[int]:
        """Whatever was started for this state folder."""
        mark = f"FYNLO_STATE={self.state}\0".encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if mark in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
        return found

    def redis_pid(self) -> int:
        return int(cast("dict[str, Any]", self.redis.info("server"))["process_id"])

    def postgres_pid(self) -> int:
        return int((self.state / "postgres" / "postmaster.pid").read_text().split("\n")[0])

    def _children(self, parent: int) -> list[int]:
        found = []
        for pid in self._processes():
            with suppress(OSError):
                stat = Path(f"/proc/{pid}/stat").read_text()
                if int(stat.rpartition(")")[2].split()[1]) == parent:
                    found += [pid, *self._children(pid)]
        return found

    def service_pid(self, words: str) -> int | None:
        """The process that the supervisor started with these words in its command."""
        for pid in self._processes():
            with suppress(OSError):
                parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]
                command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                if int(parent) == self._process.pid and words in command:
                    return pid
        return None

    def is_redis_back(self) -> bool:
        try:
            return bool(self.redis.ping())
        except RedisError:
            return False

    def is_postgres_back(self) -> bool:
        """Whether it accepts connections."""
        try:
            psycopg2.connect(self.variables["DATABASE_URL"], connect_timeout=2).close()
        except psycopg2.OperationalError:
            return False
        return True

    def kill_redis(self) -> None:
        """SIGKILL. Returns when the one that takes its place answers."""
        os.kill(self.redis_pid(), signal.SIGKILL)
        assert wait_until(self.is_redis_back, seconds=20)

    def kill_postgres(self) -> tuple[float, float]:
        """SIGKILL of the postmaster: when, and when connections were accepted again (monotonic)."""
        died_at = time.monotonic()
        os.kill(self.postgres_pid(), signal.SIGKILL)
        assert wait_until(lambda: not self.is_postgres_back(), seconds=5)
        assert wait_until(self.is_postgres_back, seconds=30)
        return died_at, time.monotonic()

    def kill_service(self, words: str, *, children: bool = False) -> None:
        """SIGKILL, of the processes that it has started, too, when `children`. Returns when the
        supervisor has started it again."""
        before = self.service_pid(words)
        assert before is not None
        for pid in [before, *(self._children(before) if children else [])]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda: self.service_pid(words) not in (None, before), seconds=20)

    @contextmanager
    def hanging_redis(self) -> Iterator[None]:
        """Redis takes connections and answers nothing (SIGSTOP)."""
        pid = self.redis_pid()
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)
            assert wait_until(self.is_redis_back, seconds=10)


@contextmanager
def running_stack() -> Iterator[Stack]:
    """A stack with the demo restaurant, gone without a trace afterwards."""
    with tempfile.TemporaryDirectory(prefix="fynlo-live-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o755)
        stack = Stack(Path(home))
        try:
            yield stack
        finally:
            stack.stop()
            clean(stack.state)
