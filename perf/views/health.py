"""`GET /api/v1/health/performance/`."""

from datetime import datetime
from typing import Any

import orjson
from django.http import HttpResponse
from redis import RedisError
from rest_framework.request import Request

from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Permission
from fynlo.api.operations import operation
from fynlo.api.views import Endpoint
from fynlo.cache.namespaces import MIB, Namespace
from fynlo.cache.reading import remember
from fynlo.errors import DependencyDown
from perf.advice.alerts import Alert, alerts
from perf.advice.recommendations import recommendations
from perf.selectors.overview import Overview, overview
from perf.views.health_shapes import HEALTH
from syncing.selectors.figures import sync_figures

NOW = Namespace("performance", ttl=1, room=MIB)
TOP = 20
AWAY = "The figures are in Redis, which does not answer. Try again in a second."
_OF_PROCESSES = (
    "kind",
    "host",
    "pid",
    "started_at",
    "calls",
    "resident_bytes",
    "grown_bytes",
    "grown_over_calls",
    "is_leaking",
    "cpu_percent",
)


class Performance(Endpoint):
    @operation(Permission.VIEW_PERFORMANCE, answers=HEALTH)
    def list(self, request: Request) -> HttpResponse:
        """How the system fares: requests of the last minute; endpoints, tasks and queries of this
        hour and the one before; offline work of 24 hours; everything else now, or since each
        process started.

        All figures are of the whole system, added up over its processes, and show nothing of any
        restaurant. Whose ledger does not balance is told to that restaurant and to the platform.
        They are a second old at most, as `at` says: processes tell theirs every two.
        """
        restaurant, now = whose(self.actor), self.now
        try:
            found = remember(
                NOW,
                self.actor.restaurant_id,
                restaurant or "all",
                lambda: _figures(restaurant, now),
            )
        except RedisError as error:
            raise DependencyDown(AWAY) from error
        return self.answer(found)


def _figures(restaurant: str | None, now: datetime) -> bytes:
    """Raises RedisError."""
    seen = overview(now=now)
    found = alerts(seen, restaurant=restaurant)
    document = _document(seen) | {"status": _status(found), "alerts": found}
    document |= {"sync": sync_figures(now=now), "recommendations": recommendations(seen)}
    return orjson.dumps(document)


def whose(actor: Actor) -> str | None:
    """The restaurant whose ledger this member may hear of; None for all of them."""
    return None if actor.may(Permission.VIEW_PLATFORM) else str(actor.restaurant_id)


def _status(found: list[Alert]) -> str:
    return found[0].severity if found else "healthy"


def _document(seen: Overview) -> dict[str, Any]:
    return {
        "at": seen.at,
        "traffic": seen.traffic,
        "endpoints": seen.endpoints[:TOP],
        "tasks": seen.tasks[:TOP],
        "queries": {
            "statements": sum(stats.count for stats in seen.queries),
            "patterns": len(seen.queries),
            "mean_ms": seen.mean_query_ms,
            "slow": seen.slow_patterns,
            "repeated": sum(bool(stats.repeats) for stats in seen.queries),
        },
        "database": seen.database,
        "cache": seen.cache | {"redis": seen.redis},
        "pool": seen.pool,
        "websocket": seen.websocket,
        "queue": seen.queue,
        "processes": [{name: row[name] for name in _OF_PROCESSES} for row in seen.processes],
        "hosts": [{"host": host, **point} for host, point in seen.hosts.items()],
    }
