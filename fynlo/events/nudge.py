"""After commit, the new events go to Redis so that open sockets have them within milliseconds.

A nudge may be lost: sockets that see a gap, or hear nothing, read the log.
"""

import logging
from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from redis import RedisError

from fynlo.redis import asking

logger = logging.getLogger(__name__)
CHANNEL = "fynlo:events"


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
    """One Redis message for each event: `restaurant seq stream`, a newline, the envelope."""
    try:
        with asking() as redis:
            pipeline = redis.pipeline(transaction=False)
            for event in events:
                head = f"{event.restaurant_id} {event.seq} {event.stream}\n"
                pipeline.publish(CHANNEL, head + event.envelope)
            pipeline.execute()
    except RedisError as error:
        logger.warning("nudge lost, sockets will read the log: %s", error)
