"""Is the process alive, and can it work?"""

import logging
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django_redis import get_redis_connection
from kombu.exceptions import KombuError
from redis import RedisError

from fynlo.celery import app

logger = logging.getLogger(__name__)


def live(request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is asked."""
    return JsonResponse({"status": "live"})


def ready(request: HttpRequest) -> JsonResponse:
    """200 when every dependency answers, 503 with the names of those that do not."""
    state = {
        "postgresql": _passes("postgresql", _postgresql),
        "redis": _passes("redis", _redis),
        "broker": _passes("broker", _broker),
    }
    state["migrations"] = state["postgresql"] and _passes("migrations", _migrations)
    ok = all(state.values())
    return JsonResponse(
        {"status": "ready" if ok else "not_ready", "checks": state}, status=200 if ok else 503
    )


def _passes(name: str, check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (DatabaseError, InterfaceError, RedisError, KombuError, OSError) as error:
        logger.warning("%s is not ready: %s", name, error)
        return False


def _postgresql() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone())


def _migrations() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _redis() -> bool:
    return bool(get_redis_connection("default").ping())


def _broker() -> bool:
    quickly = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}
    with app.connection_for_write(transport_options=quickly) as broker:
        broker.ensure_connection(max_retries=0)
        return bool(broker.connected)
