"""What the processes have told Redis, added up."""

from collections.abc import Iterable
from time import time
from typing import Any, cast

import orjson
from django_redis import get_redis_connection

from perf.monitors import keys
from perf.monitors.histogram import added, percentile

LIVE_WINDOWS = 6
CHART_WINDOWS = 90


def processes() -> list[dict[str, Any]]:
    """The gauges of each process that is alive, by kind and pid. Raises RedisError."""
    redis = get_redis_connection("default")
    now = time()
    rows = {name: orjson.loads(text) for name, text in redis.hgetall(keys.PROCESSES).items()}
    gone = [name for name, row in rows.items() if now - row["seen_at"] > keys.SILENT_S]
    if gone:
        redis.hdel(keys.PROCESSES, *gone)
    alive = [row for name, row in rows.items() if name not in gone]
    return sorted(alive, key=lambda row: (row["kind"], row["host"], row["pid"]))


def hours(*, ago: int = 1) -> list[dict[str, Any]]:
    """The tallies of all processes of this hour and so many before. Raises RedisError."""
    now = time()
    return _told(keys.hour_key(now - 3600 * hour) for hour in range(ago + 1))


def hour_of(at: float) -> list[dict[str, Any]]:
    """The tallies of all processes in the hour of this Unix time. Raises RedisError."""
    return _told([keys.hour_key(at)])


def _told(names: Iterable[str]) -> list[dict[str, Any]]:
    pipe = get_redis_connection("default").pipeline(transaction=False)
    for name in names:
        pipe.hvals(name)
    return [orjson.loads(text) for texts in pipe.execute() for text in texts]


def counts(histogram: dict[str, int]) -> dict[int, int]:
    """JSON has no numbers for keys."""
    return {int(bucket): count for bucket, count in histogram.items()}


def traffic() -> dict[str, float]:
    """Requests of the last minute's complete windows, all web processes together.

    A second, milliseconds, and shares of all requests from 0 to 1. Raises RedisError.
    """
    now = time()
    names = [keys.window_key(now - keys.WINDOW_S * back) for back in range(1, LIVE_WINDOWS + 1)]
    rows = _told(names)
    histogram = added(counts(row["histogram"]) for row in rows)
    count = sum(row["count"] for row in rows)
    errors = {kind: sum(row["errors"].get(kind, 0) for row in rows) for kind in ("4xx", "5xx")}
    return {
        "requests": count,
        "requests_per_s": round(count / (keys.WINDOW_S * LIVE_WINDOWS), 2),
        "p50_ms": round(percentile(histogram, 0.5), 2),
        "p95_ms": round(percentile(histogram, 0.95), 2),
        "p99_ms": round(percentile(histogram, 0.99), 2),
        "refused_rate": round(errors["4xx"] / count, 4) if count else 0.0,
        "error_rate": round(errors["5xx"] / count, 4) if count else 0.0,
    }


def windows() -> list[dict[str, float]]:
    """Requests a second and their p95 (milliseconds) in each ten seconds of the last fifteen
    minutes, oldest first; `at` in Unix seconds. Raises RedisError."""
    now = time()
    pipe = get_redis_connection("default").pipeline(transaction=False)
    moments = [now - keys.WINDOW_S * back for back in range(CHART_WINDOWS, 0, -1)]
    for moment in moments:
        pipe.hvals(keys.window_key(moment))
    found = [[orjson.loads(text) for text in texts] for texts in pipe.execute()]
    return [_window(moment, rows) for moment, rows in zip(moments, found, strict=True)]


def _window(moment: float, rows: list[dict[str, Any]]) -> dict[str, float]:
    histogram = added(counts(row["histogram"]) for row in rows)
    return {
        "at": moment // keys.WINDOW_S * keys.WINDOW_S,
        "requests_per_s": sum(row["count"] for row in rows) / keys.WINDOW_S,
        "p95_ms": round(percentile(histogram, 0.95), 2),
    }


def history(hosts: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """By host, oldest first: processor, memory and network, every five seconds. Raises
    RedisError."""
    return {host: _points(host, keys.HISTORY_POINTS)[::-1] for host in hosts}


def latest_points(alive: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The newest point of each host that has a process alive. Raises RedisError."""
    newest = {host: _points(host, 1) for host in sorted({row["host"] for row in alive})}
    return {host: points[0] for host, points in newest.items() if points}


def _points(host: str, most: int) -> list[dict[str, Any]]:
    texts = get_redis_connection("default").lrange(f"{keys.HISTORY}:{host}", 0, most - 1)
    return [orjson.loads(text) for text in cast("list[bytes]", texts)]
