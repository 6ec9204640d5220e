"""Work that waits, and events on their way."""

from typing import Any, cast

from django_redis import get_redis_connection
from redis import RedisError

from fynlo.celery import app
from syncing.selectors.realtime import realtime

UNACKNOWLEDGED = "unacked"


def queue_figures() -> dict[str, int]:
    """Tasks that wait for a worker, and those that one has in hand. Raises RedisError."""
    redis = get_redis_connection("default")
    waiting = redis.llen(app.conf.task_default_queue)
    return {
        "waiting": cast("int", waiting),
        "in_hand": cast("int", redis.hlen(UNACKNOWLEDGED)),
    }


def websocket_figures() -> dict[str, Any]:
    """Of all socket processes: from the commit of an event to the socket, milliseconds over the
    last ten seconds (none without a delivery), and closes for being too slow since they began.

    Raises RedisError.
    """
    found = realtime()
    if found is None:
        raise RedisError("The WebSocket processes tell Redis, which does not answer.")
    return {
        "processes": found.processes,
        "sockets": found.connections,
        "deliveries": found.deliveries,
        "deliveries_per_s": round(found.deliveries_per_s, 1),
        **{f"lag_p{percent}_ms": found.delivery_ms.get(f"p{percent}") for percent in (50, 95, 99)},
        "slow_closes": found.slow_closes,
    }
