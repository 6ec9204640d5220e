"""Suites on a stack that is broken on purpose: what is measured is real, so it must turn red."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg2

from fynlo.testing.live import Stack
from perf.laboratory.bench import Bench
from perf.laboratory.context import Options, Target
from perf.laboratory.keeping import over_all
from perf.laboratory.stack import Wanted
from perf.laboratory.suites import scenarios_of

QUICK = Options(quick=True, seed=1)


@dataclass(frozen=True)
class Finding:
    """What a scenario found: `says` are the sentences of the criteria that were missed, or why it
    was skipped."""

    passed: bool
    says: str
    errors: dict[str, int]
    figures: dict[str, float]


def measure(
    stack: Stack,
    suite: str,
    scenario: str,
    *,
    blocks: int = 1,
    settings: str = "",
    is_whole: bool = False,
    options: Options = QUICK,
) -> Finding:
    """One scenario, quick, as `benchmark run` does it, in a measuring process of its own, which
    has `settings` other than development's, when they are to break something there.

    What `is_whole` may be slow beside others, as in `benchmark run`; what is broken has no such
    excuse, or else a busy machine would hide it."""
    [declared] = scenarios_of(suite, only=scenario)
    target = Target(stack.ready, stack.variables, stack.pid)
    with Bench(target, options, suite, wanted=Wanted(settings=settings)) as bench:
        found = [bench.measure(declared, lambda done, total: None) for _ in range(blocks)]
    if skipped := found[0].get("skipped"):
        return Finding(False, skipped, {}, {})
    figures, errors = over_all(found, declared.criteria)
    alone = figures if is_whole else {**figures, "others_cpu": 0.0}
    verdicts = declared.verdicts(alone, quick=True)
    missed = [verdict["says"] for verdict in verdicts if not verdict["passed"]]
    return Finding(not missed, " ".join(missed), errors, figures)


@contextmanager
def changed(stack: Stack, sql: str, *, back: str) -> Iterator[None]:
    """The stack's database, changed by `sql` and put right again by `back`."""
    _execute(stack, sql)
    try:
        yield
    finally:
        _execute(stack, back)


def _execute(stack: Stack, sql: str) -> None:
    connection: Any = psycopg2.connect(stack.variables["DATABASE_URL"])
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
    finally:
        connection.close()


def slow_inserts(stack: Stack, table: str, *, seconds: float) -> Any:
    """Every row that is inserted there takes so much longer, as with a trigger gone wrong."""
    return changed(
        stack,
        f"CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN PERFORM pg_sleep({seconds}); RETURN NEW; END $$;"
        f" CREATE TRIGGER dawdle BEFORE INSERT ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION dawdle()",
        back="DROP FUNCTION dawdle CASCADE",
    )
