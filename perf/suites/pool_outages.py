"""What happens to PostgreSQL, and to those who forget, while a pool lends: a part of `pool`."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from http.client import HTTPException
from typing import Any

import psutil
import psycopg2
from django.db import OperationalError

from fynlo.local.ports import wait_until
from fynlo.pool.elastic import ElasticPool
from fynlo.pool.figures import figures
from perf.laboratory.context import Context
from perf.laboratory.driving import Operation, attempt
from perf.laboratory.recording import Outcome
from perf.laboratory.scenario import ALL_SUCCEED, Scenario, at_least, at_most
from perf.laboratory.till import Refused
from perf.laboratory.watching import processes_of, service_of
from perf.suites.lending import a_pool, ask

USUAL = 20
MIB = 2**20


def loses_sessions(lab: Context) -> Outcome:
    """PostgreSQL ends all sessions at rest, and one at work: who borrows next notices nothing."""
    outcome = Outcome()
    with a_pool(smallest=USUAL) as pool, ThreadPoolExecutor(USUAL) as borrowers:
        loans: list[Any] = [pool.borrow() for _ in range(USUAL)]
        dead = [loan.get_backend_pid() for loan in loans]
        at_work = loans.pop()
        for loan in loans:
            pool.give_back(loan)
        lab.cursor().execute("SELECT pg_terminate_backend(pid, 5000) FROM unnest(%s) pid", [dead])
        pool.discard(at_work)
        asks = [partial(ask, pool, "SELECT pg_sleep(0.005)")] * 5 * USUAL
        list(borrowers.map(attempt, asks, [outcome] * len(asks)))
        outcome.figures["replaced"] = pool.tally.replaced
    return outcome


def is_restarted(lab: Context) -> Outcome:
    """PostgreSQL stops as it does for an update, and is started again: when do the pool and the
    API answer once it takes connections, and does all that is asked from then on succeed?"""
    outcome, till = Outcome(), lab.till()
    orders = partial(till.get, "orders/?limit=20")
    with a_pool(smallest=USUAL) as pool:
        os.kill(_postmaster(lab), signal.SIGINT)
        began = time.perf_counter()
        wait_until(lambda: not _accepts(lab), seconds=10)
        wait_until(lambda: _accepts(lab), seconds=30)
        back = time.perf_counter()
        outcome.figures["away_s"] = back - began
        answers: dict[str, Operation] = {"pool": partial(ask, pool), "web": orders}
        for name, operation in answers.items():
            wait_until(partial(_works, operation), seconds=20)
            outcome.figures[f"recovery_{name}_s"] = time.perf_counter() - back
        for _ in range(2 * USUAL):
            attempt(partial(ask, pool), outcome)
            attempt(orders, outcome)
    return outcome


def _postmaster(lab: Context) -> int:
    for process in processes_of(lab.target.pid):
        with suppress(psutil.Error):
            words = process.cmdline()
            if words and words[0].endswith("postgres") and "-D" in words:
                return process.pid
    raise LookupError("the PostgreSQL of this stack is not ours to restart")


def _accepts(lab: Context) -> bool:
    try:
        psycopg2.connect(lab.target.variables["DATABASE_URL"], connect_timeout=2).close()
    except psycopg2.OperationalError:
        return False
    return True


def _works(operation: Operation) -> bool:
    try:
        operation()
    except (psycopg2.Error, OperationalError, Refused, OSError, HTTPException):
        return False
    return True


def is_forgotten(lab: Context) -> Outcome:
    """Somebody borrows and does not give back: the pool says who, by the line of code."""
    outcome, began = Outcome(), time.perf_counter()
    with a_pool(leak_s=0.5) as pool:
        loan = borrow_and_forget(pool)
        wait_until(lambda: pool.tally.leaks > 0, seconds=10)
        outcome.record(time.perf_counter() - began)
        told = [held["borrower"] for one in figures() for held in one["held_too_long"]]
        outcome.figures["leaks_found"] = pool.tally.leaks
        outcome.figures["borrowers_named"] = sum(
            borrow_and_forget.__name__ in calls[0] for calls in told
        )
        pool.give_back(loan)
    return outcome


def borrow_and_forget(pool: ElasticPool) -> Any:
    return pool.borrow()


def is_used_for_long(lab: Context) -> Outcome:
    """Thousands of loans and requests: what was lent is back, and no process has grown."""
    outcome, loans, till = Outcome(), 3_000 if lab.quick else 100_000, lab.till()
    with a_pool() as pool:
        for _ in range(200):
            ask(pool)
            till.get("orders/?limit=20")
        mine, web = psutil.Process().memory_info().rss, _memory_of_web(lab)
        for number in range(loans):
            attempt(partial(ask, pool), outcome)
            if number % 10 == 0:
                attempt(partial(till.get, "orders/?limit=20"), outcome)
            lab.report(number, loans)
            if outcome.errors:
                break
        outcome.figures["grown_mb"] = (psutil.Process().memory_info().rss - mine) / MIB
        outcome.figures["web_grown_mb"] = (_memory_of_web(lab) - web) / MIB
        outcome.figures["not_given_back"] = pool.checkedout()
    return outcome


def _memory_of_web(lab: Context) -> int:
    found = 0
    for process in processes_of(lab.target.pid):
        with suppress(psutil.Error):
            if service_of(" ".join(process.cmdline())) == "web":
                found += process.memory_info().rss
    return found


RECOVERED = "A restart for an update costs no more than a sip of water."
NO_GROWTH = "A process that grows is a process that is killed on a busy evening."
OUTAGES = [
    Scenario(
        "sessions-ended",
        "PostgreSQL ends twenty sessions",
        loses_sessions,
        (at_least("replaced", USUAL - 1, "The dead are replaced, not lent."), ALL_SUCCEED),
        blocks=1,
    ),
    Scenario(
        "leak",
        "a connection that is not given back",
        is_forgotten,
        (
            at_least("leaks_found", 1, "Twenty of these, and nobody is served."),
            at_least("borrowers_named", 1, "It must be found in the code."),
            at_most("max_ms", 3000, "Before the next ones."),
        ),
        blocks=1,
    ),
    Scenario(
        "long-use",
        "thousands of loans and requests",
        is_used_for_long,
        (
            at_most("not_given_back", 0, "Twenty of these, and nobody is served."),
            at_most("grown_mb", 100, NO_GROWTH),
            at_most("web_grown_mb", 100, NO_GROWTH),
            ALL_SUCCEED,
        ),
        blocks=1,
        limit_s=600,
    ),
    Scenario(
        "restart",
        "PostgreSQL is restarted",
        is_restarted,
        (
            at_most("recovery_pool_s", 5, RECOVERED),
            at_most("recovery_web_s", 5, RECOVERED),
            ALL_SUCCEED,
        ),
        unit="s",
        blocks=1,
    ),
]
