"""The cache of all processes together."""

from typing import Any

from django_redis import get_redis_connection

from fynlo.cache.local import LEVELS

_COUNTS = ("reads", "evictions", "entries", "bytes")


def cache_figures(processes: list[dict[str, Any]]) -> dict[str, Any]:
    """From the gauges of the processes that are alive, each since it started.

    By level how many reads it answered, their mean and the worst process's p99 (microseconds);
    `hit_rate` from 0 to 1, none without a read.
    """
    told = [row["cache"] for row in processes if row.get("cache")]
    names = sorted({name for one in told for name in one["namespaces"]})
    namespaces = [_namespace(name, told) for name in names]
    reads = sum(row["reads"] for row in namespaces)
    levels = {level: _level([row[level] for row in namespaces]) for level in LEVELS}
    return {
        "reads": reads,
        "hit_rate": _hit_rate(reads, levels["loaded"]["count"]),
        **levels,
        "doubts": sum(one["doubts"] for one in told),
        "misfits": sum(one["misfits"] for one in told),
        "bytes": sum(row["bytes"] for row in namespaces),
        "evictions": sum(row["evictions"] for row in namespaces),
        "namespaces": namespaces,
    }


def redis_figures() -> dict[str, Any]:
    """Redis's own word on itself. Bytes; `hit_rate` of all keys that anybody asked for since it
    started. Raises RedisError."""
    info = get_redis_connection("default").info()
    asked = info["keyspace_hits"] + info["keyspace_misses"]
    return {
        "used_bytes": info["used_memory"],
        "clients": info["connected_clients"],
        "commands_per_s": info["instantaneous_ops_per_sec"],
        "evicted_keys": info["evicted_keys"],
        "hit_rate": _hit_rate(asked, info["keyspace_misses"]),
    }


def _namespace(name: str, told: list[dict[str, Any]]) -> dict[str, Any]:
    rows = [one["namespaces"][name] for one in told if name in one["namespaces"]]
    sums = {key: sum(row[key] for row in rows) for key in _COUNTS}
    levels = {level: _level([row[level] for row in rows]) for level in LEVELS}
    return {
        "name": name,
        "policy": rows[0]["policy"],
        "ttl_s": rows[0]["ttl_s"],
        **sums,
        "hit_rate": _hit_rate(sums["reads"], levels["loaded"]["count"]),
        **levels,
    }


def _level(rows: list[dict[str, Any]]) -> dict[str, Any]:
    count = sum(row["count"] for row in rows)
    total = sum(row["count"] * row["mean_us"] for row in rows)
    return {
        "count": count,
        "mean_us": round(total / count, 1) if count else 0.0,
        "p99_us": max((row["p99_us"] for row in rows), default=0.0),
    }


def _hit_rate(asked: int, missed: int) -> float | None:
    return round(1 - missed / asked, 4) if asked else None
