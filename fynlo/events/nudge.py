"""After commit, the new events go to Redis so that open sockets have them within milliseconds.

A nudge may be lost: sockets that see a gap, or hear nothing, read the log.
"""

import logging
from collections.abc import Iterable, Sequence
from time import time
from typing import Protocol
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from redis import RedisError

from fynlo.redis import asking

logger = logging.getLogger(__name__)
# Channels are of a whole Redis: this one says to which of its databases it belongs.
CHANNEL = f"fynlo:events:{urlsplit(settings.REDIS_URL).path.strip('/') or 0}"
PASSING = 0
"""In place of a number, of what is not numbered: the log begins with 1."""


class Publishable(Protocol):
    @property
    def restaurant_id(self) -> UUID: ...
    @property
    def seq(self) -> int: ...
    @property
    def stream(self) -> str: ...
    @property
    def envelope(self) -> str: ...


def publish(events: Sequence[Publishable]) -> None:
    """One Redis message for each event: `restaurant seq stream now`, a newline, the envelope.
    `now` in Unix seconds, from which delivery is measured."""
    now = time()
    _publish(
        f"{event.restaurant_id} {event.seq} {event.stream} {now:.6f}\n{event.envelope}"
        for event in events
    )


def publish_passing(*, restaurant_id: UUID, stream: str, text: str) -> None:
    """JSON text that open sockets of that stream get now, and nobody later: it is in no log."""
    _publish([f"{restaurant_id} {PASSING} {stream} {time():.6f}\n{text}"])


def _publish(messages: Iterable[str]) -> None:
    try:
        with asking() as redis:
            pipeline = redis.pipeline(transaction=False)
            for message in messages:
                pipeline.publish(CHANNEL, message)
            pipeline.execute()
    except RedisError as error:
        logger.warning("nudge lost, sockets will read the log: %s", error)
