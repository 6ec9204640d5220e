"""The whole stack as `make run` starts it, on databases and ports of its own, to be mistreated."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import psycopg2
from redis import Redis, RedisError

from fynlo.local.ports import wait_until
from fynlo.local.started import StartedStack, stack_folder


class Stack(StartedStack):
    """A running stack, and how to hurt it."""

    def __init__(self, home: Path, **options: Any) -> None:
        super().__init__(home, **options)
        self.redis = Redis.from_url(self.variables["REDIS_URL"], socket_timeout=1)

    def redis_pid(self) -> int:
        return int(cast("dict[str, Any]", self.redis.info("server"))["process_id"])

    def postgres_pid(self) -> int:
        return int((self.state / "postgres" / "postmaster.pid").read_text().split("\n")[0])

    def _children(self, parent: int) -> list[int]:
        found = []
        for pid in self.processes():
            with suppress(OSError):
                stat = Path(f"/proc/{pid}/stat").read_text()
                if int(stat.rpartition(")")[2].split()[1]) == parent:
                    found += [pid, *self._children(pid)]
        return found

    def service_pid(self, words: str) -> int | None:
        """The process that the supervisor started with these words in its command."""
        for pid in self.processes():
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

    def postgres_started_at(self) -> datetime | None:
        """None while it accepts no connections."""
        try:
            asking = psycopg2.connect(self.variables["DATABASE_URL"], connect_timeout=2)
            with closing(asking), asking.cursor() as cursor:
                cursor.execute("SELECT pg_postmaster_start_time()")
                found: tuple[datetime] = cursor.fetchone()
                return found[0]
        except psycopg2.OperationalError:
            return None

    def kill_redis(self) -> None:
        """SIGKILL. Returns when the one that takes its place answers."""
        os.kill(self.redis_pid(), signal.SIGKILL)
        assert wait_until(self.is_redis_back, seconds=20)

    def kill_postgres(self) -> tuple[float, float]:
        """SIGKILL of the postmaster: when, and when connections were accepted again (monotonic)."""
        before, died_at = self.postgres_started_at(), time.monotonic()
        os.kill(self.postgres_pid(), signal.SIGKILL)
        assert wait_until(lambda: self.postgres_started_at() not in (None, before), seconds=30)
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
    def hanging(self, words: str) -> Iterator[None]:
        """The service with these words in its command takes connections and does nothing
        (SIGSTOP)."""
        pid = self.service_pid(words)
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

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
def running_stack(**options: Any) -> Iterator[Stack]:
    """A stack with the demo restaurant, gone without a trace afterwards. The options are those of
    StartedStack."""
    with stack_folder() as home:
        stack = Stack(home, **options)
        try:
            yield stack
        finally:
            stack.stop()
