"""Processes that ask PostgreSQL and the cache all the while something else is measured."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from threading import Thread
from uuid import uuid4

from django.db import connection
from django_redis import get_redis_connection

from fynlo.local.ports import wait_until
from fynlo.parallel import Strategy, run_parallel
from perf.laboratory.context import Context
from perf.suites.cached_values import read, table, zipf

PROCESSES, PER_SECOND, LONGEST_S = 2, 50, 60
TOTALS = "SELECT business_date, count(*), sum(total) FROM pos_order GROUP BY business_date"


@contextmanager
def pressed(lab: Context) -> Iterator[list[int]]:
    """Two processes at work. The list says afterwards how much each has asked."""
    lab.once(table)
    redis, name, asked = get_redis_connection("default"), f"pressing:{uuid4().hex}", list[int]()
    items = [(name, lab.random.random()) for _ in range(PROCESSES)]

    def work() -> None:
        report = run_parallel(ask_until, items, strategy=Strategy.PROCESS, workers=PROCESSES)
        asked.extend(found or 0 for found in report.results)

    thread = Thread(target=work)
    thread.start()
    try:
        wait_until(lambda: int(redis.get(name) or 0) == PROCESSES, seconds=30)
        yield asked
    finally:
        redis.set(name, "over", ex=LONGEST_S)
        thread.join()


def ask_until(item: tuple[str, float]) -> int:
    """A sum over all orders and ten reads of the cache, so many times a second, until the name in
    Redis says `over`: how many."""
    name, seed = item
    redis, dice = get_redis_connection("default"), Random(seed)  # noqa: S311 had again by the seed
    redis.incr(name)
    redis.expire(name, LONGEST_S)
    began, done = time.monotonic(), 0
    while redis.get(name) != b"over" and time.monotonic() - began < LONGEST_S:
        with connection.cursor() as cursor:
            cursor.execute(TOTALS)
            cursor.fetchall()
        for _ in range(10):
            read(zipf(dice.random()))
        done += 1
        time.sleep(max(0.0, began + done / PER_SECOND - time.monotonic()))
    return done
