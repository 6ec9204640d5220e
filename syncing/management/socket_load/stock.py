"""What is measured beside ours: a consumer and a channel layer as Channels documents them."""

import asyncio
import logging
import os
import threading
from typing import Any

import django
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import channel_layers
from channels_redis.core import RedisChannelLayer
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fynlo.settings.development")
django.setup()

from fynlo.events.envelopes import Written  # noqa: E402  (needs the app registry)
from syncing.serializers.socket import header, identity_of  # noqa: E402


class StockConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Joins its restaurant's group, and sends on what the group is told."""

    async def connect(self) -> None:
        token = (header(self.scope, b"authorization") or "").removeprefix("Bearer ")
        self.group = identity_of(token).actor.restaurant_id.hex
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()
        await self.send(text_data='{"type":"live"}')

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def event_told(self, message: dict[str, Any]) -> None:
        await self.send(text_data=message["text"])


logging.getLogger("channels_redis").setLevel(logging.WARNING)  # it tells of each loss otherwise
channel_layers.set("default", RedisChannelLayer(hosts=[settings.REDIS_URL]))
application = StockConsumer.as_asgi()


class Announcer:
    """Sends to groups from threads that write, on one event loop and one connection."""

    def __init__(self) -> None:
        self._layer = RedisChannelLayer(hosts=[settings.REDIS_URL])
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def tell(self, written: Written) -> None:
        told = {"type": "event.told", "text": written.envelope}
        sending = self._layer.group_send(written.restaurant_id.hex, told)
        asyncio.run_coroutine_threadsafe(sending, self._loop).result(30)
