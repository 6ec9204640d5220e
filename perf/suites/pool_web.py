"""What tills are told when the web has no connection left: a part of `pool`."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from uuid import uuid4

from fynlo.local.ports import wait_until
from perf.laboratory.context import Context
from perf.laboratory.driving import attempt
from perf.laboratory.recording import Outcome
from perf.laboratory.scenario import ALL_SUCCEED, Scenario, at_least, at_most
from perf.laboratory.till import Till
from perf.suites.more_workers import is_alive, served_by

ASKED, WAIT_S = 10, 0.3
ONE_CONNECTION = {
    "DATABASE_POOL_MIN": "1",
    "DATABASE_POOL_MAX": "1",
    "DATABASE_POOL_WAIT_S": str(WAIT_S),
    # Who has the connection waits for the table until all others are refused.
    "DATABASE_OPTIONS": "-c jit=off -c lock_timeout=60s",
}


def refuses(lab: Context) -> Outcome:
    """A web with one connection, which waits for a table that is locked: others are refused in
    time, each answer says when to come again, and all are served once the lock is gone."""
    outcome, lock = Outcome(), lab.cursor()
    with served_by(lab, 1, **ONE_CONNECTION) as served, ThreadPoolExecutor(1) as threads:
        if not wait_until(partial(is_alive, served.lab.target.http), seconds=60):
            raise TimeoutError("the web did not start")
        first, other = served.lab.till(), served.lab.till()
        for till in (first, other):
            _status(till)
        lock.execute("BEGIN; LOCK TABLE pos_order IN ACCESS EXCLUSIVE MODE")
        waiting = threads.submit(_status, first)
        if not wait_until(partial(_waits_for_the_lock, lab), seconds=4):
            raise TimeoutError("nobody asked for the table")
        for _ in range(ASKED):
            attempt(partial(_is_refused, other), outcome)
        lock.execute("ROLLBACK")
        waiting.result()
        outcome.figures["served_afterwards"] = sum(_status(other) == 200 for _ in range(ASKED))
    return outcome


def _waits_for_the_lock(lab: Context) -> bool:
    cursor = lab.cursor()
    cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
    return bool(cursor.fetchone()[0])


def _ask(till: Till) -> tuple[int, dict[str, str]]:
    """What no cache has."""
    answer = till.ask("GET", f"orders/?q={uuid4().hex}", None, {})
    return answer.status, answer.headers


def _status(till: Till) -> int:
    return _ask(till)[0]


def _is_refused(till: Till) -> None:
    status, headers = _ask(till)
    if status != 503 or "retry-after" not in headers:
        raise AssertionError(f"{status}, retry-after: {headers.get('retry-after')}")


REFUSED = [
    Scenario(
        "exhausted-web",
        "tills of a web whose only connection is taken",
        refuses,
        (
            at_most("max_ms", 1000, "A clear refusal in time is better than a till that hangs."),
            at_least("operations", ASKED, "Nobody is left without an answer."),
            at_least("served_afterwards", ASKED, "Once it is back, all is as before."),
            ALL_SUCCEED,
        ),
        blocks=1,
    )
]
