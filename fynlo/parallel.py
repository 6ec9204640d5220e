"""Many pieces of the same work at once, over the standard library and Celery.

    report = run_parallel(warm, restaurant_ids, strategy=Strategy.THREAD)
    report.results, report.failures

| strategy | pays for | `work` |
|---|---|---|
| THREAD | what waits for a network or PostgreSQL | any function |
| ASYNC | what waits, and is a coroutine | a coroutine function |
| PROCESS | what computes | a function of a module; items and results are pickled |
| HYBRID | what does both: threads in processes | as PROCESS |
| CELERY | what may run on other machines | as PROCESS; items and results are JSON |
"""

import asyncio
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from importlib import import_module
from math import ceil
from multiprocessing import get_context
from time import perf_counter
from typing import Any, TypeAlias, cast
from uuid import uuid4

import django
import orjson
import psutil
from celery import shared_task
from celery.app import app_or_default
from django.conf import settings
from django.db import connections
from redis import Redis

MIB = 1024 * 1024
_CHUNK_S = 0.05
_PROCESS_BYTES = 200 * MIB
_CELERY_S = 300
_THREADS = 8


class Strategy(StrEnum):
    THREAD = "thread"
    PROCESS = "process"
    ASYNC = "async"
    HYBRID = "hybrid"
    CELERY = "celery"


class Balance(StrEnum):
    """Who gets an item: whoever is free first, or each worker in its turn."""

    LEAST_BUSY = "least_busy"
    ROUND_ROBIN = "round_robin"


@dataclass(frozen=True, slots=True)
class Failure:
    """`error`: what `work` raised, or what it said where it ran elsewhere."""

    index: int
    error: Exception


@dataclass
class Report:
    """`results` in the order of the items, None where there is none. `not_begun` counts items that
    were left when the run was stopped."""

    results: list[Any]
    failures: list[Failure] = field(default_factory=list)
    done: int = 0
    seconds: float = 0.0

    @property
    def not_begun(self) -> int:
        return len(self.results) - self.done


Work: TypeAlias = Callable[[Any], Any]
Item: TypeAlias = tuple[int, Any]
Outcome: TypeAlias = tuple[int, Any, Exception | None]
RunChunk: TypeAlias = Callable[[list[Item]], list[Outcome]]


def run_parallel(
    work: Work,
    items: Sequence[Any],
    *,
    strategy: Strategy = Strategy.THREAD,
    workers: int | None = None,
    balance: Balance = Balance.LEAST_BUSY,
    progress: Callable[[int, int], None] | None = None,
    stop: threading.Event | None = None,
) -> Report:
    """`work` on each item; one that fails does not keep the others from being done.

    `workers` follows cores and memory unless given. `progress(done, total)` is called after each
    chunk, by one thread at a time. Once `stop` is set nothing more is begun, what runs is
    finished; Ctrl-C sets it. Call outside of transactions: threads have connections of their own.
    """
    count = max(1, min(workers or _workers(strategy), len(items)))
    run = _Run(items, count, balance, progress, stop or threading.Event())
    started = perf_counter()
    with ExitStack() as stack:
        if strategy is Strategy.ASYNC:
            asyncio.run(_in_one_loop(work, run))
        else:
            run.feed(_chunk_runner(work, strategy, count, stack))
    run.report.seconds = perf_counter() - started
    run.report.failures.sort(key=lambda failure: failure.index)
    return run.report


def _workers(strategy: Strategy) -> int:
    cores = os.cpu_count() or 1
    if strategy in (Strategy.PROCESS, Strategy.HYBRID):
        return max(1, min(cores, psutil.virtual_memory().available // _PROCESS_BYTES))
    return {Strategy.THREAD: min(32, 8 * cores), Strategy.ASYNC: 100}.get(strategy, 2 * cores)


class _Run:
    """Hands out chunks and takes in what came of them. A chunk is as long as takes about 50 ms,
    and never so long that others have nothing left to do."""

    def __init__(
        self,
        items: Sequence[Any],
        workers: int,
        balance: Balance,
        progress: Callable[[int, int], None] | None,
        stop: threading.Event,
    ) -> None:
        self.workers, self.stop = workers, stop
        self.report = Report([None] * len(items))
        self._progress = progress
        self._lock = threading.Lock()
        self._item_s = _CHUNK_S
        numbered = list(enumerate(items))
        self._queues = (
            [numbered[worker::workers] for worker in range(workers)]
            if balance is Balance.ROUND_ROBIN
            else [numbered]
        )
        for queue in self._queues:
            queue.reverse()

    def take(self, worker: int) -> list[Item]:
        """The next chunk for this worker; empty when there is none, or the run is stopped."""
        with self._lock:
            queue = self._queues[worker % len(self._queues)]
            sharing = self.workers if len(self._queues) == 1 else 1
            fair = ceil(len(queue) / sharing / 2)
            size = max(1, min(int(_CHUNK_S / self._item_s), fair))
            taken = [] if self.stop.is_set() else queue[: -size - 1 : -1]
            del queue[len(queue) - len(taken) :]
            return taken

    def add(self, outcomes: list[Outcome], seconds: float) -> None:
        with self._lock:
            self._item_s = max(1e-9, (self._item_s + seconds / len(outcomes)) / 2)
            for index, value, error in outcomes:
                self.report.results[index] = value
                if error is not None:
                    self.report.failures.append(Failure(index, error))
            self.report.done += len(outcomes)
            if self._progress:
                self._progress(self.report.done, len(self.report.results))

    def feed(self, run_chunk: RunChunk) -> None:
        """A thread for each worker. Raises what `run_chunk` or `progress` raises, at the end."""
        with ThreadPoolExecutor(self.workers, "parallel") as threads:
            feeders = [threads.submit(self._feed, n, run_chunk) for n in range(self.workers)]
            try:
                for feeder in feeders:
                    feeder.result()
            finally:
                self.stop_unless_done()

    def stop_unless_done(self) -> None:
        if self.report.not_begun:
            self.stop.set()

    def _feed(self, worker: int, run_chunk: RunChunk) -> None:
        try:
            while chunk := self.take(worker):
                started = perf_counter()
                self.add(run_chunk(chunk), perf_counter() - started)
        finally:
            connections.close_all()


def _chunk_runner(work: Work, strategy: Strategy, count: int, stack: ExitStack) -> RunChunk:
    if strategy is Strategy.THREAD:
        return partial(_do, work)
    if strategy is Strategy.CELERY:
        return partial(_by_celery, f"{work.__module__}:{work.__qualname__}")
    do = _do_in_threads if strategy is Strategy.HYBRID else _do
    pool = ProcessPoolExecutor(count, get_context("spawn"), initializer=django.setup)
    stack.enter_context(pool)
    return lambda chunk: pool.submit(do, work, chunk).result()


def _do(work: Work, chunk: list[Item]) -> list[Outcome]:
    return [_outcome(work, item) for item in chunk]


def _outcome(work: Work, item: Item) -> Outcome:
    index, value = item
    try:
        return index, work(value), None
    except Exception as error:  # noqa: BLE001  (of whatever kind: it is reported)
        return index, None, error


def _do_in_threads(work: Work, chunk: list[Item]) -> list[Outcome]:
    with ThreadPoolExecutor(_THREADS) as threads:
        return list(threads.map(partial(_alone, work), chunk))


def _alone(work: Work, item: Item) -> Outcome:
    try:
        return _outcome(work, item)
    finally:
        connections.close_all()


async def _in_one_loop(work: Work, run: _Run) -> None:
    async def feed(worker: int) -> None:
        while chunk := run.take(worker):
            for index, value in chunk:
                started = perf_counter()
                try:
                    outcome: Outcome = (index, await work(value), None)
                except Exception as error:  # noqa: BLE001  (of whatever kind: it is reported)
                    outcome = (index, None, error)
                run.add([outcome], perf_counter() - started)

    await asyncio.gather(*(feed(worker) for worker in range(run.workers)))


def _by_celery(path: str, chunk: list[Item]) -> list[Outcome]:
    """Answers come back by way of Redis: tasks of the house keep no results."""
    key = f"parallel:{uuid4().hex}"
    app_or_default().signature("parallel.run_chunk").delay(path=path, chunk=chunk, key=key)
    with Redis.from_url(settings.REDIS_URL, socket_timeout=_CELERY_S + 5) as redis:
        answer = cast("tuple[bytes, bytes] | None", redis.blpop([key], timeout=_CELERY_S))
    if answer is None:
        raise TimeoutError(f"no worker did {path} within {_CELERY_S} s")
    return [
        (index, value, RuntimeError(error) if error else None)
        for index, value, error in orjson.loads(answer[1])
    ]


@shared_task(name="parallel.run_chunk")
def run_chunk(*, path: str, chunk: list[Item], key: str, **_: Any) -> None:
    module, name = path.split(":")
    work: Work = getattr(import_module(module), name)
    told = [(index, value, error and repr(error)) for index, value, error in _do(work, chunk)]
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.rpush(key, orjson.dumps(told))
        redis.expire(key, _CELERY_S)
