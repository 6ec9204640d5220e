"""Every few seconds this process tells Redis how it is, and which devices are on line."""

import asyncio
import os
import socket
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import orjson
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import RedisError

from syncing.selectors.realtime import PROCESSES, key_of_presence, key_of_process

LAPSES_AFTER = 5
"""Reports that may fail to come before a process counts as gone."""
Present = frozenset[tuple[UUID, UUID]]


class Reports:
    """`figures` are those of `Figures.report`; `present` are `(restaurant, device)`."""

    def __init__(
        self,
        url: str,
        *,
        every_s: float,
        figures: Callable[[], dict[str, Any]],
        present: Callable[[], Present],
    ) -> None:
        self._name = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self._url = url
        self._every_s = every_s
        self._figures = figures
        self._present = present
        self._told: Present = frozenset()

    async def tell(self) -> None:
        """Until cancelled; takes back at the end what it has said. Redis may be away."""
        async with Redis.from_url(self._url, socket_connect_timeout=1, socket_timeout=1) as redis:
            try:
                while True:
                    with suppress(RedisError, OSError):
                        await self._write(redis)
                    await asyncio.sleep(self._every_s)
            finally:
                with suppress(RedisError, OSError):
                    await self._take_back(redis)

    async def _write(self, redis: Redis) -> None:
        lasts_s = LAPSES_AFTER * self._every_s
        lapses_at = time.time() + lasts_s
        present = self._present()
        pipeline = redis.pipeline(transaction=False)
        said = orjson.dumps(self._figures())
        pipeline.set(key_of_process(self._name), said, px=int(lasts_s * 1000))
        pipeline.zadd(PROCESSES, {self._name: lapses_at})
        pipeline.zremrangebyscore(PROCESSES, "-inf", time.time())
        for restaurant, device in present:
            key = key_of_presence(restaurant)
            pipeline.zadd(key, {self._member(device): lapses_at})
            pipeline.zremrangebyscore(key, "-inf", time.time())
            pipeline.pexpire(key, int(lasts_s * 1000))
        self._remove(pipeline, self._told - present)
        await pipeline.execute()
        self._told = present

    async def _take_back(self, redis: Redis) -> None:
        pipeline = redis.pipeline(transaction=False)
        pipeline.delete(key_of_process(self._name))
        pipeline.zrem(PROCESSES, self._name)
        self._remove(pipeline, self._told)
        await pipeline.execute()

    def _remove(self, pipeline: Pipeline, gone: Collection[tuple[UUID, UUID]]) -> None:
        for restaurant, device in gone:
            pipeline.zrem(key_of_presence(restaurant), self._member(device))

    def _member(self, device: UUID) -> str:
        return f"{device} {self._name}"
