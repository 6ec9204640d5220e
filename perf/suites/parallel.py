"""Many pieces of the same work at once: what each strategy gains, and what it loses."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django_redis import get_redis_connection
from redis import asyncio as redis_asyncio

from fynlo.parallel import Report, Strategy, run_parallel
from perf.laboratory.context import Context
from perf.laboratory.recording import Outcome
from perf.laboratory.scenario import ALL_SUCCEED, Scenario, at_least

TASKS, WAIT_S, FAILING = 100, 0.05, 10
COMPUTING = (Strategy.THREAD,)
WAITING = (Strategy.THREAD, Strategy.PROCESS, Strategy.HYBRID, Strategy.ASYNC)
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


def _waiting(lab: Context) -> float:
    return one_after_the_other(waits, [WAIT_S] * TASKS)


def _computing(lab: Context) -> float:
    return one_after_the_other(computes, _rounds(lab))


def _rounds(lab: Context) -> list[int]:
    return [100_000 if lab.quick else 1_000_000] * TASKS


def waiting(lab: Context, *, strategy: Strategy) -> Outcome:
    work = awaits if strategy is Strategy.ASYNC else waits
    report = run_parallel(work, [WAIT_S] * TASKS, strategy=strategy)
    return _told(report, alone=lab.once(_waiting), expected=[WAIT_S] * TASKS)


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
    outcome.figures |= {"speedup": alone / report.seconds, "done": report.done}
    return outcome


def failing(lab: Context) -> Outcome:
    """Every tenth fails."""
    outcome = Outcome()
    for strategy in COMPUTING:
        report = run_parallel(fails_or_not, range(TASKS), strategy=strategy)
        outcome.record(report.seconds)
        kept = sum(found is not None for found in report.results)
        right = len(report.failures) == FAILING and kept == TASKS - FAILING
        if not right:
            outcome.fail(f"{strategy}: {len(report.failures)} failures, {kept} results")
    return outcome


FASTER = at_least("speedup", 5, "Figures of a hundred restaurants are gathered while one waits.")
WAITS_WELL = (Strategy.THREAD, Strategy.ASYNC)
SCENARIOS = [
    *(
        Scenario(
            f"waiting-{strategy}",
            f"a hundred tasks that wait for Redis, by {strategy}",
            partial(waiting, strategy=strategy),
            (FASTER, ALL_SUCCEED) if strategy in WAITS_WELL else (ALL_SUCCEED,),
            blocks=3,
            quick_blocks=1,
        )
        for strategy in WAITING
    ),
    *(
        Scenario(
            f"computing-{strategy}",
            f"a hundred tasks that compute, by {strategy}",
            partial(computing, strategy=strategy),
            (ALL_SUCCEED,),
            blocks=3,
            quick_blocks=1,
        )
        for strategy in COMPUTING
    ),
    Scenario(
        "failing",
        "every tenth task fails",
        failing,
        (ALL_SUCCEED,),
        blocks=1,
    ),
]
