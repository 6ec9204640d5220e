"""`manage.py compare_menu`: the menu beside views that say hello, on servers of one kind in turns.

Run it on databases of its own with the demo: it signs two hundred members in.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from statistics import median
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from fynlo.accounts.choices import Role
from fynlo.accounts.models import Membership
from perf.laboratory.barrage import barrage, http_request
from perf.laboratory.context import address_of
from perf.laboratory.servers import FYNLO, HELLO, Server, web_server
from perf.laboratory.signed_in import sign_in
from pos.selectors.menu import whole_menu

# A session may ask 1,200 times a minute, and is asked for less.
SESSIONS = 400
MENU, ALIVE = "/api/v1/menu/", "/health/live/"


@dataclass
class Way:
    """One way to be answered. `rates`: answers a second, `costs`: milliseconds of the server's
    processors for each, both by turn."""

    name: str
    server: Server
    requests: list[bytes]
    status: int
    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)

    def take_turn(self, seconds: float) -> None:
        """Raises CommandError when it is answered otherwise."""
        before = self.server.cpu_seconds()
        found = barrage(self.server.port, self.requests, seconds=seconds)
        if set(found.statuses) != {self.status}:
            raise CommandError(f"{self.name} was answered {dict(found.statuses)}")
        spent = self.server.cpu_seconds() - before
        self.rates.append(found.per_second)
        self.costs.append(1000 * spent / (found.per_second * found.seconds))


class Command(BaseCommand):
    help = "Requests a second of the menu, beside hello-world views on the same server."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--turns", type=int, default=5)
        parser.add_argument("--seconds", type=float, default=3.0, help="of each turn")

    def handle(self, *, turns: int, seconds: float, **options: Any) -> None:
        with ExitStack() as running:
            ways = list(_ways(running))
            connections.close_all()
            for way in ways:
                barrage(way.server.port, way.requests, seconds=1)
            for _ in range(turns):
                for way in ways:
                    way.take_turn(seconds)
        hello = median(ways[0].rates)
        for way in ways:
            self.stdout.write(
                f"{way.name:<44} {median(way.rates):7.0f} a second"
                f" ({min(way.rates):.0f} to {max(way.rates):.0f}),"
                f" {median(way.costs):.3f} ms of processor, {median(way.rates) / hello:6.1%}"
            )


def _ways(running: ExitStack) -> Iterator[Way]:
    fynlo = running.enter_context(web_server(FYNLO))
    plain = running.enter_context(web_server(FYNLO, CACHE="false"))
    bare = running.enter_context(web_server(HELLO))
    member = Membership.objects.filter(role=Role.CASHIER).order_by("pk").first()
    if member is None:
        raise CommandError("there is no cashier: run manage.py load_demo")
    etag, numbers = whole_menu(member.restaurant_id).etag, count(1000)
    callers = [
        {
            "Authorization": f"Bearer {sign_in(member.restaurant_id, Role.CASHIER)}",
            "X-Real-IP": address_of(next(numbers)),
        }
        for _ in range(SESSIONS)
    ]
    menus = [http_request("GET", MENU, caller) for caller in callers]
    known = [http_request("GET", MENU, {**caller, "If-None-Match": etag}) for caller in callers]
    yield Way("hello, with Fynlo's middleware", fynlo, [http_request("GET", ALIVE, {})], 200)
    yield Way("menu, unchanged (304)", fynlo, known, 304)
    yield Way("menu, whole", fynlo, menus, 200)
    yield Way("menu, whole, without the cache", plain, menus, 200)
    yield Way("hello, bare Django", bare, [http_request("GET", "/hello/", {})], 200)
