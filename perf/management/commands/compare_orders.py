"""`manage.py compare_orders`: orders a second over HTTP, beside the same rows straight into
PostgreSQL, in turns. Run it on databases of its own: it opens restaurants and thousands of orders.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from statistics import median
from typing import Any
from uuid import UUID, uuid4

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from perf.laboratory.barrage import barrage, http_request
from perf.laboratory.context import address_of
from perf.laboratory.raw_orders import written_per_second
from perf.laboratory.servers import FYNLO, Server, web_server
from perf.suites.restaurants import Place, opened

RESTAURANTS, LINES = 400, 4
# Each has an Idempotency-Key of its own, and is sent once.
MOST_PER_S = 3000


class Command(BaseCommand):
    help = "Created orders a second, and their share of what PostgreSQL does with the same rows."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--turns", type=int, default=5)
        parser.add_argument("--seconds", type=float, default=3.0, help="of each turn")

    def handle(self, *, turns: int, seconds: float, **options: Any) -> None:
        places = opened(RESTAURANTS)
        ids = [place.restaurant for place in places]
        with ExitStack() as running:
            fynlo = running.enter_context(web_server(FYNLO))
            plain = running.enter_context(web_server(FYNLO, CACHE="false"))
            connections.close_all()
            ways: dict[str, Callable[[], float]] = {
                "over HTTP": lambda: _created(fynlo, places, seconds),
                "over HTTP, without the cache": lambda: _created(plain, places, seconds),
                "rows straight into PostgreSQL": lambda: _written(ids, seconds),
            }
            _created(fynlo, places, 2)
            found: dict[str, list[float]] = {name: [] for name in ways}
            for _ in range(turns):
                for name, way in ways.items():
                    found[name].append(way())
        rows = median(found["rows straight into PostgreSQL"])
        for name, rates in found.items():
            self.stdout.write(
                f"{name:<32} {median(rates):6.0f} orders a second"
                f" ({min(rates):.0f} to {max(rates):.0f}), {median(rates) / rows:.1%}"
            )


def _created(server: Server, places: list[Place], seconds: float) -> float:
    """Raises CommandError for an answer other than 201."""
    found = barrage(server.port, list(_requests(places, seconds)), seconds=seconds)
    if set(found.statuses) != {201}:
        raise CommandError(f"orders were answered {dict(found.statuses)}")
    return found.per_second


def _requests(places: list[Place], seconds: float) -> Iterator[bytes]:
    for number in range(int(MOST_PER_S * seconds)):
        place = places[number % len(places)]
        lines = [{"product": dish} for dish in place.dishes[:LINES]]
        headers = {
            "Authorization": f"Bearer {place.token}",
            "X-Real-IP": address_of(number % len(places)),
            "Content-Type": "application/json",
            "Idempotency-Key": uuid4().hex,
        }
        body = orjson.dumps({"channel": "takeaway", "lines": lines})
        yield http_request("POST", "/api/v1/orders/", headers, body)


def _written(restaurants: list[UUID], seconds: float) -> float:
    return written_per_second(os.environ["DATABASE_URL"], restaurants, seconds=seconds)
