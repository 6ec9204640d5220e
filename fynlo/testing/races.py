"""Real races: every piece of work has a thread and a database connection of its own."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from threading import Barrier
from time import monotonic
from typing import TypeVar

from django.db import connection, connections

from fynlo.db import durable

R = TypeVar("R")
PATIENCE = 20.0


def at_once(*works: Callable[[], R]) -> list[R]:
    """Starts all of them at one instant; what they returned, in their order.

    Raises what the first of them raised, when all have ended.
    """
    barrier = Barrier(len(works))

    def begin(work: Callable[[], R]) -> R:
        barrier.wait(PATIENCE)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        futures = [pool.submit(_connected, begin, work) for work in works]
        return [future.result(PATIENCE) for future in futures]


@contextmanager
def beside(work: Callable[[], R]) -> Iterator["Future[R]"]:
    """Runs `work` while the block runs, and waits for its end.

    Work that needs this thread's transaction to end belongs on an ExitStack outside of it.
    """
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(_connected, lambda do: do(), work)


def overlapping(first: Callable[[], object], second: Callable[[], R]) -> R:
    """What `second` returned. It begins when `first` has done its work in a transaction of this
    thread, which is committed once `second` waits for it, or has ended without."""
    with ExitStack() as outside:
        with durable():
            first()
            running = outside.enter_context(beside(second))
            _until(lambda: running.done() or _blocked() > 0, "neither waits nor ends")
        return running.result(PATIENCE)


def wait_until_blocked(count: int = 1) -> None:
    """Until so many other connections of this database wait for a lock."""
    _until(lambda: _blocked() >= count, "nobody waits for a lock")


def _until(reached: Callable[[], bool], otherwise: str) -> None:
    deadline = monotonic() + PATIENCE
    while not reached():
        assert monotonic() < deadline, otherwise


def _blocked() -> int:
    sql = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()"
    )
    with connection.cursor() as cursor:
        # The statistics are frozen within a transaction unless asked again.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(sql)
        count: int = cursor.fetchone()[0]
        return count


def _connected(begin: Callable[[Callable[[], R]], R], work: Callable[[], R]) -> R:
    try:
        return begin(work)
    finally:
        connections.close_all()
