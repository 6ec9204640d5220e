"""The pool of connections: how it grows and shrinks, and outlives what happens to PostgreSQL."""

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from statistics import mean
from threading import Lock
from typing import Any

from django.db import connection

from fynlo.local.ports import wait_until
from fynlo.pool.elastic import FULL, ElasticPool, Exhausted
from fynlo.pool.limits import Limits
from fynlo.pool.pools import pool_of
from perf.laboratory.context import Context
from perf.laboratory.driving import Operation, attempt, drive, sequential
from perf.laboratory.recording import Outcome
from perf.laboratory.scenario import ALL_SUCCEED, Scenario, at_least, at_most
from perf.suites import pool_outages
from perf.suites.lending import a_pool, ask
from perf.suites.pool_web import REFUSED

SMALLEST, LARGEST, USUAL = 10, 500, 20
BORROWS_A_SECOND = 150
# As long as PostgreSQL may take to open a connection when the machine is busy.
GROWS_WITHIN_S = 10.0


def borrows(lab: Context) -> Operation:
    pool = lab.once(_one_for_the_suite)
    return lambda: pool.give_back(pool.borrow())


def _one_for_the_suite(lab: Context) -> ElasticPool:
    return pool_of(connection.get_connection_params(), Limits())


def grows(lab: Context) -> Outcome:
    """Lends one after the other until it is pressed, then 150 a second until all are lent; then
    takes all back, which nobody needs any more."""
    outcome = Outcome()
    with a_pool(smallest=SMALLEST, largest=LARGEST, idle_s=1.0) as pool:
        loans: list[Any] = []
        while pool.open_now == SMALLEST and len(loans) < SMALLEST:
            loans.append(pool.borrow())
            patience_s = GROWS_WITHIN_S if pool.is_pressed else 0.3
            wait_until(lambda: pool.open_now > SMALLEST, seconds=patience_s)
        outcome.figures["lent_share_when_it_grew"] = len(loans) / SMALLEST
        _borrow_all(lab, pool, loans, outcome)
        outcome.figures["grown_to"] = pool.open_now
        for loan in loans:
            pool.give_back(loan)
        began = time.perf_counter()
        wait_until(lambda: pool.open_now <= SMALLEST, seconds=60)
        outcome.figures["shrink_s"] = time.perf_counter() - began
        outcome.figures["shrunk_to"] = pool.open_now
    return outcome


def _borrow_all(lab: Context, pool: ElasticPool, loans: list[Any], outcome: Outcome) -> None:
    began = time.perf_counter()
    for number in range(LARGEST - len(loans)):
        time.sleep(max(0.0, began + number / BORROWS_A_SECOND - time.perf_counter()))
        attempt(lambda: loans.append(pool.borrow()), outcome)
        lab.report(number, LARGEST)
        if outcome.errors:
            return


def is_busy(lab: Context) -> Outcome:
    """Twice as many borrowers as connections: how many of these are at work at any moment, and how
    often was the borrower served who was served least, beside all of them?"""
    outcome, until = Outcome(), time.monotonic() + (2 if lab.quick else 10)
    seen: list[float] = []
    served: list[int] = []

    def borrow() -> None:
        mine = Outcome()
        while time.monotonic() < until:
            attempt(partial(ask, pool, "SELECT pg_sleep(0.02)"), mine)
        served.append(mine.operations - mine.errors.total())
        with adding:
            outcome.add(mine)

    adding = Lock()
    with a_pool(smallest=USUAL) as pool, ThreadPoolExecutor(2 * USUAL) as borrowers:
        for _ in range(2 * USUAL):
            borrowers.submit(borrow)
        wait_until(lambda: pool.checkedout() == USUAL, seconds=5)
        while time.monotonic() < until:
            seen.append(pool.checkedout() / pool.open_now)
            time.sleep(0.003)
    outcome.figures["active_share"] = sum(seen) / max(len(seen), 1)
    outcome.figures["least_served_share"] = min(served) / max(mean(served), 1)
    return outcome


def is_exhausted(lab: Context) -> Outcome:
    """All are lent: who asks then is refused in time, and served as soon as they are back."""
    outcome, afterwards = Outcome(), Outcome()
    with a_pool(wait_s=0.3) as pool, ThreadPoolExecutor(30) as borrowers:
        loans = [pool.borrow() for _ in range(USUAL)]
        list(borrowers.map(attempt, [partial(_is_refused, pool)] * 30, [outcome] * 30))
        for loan in loans:
            pool.give_back(loan)
        list(borrowers.map(attempt, [partial(ask, pool)] * 30, [afterwards] * 30))
    outcome.errors.update(afterwards.errors)
    outcome.figures["served_afterwards"] = 30 - afterwards.errors.total()
    return outcome


def _is_refused(pool: ElasticPool) -> None:
    try:
        pool.give_back(pool.borrow())
    except Exhausted:
        return
    raise AssertionError("more were lent than there are")


SCENARIOS = [
    Scenario(
        "acquire",
        "a connection that is free",
        drive(borrows, sequential(iterations=10_000)),
        (at_most("p99_ms", 0.3, "Every request borrows one first."), ALL_SUCCEED),
    ),
    Scenario(
        "growth",
        f"from {SMALLEST} to {LARGEST} connections and back",
        grows,
        (
            at_least("grown_to", LARGEST, "A host for thousands of restaurants needs as many."),
            at_most("lent_share_when_it_grew", FULL, "It grows before anybody has to wait."),
            at_least("lent_share_when_it_grew", FULL, "But not before it must."),
            at_most("p50_ms", 0.3, "What is lent was opened before it was asked for."),
            at_most("shrunk_to", SMALLEST, "Each costs PostgreSQL memory that the rest can use."),
            ALL_SUCCEED,
        ),
        blocks=1,
    ),
    Scenario(
        "busy",
        "forty borrowers of twenty connections",
        is_busy,
        (
            at_least("active_share", 0.95, "A connection that is wanted is never idle."),
            at_least("least_served_share", 0.5, "Who asked first is served first."),
            ALL_SUCCEED,
        ),
        blocks=1,
    ),
    Scenario(
        "exhaustion",
        "more borrowers than connections, and none given back for 0.3 s",
        is_exhausted,
        (
            at_most("max_ms", 600, "A clear refusal in time is better than a till that hangs."),
            at_least("served_afterwards", 30, "Once they are back, all is as before."),
            ALL_SUCCEED,
        ),
        blocks=1,
    ),
    *REFUSED,
    *pool_outages.OUTAGES,
]
