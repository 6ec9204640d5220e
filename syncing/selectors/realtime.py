"""What the WebSocket processes say of themselves: figures, and which devices are on line.

Each writes to Redis every few seconds (`syncing.hub.report`), with an expiry: what a process that
was killed had said lapses by itself. When Redis is away nothing is known, and nothing else fails.
"""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

import orjson
from hdrh.histogram import HdrHistogram
from redis import RedisError

from fynlo.redis import asking

PROCESSES = "fynlo:realtime:processes"
LONGEST_US = 60_000_000
DIGITS = 2


def key_of_process(name: str) -> str:
    return f"fynlo:realtime:process:{name}"


def key_of_presence(restaurant_id: UUID) -> str:
    """Members are `device process`, scored by when they lapse (Unix seconds)."""
    return f"fynlo:realtime:online:{restaurant_id}"


@dataclass(frozen=True, slots=True)
class Realtime:
    """All WebSocket processes together. Deliveries are counted when they are handed to the socket,
    `delivery_ms` is p50, p95 and p99 of the last ten seconds from the commit of an event to there;
    None when there was none. `closes` by close code, since each process began."""

    processes: int = 0
    connections: int = 0
    deliveries: int = 0
    deliveries_per_s: float = 0.0
    delivery_ms: dict[str, float | None] = field(default_factory=dict)
    closes: dict[str, int] = field(default_factory=dict)

    @property
    def slow_closes(self) -> int:
        return self.closes.get("4408", 0)


def realtime() -> Realtime | None:
    """None when Redis does not answer."""
    try:
        with asking() as redis:
            found = cast("list[bytes]", redis.zrangebyscore(PROCESSES, time.time(), "+inf"))
            keys = [key_of_process(name.decode()) for name in found]
            said = cast("list[bytes | None]", redis.mget(keys)) if keys else []
    except RedisError:
        return None
    return _together([orjson.loads(text) for text in said if text])


def _together(reports: list[dict[str, Any]]) -> Realtime:
    closes: Counter[str] = Counter()
    for report in reports:
        closes.update(report["closes"])
    return Realtime(
        processes=len(reports),
        connections=sum(report["connections"] for report in reports),
        deliveries=sum(report["deliveries"] for report in reports),
        deliveries_per_s=sum(report["deliveries_per_s"] for report in reports),
        delivery_ms=_percentiles(report["histogram"] for report in reports),
        closes=dict(closes),
    )


def _percentiles(encoded: Iterable[str]) -> dict[str, float | None]:
    summed = HdrHistogram(1, LONGEST_US, DIGITS)
    for text in encoded:
        summed.decode_and_add(text)
    count = summed.get_total_count()
    return {
        f"p{percent}": summed.get_value_at_percentile(percent) / 1000 if count else None
        for percent in (50, 95, 99)
    }


def online_devices(restaurant_id: UUID) -> frozenset[UUID] | None:
    """The paired devices that have a socket open; None when Redis does not answer."""
    try:
        with asking() as redis:
            key = key_of_presence(restaurant_id)
            found = cast("list[bytes]", redis.zrangebyscore(key, time.time(), "+inf"))
    except RedisError:
        return None
    return frozenset(UUID(member.decode().partition(" ")[0]) for member in found)
