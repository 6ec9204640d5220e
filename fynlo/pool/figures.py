"""How the pools of this process stand."""

from typing import Any, TypedDict

from fynlo.pool.elastic import ElasticPool
from fynlo.pool.loans import Held
from fynlo.pool.pools import all_pools
from fynlo.timings import Summary


class PoolFigures(TypedDict):
    """`acquire`: how long a borrower waited, in microseconds. `waits`: borrowers who found all
    connections lent out, `timeouts` those of them who got none. `errors`: connections that could
    not be opened. `replaced`: found dead before they were lent. `held_too_long`: who has one now
    that should have gone back. `oldest_s`: seconds since the oldest connection was
    opened, `oldest_loan_s` since the oldest was lent. Counts grow from the process's start.
    """

    smallest: int
    largest: int
    size: int
    in_use: int
    idle: int
    oldest_s: float
    oldest_loan_s: float
    acquire: Summary
    waits: int
    timeouts: int
    errors: int
    opened: int
    replaced: int
    grown: int
    shrunk: int
    leaks: int
    held_too_long: list[Held]


def figures() -> list[PoolFigures]:
    """One for each database that this process has asked. Cheap: no I/O."""
    return [_figures(pool) for pool in all_pools()]


def _figures(pool: ElasticPool) -> PoolFigures:
    tally = pool.tally
    loans: list[Any] = pool.loans.longer_than(0)
    return {
        "smallest": pool.limits.smallest,
        "largest": pool.limits.largest,
        "size": pool.open_now,
        "in_use": pool.checkedout(),
        "idle": pool.checkedin(),
        "oldest_s": round(pool.oldest_s, 1),
        "oldest_loan_s": max((loan.held()["held_s"] for loan in loans), default=0.0),
        "acquire": tally.acquired.summary(),
        "waits": tally.waits,
        "timeouts": tally.timeouts,
        "errors": tally.errors,
        "opened": tally.opened,
        "replaced": tally.replaced,
        "grown": tally.grown,
        "shrunk": tally.shrunk,
        "leaks": tally.leaks,
        "held_too_long": [loan.held() for loan in pool.loans.longer_than(pool.limits.leak_s)],
    }
