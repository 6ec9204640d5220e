"""Who allocates memory: looked at when somebody asks, for tracing costs much."""

import tracemalloc
from contextlib import suppress
from typing import Any, cast

import orjson
from redis import Redis, RedisError

from fynlo.settings.env import BASE_DIR
from perf.monitors.keys import ALLOCATORS, ALLOCATORS_WANTED

TOP = 20
DEPTH = 1
KEPT_S = 600


class Allocators:
    """Every process looks for a request in Redis, traces until it ends, and answers there."""

    def serve(self, redis: Redis, name: str) -> None:
        """Call now and then. Tracing begins while the request is there and ends with it."""
        is_wanted = bool(redis.exists(ALLOCATORS_WANTED))
        if is_wanted and not tracemalloc.is_tracing():
            tracemalloc.start(DEPTH)
        elif not is_wanted and tracemalloc.is_tracing():
            snapshot = tracemalloc.take_snapshot()
            tracemalloc.stop()
            redis.hset(ALLOCATORS, name, orjson.dumps(_top(snapshot)).decode())
            redis.expire(ALLOCATORS, KEPT_S)


def _top(snapshot: tracemalloc.Snapshot) -> list[dict[str, Any]]:
    """The lines that hold most of what was allocated since tracing began."""
    root = f"{BASE_DIR}/"
    found = snapshot.statistics("lineno")[:TOP]
    return [
        {
            "line": f"{row.traceback[0].filename.removeprefix(root)}:{row.traceback[0].lineno}",
            "bytes": row.size,
            "blocks": row.count,
        }
        for row in found
    ]


def ask(redis: Redis, *, seconds: int) -> None:
    """Every process begins to trace, and answers when so many seconds have passed."""
    redis.delete(ALLOCATORS)
    redis.set(ALLOCATORS_WANTED, 1, ex=seconds)


def answers(redis: Redis) -> dict[str, list[dict[str, Any]]]:
    """By process; empty until they have answered."""
    with suppress(RedisError):
        found = cast("dict[bytes, bytes]", redis.hgetall(ALLOCATORS))
        return {name.decode(): orjson.loads(text) for name, text in found.items()}
    return {}
