"""`manage.py measure_analyzer`: what the query analyzer costs a request, in turns with and without.

A turn with it includes adding up and telling Redis, after so many requests and not every two
seconds: more often than in a process that serves. Run it on a database of its own, for it
opens orders.
"""

from collections.abc import Callable
from random import Random
from statistics import median
from time import perf_counter, process_time
from typing import Any, NamedTuple
from uuid import uuid4

import orjson
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.test import Client, override_settings

from fynlo.accounts.choices import Role
from fynlo.accounts.models import Membership, Session
from fynlo.api.tokens import access_token
from fynlo.clock import utc_now
from perf.monitors.calls import note
from perf.monitors.reporter import reporter

ANALYZER = "perf.middleware.Analyzer"
LIMIT = 1.03
Request = Callable[[Client], int]


class Spent(NamedTuple):
    """Milliseconds for each request: on the clock, and of this process's processor."""

    wall: float
    own: float


Pair = tuple[Spent, Spent]


class Command(BaseCommand):
    help = "Measures requests with the query analyzer and without, in turns."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--turns", type=int, default=40, help="of each kind")
        parser.add_argument("--requests", type=int, default=100, help="of each turn")

    def handle(self, *, turns: int, requests: int, **options: Any) -> None:
        plain = [name for name in settings.MIDDLEWARE if name != ANALYZER]
        unlimited = dict.fromkeys(settings.RATES, "10000000/minute")
        pairs: list[Pair] = []
        with override_settings(PERF_REPORTS=False, RATES=unlimited, ALLOWED_HOSTS=["*"]):
            for name, request in _requests().items():
                with override_settings(MIDDLEWARE=[ANALYZER, *plain]):
                    watched = _warm(request)
                with override_settings(MIDDLEWARE=plain):
                    unwatched = _warm(request)
                found = [_pair(request, watched, unwatched, requests) for _ in range(turns)]
                self._say(name, found)
                pairs += found
        self._say("all together", pairs)
        self.stdout.write(f"at most {LIMIT} times is wanted")

    def _say(self, name: str, pairs: list[Pair]) -> None:
        low, high = _interval([with_it.wall / without.wall for with_it, without in pairs])
        watched, unwatched = (_middle(spent) for spent in zip(*pairs, strict=True))
        self.stdout.write(
            f"{name:<22} {unwatched.wall:6.2f} ms without, {watched.wall:6.2f} ms with it:"
            f" {median(a.wall / b.wall for a, b in pairs):.3f} times"
            f" (95 % between {low:.3f} and {high:.3f});"
            f" of its own processor {median(a.own / b.own for a, b in pairs):.3f} times"
        )


def _middle(spent: tuple[Spent, ...]) -> Spent:
    return Spent(median(each.wall for each in spent), median(each.own for each in spent))


def _requests() -> dict[str, Request]:
    member = Membership.objects.filter(role=Role.MANAGER).order_by("pk").first()
    if member is None:
        raise CommandError("there is no manager: run manage.py load_demo")
    now = utc_now()
    session = Session.objects.create(
        restaurant=member.restaurant,
        user=member.user,
        membership=member,
        started_at=now,
        expires_at=now + settings.SESSION_LIFETIME,
    )
    sent = {"Authorization": f"Bearer {access_token(session, now=now)}"}
    menu = orjson.loads(Client().get("/api/v1/menu/", headers=sent).content)
    plain = next(p for p in menu["products"] if not p["variations"] and not p["modifier_groups"])
    order = {"channel": "takeaway", "lines": [{"product": plain["id"]}] * 4}

    def get(path: str) -> Request:
        return lambda client: client.get(f"/api/v1/{path}", headers=sent).status_code

    def post(client: Client) -> int:
        headers = {**sent, "Idempotency-Key": uuid4().hex}
        return client.post(
            "/api/v1/orders/", order, content_type="application/json", headers=headers
        ).status_code

    return {
        "GET menu/": get("menu/"),
        "GET orders/?limit=50": get("orders/?limit=50"),
        "GET floors/": get("floors/"),
        "GET products/": get("products/?limit=50"),
        "POST orders/": post,
    }


def _warm(request: Request) -> Client:
    """A client whose handler has loaded the middleware of these settings."""
    client = Client()
    for _ in range(20):
        status = request(client)
        if status >= 400:
            raise CommandError(f"answered {status}")
    return client


def _pair(request: Request, watched: Client, unwatched: Client, requests: int) -> Pair:
    with_it = _turn(request, watched, requests, then=reporter.report)
    connection.execute_wrappers.remove(note)
    without = _turn(request, unwatched, requests, then=lambda: None)
    connection.execute_wrappers.append(note)
    return with_it, without


def _turn(request: Request, client: Client, requests: int, then: Callable[[], None]) -> Spent:
    wall, own = perf_counter(), process_time()
    for _ in range(requests):
        request(client)
    then()
    each = 1000 / requests
    return Spent((perf_counter() - wall) * each, (process_time() - own) * each)


def _interval(ratios: list[float], times: int = 1000) -> tuple[float, float]:
    """Of their median, by bootstrap."""
    draw = Random(7)  # noqa: S311
    medians = sorted(median(draw.choices(ratios, k=len(ratios))) for _ in range(times))
    return medians[times // 40], medians[-times // 40]
