"""The one Redis subscription of this process."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from fynlo.events.nudge import CHANNEL

logger = logging.getLogger(__name__)
RECONNECT_S = 0.5
SILENT_S = 5.0


class Nudges:
    """`on_nudge` gets the bytes of each; `on_change` is called when the subscription begins and
    when it is lost, because whatever was published between can only be in the log."""

    def __init__(
        self, url: str, *, on_nudge: Callable[[bytes], None], on_change: Callable[[], None]
    ) -> None:
        self.is_connected = False
        self._url = url
        self._on_nudge = on_nudge
        self._on_change = on_change

    async def listen(self) -> None:
        """Subscribes again and again, until cancelled."""
        while True:
            try:
                await self._subscribe()
            except (RedisError, OSError) as error:
                logger.warning("no nudges from Redis, sockets read the log: %s", error)
            finally:
                self._change(is_connected=False)
            await asyncio.sleep(RECONNECT_S)

    async def _subscribe(self) -> None:
        """redis-py must not reconnect by itself: what is missed meanwhile would go unnoticed."""
        never = Retry(NoBackoff(), 0)
        redis = Redis.from_url(self._url, socket_connect_timeout=1, retry=never)
        async with redis, redis.pubsub() as pubsub:
            await pubsub.subscribe(CHANNEL)
            async for message in _messages(pubsub):
                if message["type"] == "message":
                    self._on_nudge(message["data"])
                elif message["type"] == "subscribe":
                    self._change(is_connected=True)

    def _change(self, *, is_connected: bool) -> None:
        if self.is_connected != is_connected:
            self.is_connected = is_connected
            self._on_change()


async def _messages(pubsub: PubSub) -> AsyncIterator[dict[str, Any]]:
    """Raises ConnectionError when Redis has said nothing for long and answers no ping."""
    has_asked = False
    while True:
        message = await pubsub.get_message(timeout=SILENT_S)
        if message is not None:
            has_asked = False
            yield message
        elif has_asked:
            raise ConnectionError("Redis does not answer")
        else:
            has_asked = True
            await pubsub.ping()
