"""Real processes and threads that share one Redis."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from threading import Event
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connections
from django_redis import get_redis_connection

from fynlo.cache import local
from fynlo.cache.forgetting import forget
from fynlo.cache.local import Copies
from fynlo.cache.namespaces import FRESH_FOR_S, Namespace
from fynlo.cache.reading import remember
from fynlo.local.ports import wait_until
from fynlo.testing.races import at_once
from fynlo.tests.cache.test_cache import Source

SHARED = Namespace("test-processes", ttl=60)
FORK = get_context("fork")
CHANGES = 40
PATIENCE_S = 60


def truth(owner: UUID) -> bytes:
    """Stands for the row in PostgreSQL that both processes see."""
    found: bytes = get_redis_connection("default").get(f"truth:{owner}") or b"0"
    return found


@contextmanager
def forked(work: Callable[[], Any]) -> Iterator[Callable[[], Any]]:
    """Runs `work` in a fork of this process. Ask what is yielded for what it returned: EOFError
    when it raised."""
    answer, told = FORK.Pipe(duplex=False)

    def run() -> None:
        local.copies = Copies()
        told.send(work())
        os._exit(0)

    def returned() -> Any:
        assert answer.poll(PATIENCE_S), "it does not come to an end"
        return answer.recv()

    process = FORK.Process(target=run)
    process.start()
    told.close()
    try:
        yield returned
    finally:
        process.join(PATIENCE_S)
        process.kill()


def in_processes(count: int, work: Callable[[], Any]) -> list[Any]:
    """What `work` returned in so many forks of this process."""
    connections.close_all()
    with ExitStack() as opened:
        running = [opened.enter_context(forked(work)) for _ in range(count)]
        return [returned() for returned in running]


@pytest.mark.race
def test_no_process_serves_what_was_changed_longer_ago_than_a_copy_is_fresh() -> None:
    """Fails when FRESH_FOR_S is left out of `remember`, or `forget` changes no stamp."""
    owner, begun = uuid4(), FORK.Event()

    def read_all() -> list[tuple[float, int]]:
        seen: list[tuple[float, int]] = []
        begun.set()
        deadline = monotonic() + PATIENCE_S
        while not seen or seen[-1][1] != CHANGES:
            asked_at = monotonic()
            assert asked_at < deadline
            value = remember(SHARED, owner, "row", lambda: truth(owner))
            seen.append((asked_at, int(value)))
        return seen

    with forked(read_all) as returned:
        assert begun.wait(PATIENCE_S)
        forgotten_at = [0.0]
        for change in range(1, CHANGES + 1):
            get_redis_connection("default").set(f"truth:{owner}", change)
            forget(SHARED, owner)
            forgotten_at.append(monotonic())
            assert int(remember(SHARED, owner, "row", lambda: truth(owner))) == change
        seen = returned()
    for asked_at, value in seen:
        known = sum(at <= asked_at - FRESH_FOR_S for at in forgotten_at) - 1
        assert value >= known


@pytest.mark.race
def test_a_hundred_simultaneous_misses_in_four_processes_run_the_loader_once() -> None:
    owner = uuid4()
    gathered: Barrier = FORK.Barrier(4)

    def load() -> bytes:
        redis = get_redis_connection("default")
        redis.incr(f"loads:{owner}")
        # Nobody has the value before everybody had the time to miss it.
        wait_until(lambda: int(redis.get(f"asked:{owner}") or 0) == 100, seconds=1.5)
        return b"loaded"

    def ask() -> bytes:
        get_redis_connection("default").incr(f"asked:{owner}")
        return remember(SHARED, owner, "row", load)

    def work() -> set[bytes]:
        gathered.wait(30)
        return set(at_once(*[ask] * 25))

    assert in_processes(4, work) == [{b"loaded"}] * 4
    assert int(get_redis_connection("default").get(f"loads:{owner}")) == 1


@pytest.mark.race
def test_who_waits_for_a_loader_that_fails_loads_alone() -> None:
    owner, source, has_failed = uuid4(), Source(), Event()

    def fail_first() -> bytes:
        if not has_failed.is_set():
            has_failed.set()
            raise ZeroDivisionError
        return source.load()

    def ask() -> bytes:
        try:
            return remember(SHARED, owner, "row", fail_first)
        except ZeroDivisionError:
            return b"failed"

    assert sorted(at_once(*[ask] * 5)) == [b"failed", *[b"old"] * 4]


def test_a_loader_that_died_holds_others_up_for_a_while_only() -> None:
    owner, source = uuid4(), Source()

    def die() -> bytes:
        os._exit(0)

    process = FORK.Process(target=lambda: remember(SHARED, owner, "row", die))
    process.start()
    process.join(30)
    assert remember(SHARED, owner, "row", source.load) == b"old"
