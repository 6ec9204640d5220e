"""`manage.py compare_pool`: what a request pays for its connection, from the pool and in Django's
other ways, in turns."""

from statistics import median
from time import perf_counter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

from fynlo.pool.figures import figures

PLAIN = {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": None}
OPENED = "opened for each request"
WAYS: dict[str, dict[str, Any]] = {
    "the pool": {},
    "kept for ever, not checked": {**PLAIN, "CONN_HEALTH_CHECKS": False},
    "kept for ever, checked by SELECT 1": {**PLAIN, "CONN_HEALTH_CHECKS": True},
    OPENED: {**PLAIN, "CONN_MAX_AGE": 0},
}
FEW = 20


class Command(BaseCommand):
    help = "The price of a connection for each request, by the ways to have one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--turns", type=int, default=40)
        parser.add_argument("--requests", type=int, default=200, help="of each turn")

    def handle(self, *, turns: int, requests: int, **options: Any) -> None:
        given = settings.DATABASES["default"]
        # Each calls itself "default": what Django looks up by that name is found.
        ways = {n: ConnectionHandler({"default": given | w})["default"] for n, w in WAYS.items()}
        found: dict[str, list[float]] = {name: [] for name in WAYS}
        for name in WAYS:
            _turn(ways[name], FEW)
        for _ in range(turns):
            for name in WAYS:
                found[name].append(_turn(ways[name], FEW if name == OPENED else requests))
        base = median(found["kept for ever, not checked"])
        for name, seen in found.items():
            took = median(seen)
            self.stdout.write(f"{name:<36} {took:7.1f} µs a request, {took - base:+7.1f}")
        for pool in figures():
            said = pool["acquire"]
            self.stdout.write(f"a free one is had in p50 {said['p50_us']}, p99 {said['p99_us']} µs")
        for connection in ways.values():
            connection.close()


def _turn(connection: BaseDatabaseWrapper, requests: int) -> float:
    """Microseconds for each request that asks one thing, as Django begins and ends it."""
    started = perf_counter()
    for _ in range(requests):
        connection.close_if_unusable_or_obsolete()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
        connection.close_if_unusable_or_obsolete()
    return (perf_counter() - started) / requests * 1e6
