"""Everything that is known now, looked up once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django_redis import get_redis_connection

from perf.monitors import keys
from perf.selectors.background import queue_figures, websocket_figures
from perf.selectors.cache import cache_figures, redis_figures
from perf.selectors.database import database_figures
from perf.selectors.endpoints import endpoints
from perf.selectors.pool import pool_figures
from perf.selectors.processes import hours, latest_points, processes, traffic
from perf.selectors.queries import QueryStats, patterns_of


@dataclass(frozen=True, slots=True)
class Overview:
    """Figures of the whole system. `unbalanced` are the ids of restaurants whose ledger did not
    agree when it was looked at last: nobody else's is to be shown to a restaurant."""

    at: datetime
    traffic: dict[str, float]
    endpoints: list[dict[str, Any]]
    tasks: list[dict[str, Any]]
    queries: list[QueryStats]
    database: dict[str, Any]
    cache: dict[str, Any]
    redis: dict[str, Any]
    pool: dict[str, Any]
    websocket: dict[str, Any]
    queue: dict[str, int]
    processes: list[dict[str, Any]]
    hosts: dict[str, dict[str, Any]]
    unbalanced: frozenset[str]

    @property
    def mean_query_ms(self) -> float:
        count = sum(stats.count for stats in self.queries)
        total = sum(stats.total_ms for stats in self.queries)
        return round(total / count, 2) if count else 0.0

    @property
    def slow_patterns(self) -> int:
        return sum(stats.slow > 0 for stats in self.queries)


def overview(*, now: datetime) -> Overview:
    """Raises RedisError."""
    alive, tallies = processes(), hours()
    return Overview(
        at=now,
        traffic=traffic(),
        endpoints=endpoints(tallies, kind="web"),
        tasks=endpoints(tallies, kind="worker"),
        queries=patterns_of(tallies),
        database=database_figures(),
        cache=cache_figures(alive),
        redis=redis_figures(),
        pool=pool_figures(alive),
        websocket=websocket_figures(),
        queue=queue_figures(),
        processes=alive,
        hosts=latest_points(alive),
        unbalanced=unbalanced(),
    )


def unbalanced() -> frozenset[str]:
    """Raises RedisError."""
    found = get_redis_connection("default").smembers(keys.UNBALANCED)
    return frozenset(name.decode() for name in found)
