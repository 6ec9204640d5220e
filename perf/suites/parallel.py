"""Many pieces of the same work at once: what each strategy gains, and what it loses."""

import os
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing import active_children
from typing import Any

from django.conf import settings
from django_redis import get_redis_connection
from redis import asyncio as redis_asyncio

from fynlo.parallel import Report, Strategy, run_parallel
from perf.laboratory.context import Context
from perf.laboratory.recording import Outcome
from perf.laboratory.scenario import ALL_SUCCEED, Scenario, at_least, at_most

TASKS, QUICK_TASKS, WAIT_S, FAILING = 100, 30, 0.05, 10
NOTHING = "laboratory:nothing"


def waits(seconds: float) -> float:
    """Asks Redis for what does not come."""
    get_redis_connection("default").blpop([NOTHING], timeout=seconds)
    return seconds


async def awaits(seconds: float) -> float:
    async with redis_asyncio.Redis.from_url(settings.REDIS_URL) as redis:
        await redis.blpop([NOTHING], timeout=seconds)
    return seconds


def computes(rounds: int) -> int:
    return sum(number * number % 7 for number in range(rounds))


def fails_or_not(number: int) -> int:
    if number % (TASKS // FAILING) == 0:
        raise ValueError(f"{number} was to fail")
    return number


def one_after_the_other(work: Callable[[Any], Any], items: Sequence[Any]) -> float:
    """Seconds."""
    started = time.perf_counter()
    for item in items:
        work(item)
    return time.perf_counter() - started


def _waits(lab: Context) -> list[float]:
    return [WAIT_S] * (QUICK_TASKS if lab.quick else TASKS)


def _waiting(lab: Context) -> float:
    return one_after_the_other(waits, _waits(lab))


def _computing(lab: Context) -> float:
    return one_after_the_other(computes, _rounds(lab))


def _rounds(lab: Context) -> list[int]:
    return [300_000 if lab.quick else 1_000_000] * TASKS


def waiting(lab: Context, *, strategy: Strategy) -> Outcome:
    work = awaits if strategy is Strategy.ASYNC else waits
    report = run_parallel(work, _waits(lab), strategy=strategy)
    return _told(report, alone=lab.once(_waiting), expected=_waits(lab))


def computing(lab: Context, *, strategy: Strategy) -> Outcome:
    rounds = _rounds(lab)
    report = run_parallel(computes, rounds, strategy=strategy)
    return _told(report, alone=lab.once(_computing), expected=[computes(rounds[0])] * TASKS)


def _told(report: Report, *, alone: float, expected: Sequence[Any]) -> Outcome:
    """The run as one operation; each result that is not as it should be is an error."""
    outcome = Outcome(seconds=report.seconds)
    outcome.record(report.seconds)
    for failure in report.failures:
        outcome.fail(repr(failure.error))
    for found, wanted in zip(report.results, expected, strict=True):
        if found not in (None, wanted):
            outcome.fail("a wrong result")
    speedup = alone / report.seconds
    cores = os.cpu_count() or 1
    outcome.figures |= {"speedup": speedup, "core_efficiency": speedup / cores}
    outcome.figures["done"] = report.done
    return outcome


def failing(lab: Context) -> Outcome:
    """Every tenth fails, in this process, in others and where others run them."""
    outcome = Outcome()
    for strategy in (Strategy.THREAD, Strategy.PROCESS, Strategy.CELERY):
        report = run_parallel(fails_or_not, range(TASKS), strategy=strategy)
        outcome.record(report.seconds)
        kept = sum(found is not None for found in report.results)
        right = len(report.failures) == FAILING and kept == TASKS - FAILING
        if not right:
            outcome.fail(f"{strategy}: {len(report.failures)} failures, {kept} results")
    return outcome


def stopped(lab: Context) -> Outcome:
    """Somebody stops a run when a fifth is done: what has begun is finished, no more is begun, and
    no process is left."""
    outcome = Outcome()
    for strategy in (Strategy.THREAD, Strategy.PROCESS):
        report = _stopped_at_a_fifth(strategy)
        outcome.record(report.seconds)
        outcome.figures[f"done_by_{strategy}"] = report.done
        kept = report.results.count(WAIT_S)
        if kept != report.done:
            outcome.fail(f"{strategy}: {report.done} done, {kept} results")
    outcome.figures["processes_left"] = len(active_children())
    return outcome


def _stopped_at_a_fifth(strategy: Strategy) -> Report:
    stop = threading.Event()

    def progress(done: int, total: int) -> None:
        if done >= total // 5:
            stop.set()

    return run_parallel(
        waits, [WAIT_S] * TASKS, strategy=strategy, workers=2, progress=progress, stop=stop
    )


FASTER = at_least("speedup", 5, "Figures of a hundred restaurants are gathered while one waits.")
WAITS_WELL = (Strategy.THREAD, Strategy.ASYNC)
CORES = at_least("core_efficiency", 0.5, "What computes has all cores, not one.")
COMPUTES_WELL = (Strategy.PROCESS, Strategy.CELERY)
SOON = "Who changes their mind need not wait for the rest."
SCENARIOS = [
    *(
        Scenario(
            f"waiting-{strategy}",
            f"a hundred tasks (quick: {QUICK_TASKS}) that wait for Redis, by {strategy}",
            partial(waiting, strategy=strategy),
            (FASTER, ALL_SUCCEED) if strategy in WAITS_WELL else (ALL_SUCCEED,),
            blocks=3,
            quick_blocks=1,
        )
        for strategy in Strategy
    ),
    *(
        Scenario(
            f"computing-{strategy}",
            f"a hundred tasks that compute, by {strategy}",
            partial(computing, strategy=strategy),
            (CORES, ALL_SUCCEED) if strategy in COMPUTES_WELL else (ALL_SUCCEED,),
            blocks=3,
            quick_blocks=1,
        )
        for strategy in Strategy
        if strategy is not Strategy.ASYNC
    ),
    Scenario(
        "failing",
        "every tenth task fails",
        failing,
        (ALL_SUCCEED,),
        blocks=1,
    ),
    Scenario(
        "stopped",
        "a run is stopped when a fifth is done",
        stopped,
        (
            at_most("done_by_thread", TASKS / 2, SOON),
            at_most("done_by_process", TASKS / 2, SOON),
            at_most("processes_left", 0, "What is left over is missing to the next."),
            ALL_SUCCEED,
        ),
        blocks=1,
    ),
]
