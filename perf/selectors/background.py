"""Work that waits, and events on their way."""

from typing import Any, cast

from django_redis import get_redis_connection

from fynlo.celery import app

UNACKNOWLEDGED = "unacked"


def queue_figures() -> dict[str, int]:
    """Tasks that wait for a worker, and those that one has in hand. Raises RedisError."""
    redis = get_redis_connection("default")
    waiting = redis.llen(app.conf.task_default_queue)
    return {
        "waiting": cast("int", waiting),
        "in_hand": cast("int", redis.hlen(UNACKNOWLEDGED)),
    }


def websocket_figures(processes: list[dict[str, Any]]) -> dict[str, Any]:
    """From the gauges of the socket processes that are alive."""
    alive = [row for row in processes if row["kind"] == "websocket"]
    return {
        "processes": len(alive),
        "sockets": sum(row.get("sockets", 0) for row in alive),
        "restaurants": sum(row.get("restaurants", 0) for row in alive),
    }
