"""The cache of several processes at once: a part of `cache`."""

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

from django.db import connections
from django_redis import get_redis_connection

from fynlo.cache.namespaces import Namespace
from fynlo.cache.reading import remember
from fynlo.local.ports import wait_until
from fynlo.parallel import Strategy, run_parallel
from perf.laboratory.context import Context
from perf.laboratory.recording import Outcome
from perf.laboratory.scenario import ALL_SUCCEED, Scenario, at_least, at_most
from perf.suites.cached_values import change, read, table

PROCESSES, THREADS, CHANGES = 3, 30, 40
CROWD = Namespace("laboratory-crowd", ttl=60)
KNOWN_WITHIN_S = 0.1
# At most: the changes take little more than a second when nobody else needs the processors.
TAKES_PART_S = 15
Seen = list[tuple[float, int]]


def coherence(lab: Context) -> Outcome:
    """One process changes a row, the others read it all the time."""
    lab.once(table)
    before, outcome = read(0), Outcome()
    name = uuid4().hex
    items = [(name, number, before + CHANGES) for number in range(PROCESSES)]
    report = run_parallel(take_part, items, strategy=Strategy.PROCESS, workers=PROCESSES)
    for failure in report.failures:
        outcome.fail(repr(failure.error))
    if outcome.errors:
        return outcome
    changes, *readers = report.results
    stale = 0
    for seen in readers:
        for asked_at, value in seen:
            known = [version for at, version in changes if at <= asked_at - KNOWN_WITHIN_S]
            stale += value < max(known, default=before)
        for at, version in changes:
            found = [asked_at for asked_at, value in seen if value >= version]
            if found:
                outcome.record(max(0.0, found[0] - at))
            else:
                outcome.fail("never seen by another process")
    outcome.figures |= {"stale_reads": stale, "reads": sum(map(len, readers))}
    return outcome


def take_part(item: tuple[str, int, int]) -> Seen:
    """Who writes returns when each version was committed; who reads, what it saw and when it had
    asked (monotonic)."""
    name, number, last = item
    _wait_for_all(name)
    seen: Seen = []
    deadline = time.monotonic() + TAKES_PART_S
    while (not seen or seen[-1][1] < last) and time.monotonic() < deadline:
        if number == 0:
            change(0)
            seen.append((time.monotonic(), last - CHANGES + len(seen) + 1))
            time.sleep(0.03)
        else:
            asked_at = time.monotonic()
            seen.append((asked_at, read(0)))
            time.sleep(0.001)
    return seen


def stampede(lab: Context) -> Outcome:
    """Ninety readers in three processes miss the same key at once."""
    outcome, name = Outcome(), uuid4().hex
    items = [(name, number) for number in range(PROCESSES)]
    report = run_parallel(join_the_crowd, items, strategy=Strategy.PROCESS, workers=PROCESSES)
    for failure in report.failures:
        outcome.fail(repr(failure.error))
    for took in (took for found in report.results for took in found or []):
        outcome.record(took)
    loads = get_redis_connection("default").get(f"loads:{name}")
    outcome.figures["loads"] = int(loads or 0)
    return outcome


def join_the_crowd(item: tuple[str, int]) -> list[float]:
    """How long each reader waited, in seconds."""
    name, _ = item

    def load() -> bytes:
        redis = get_redis_connection("default")
        redis.incr(f"loads:{name}")
        redis.expire(f"loads:{name}", 60)
        time.sleep(0.2)
        return b"found"

    def ask(_: int) -> float:
        started = time.monotonic()
        assert remember(CROWD, UUID(name), "row", load) == b"found"
        connections.close_all()
        return time.monotonic() - started

    # A process that starts makes what was stored before unreachable: that is over by then.
    remember(CROWD, UUID(name), "before", lambda: b"")
    _wait_for_all(name)
    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(ask, range(THREADS)))


def _wait_for_all(name: str) -> None:
    redis = get_redis_connection("default")
    redis.incr(f"here:{name}")
    redis.expire(f"here:{name}", 60)
    if not wait_until(lambda: int(redis.get(f"here:{name}") or 0) == PROCESSES, seconds=30):
        raise TimeoutError("the other processes did not start")


ACROSS_PROCESSES = [
    Scenario(
        "coherence",
        "a row is changed 40 times while other processes read it",
        coherence,
        (
            at_most("stale_reads", 0, "After 100 ms every process knows."),
            at_most("max_ms", 100, "A dish that is sold out is sold out at every till."),
            ALL_SUCCEED,
        ),
        blocks=1,
    ),
    Scenario(
        "stampede",
        "ninety readers in three processes miss at once",
        stampede,
        (
            at_most("loads", 1, "PostgreSQL must not be asked ninety times for one menu."),
            at_least("operations", PROCESSES * THREADS, "Nobody goes without."),
            ALL_SUCCEED,
        ),
        blocks=1,
    ),
]
