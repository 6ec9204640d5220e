"""`manage.py measure_cache`: what the two levels cost, and with `--day` what they save."""

from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from time import monotonic, perf_counter
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from django.conf import settings
from django.core.management.base import BaseCommand
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test.utils import override_settings

from fynlo.cache import local
from fynlo.cache.figures import CacheFigures, figures
from fynlo.cache.forgetting import forget, forget_matching
from fynlo.cache.local import Copies
from fynlo.cache.namespaces import Namespace
from fynlo.cache.reading import remember
from fynlo.settings.env import STATE_DIR
from syncing.management.commands.till import play
from syncing.management.till.cast import read_stack

MEASURED = Namespace("measured", ttl=60)
VALUE = b"x" * 2000
KEYS = 2000
COUNTER = "perf.management.commands.measure_cache.CountStatements"


class CountStatements:
    """Middleware: statements of all requests together."""

    total = requests = 0

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        CountStatements.requests += 1
        with connection.execute_wrapper(self._count):
            return self.get_response(request)

    def _count(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        CountStatements.total += 1
        return execute(sql, params, many, context)


class Command(BaseCommand):
    help = "Latency of each level, invalidation; --day: hit rate and statements of a whole day."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--day", action="store_true", help="beside a running stack")
        parser.add_argument("--orders", type=int, default=40)
        parser.add_argument("--ready", type=Path, default=STATE_DIR / "ready.json")

    def handle(self, *args: Any, **options: Any) -> None:
        self._levels()
        self._forgetting()
        if options["day"]:
            stack = read_stack(options["ready"])
            with_it = self._day(stack, options["orders"], is_on=True)
            without = self._day(stack, options["orders"], is_on=False)
            self.stdout.write(f"{1 - with_it / without:.0%} fewer statements with the cache")

    def _levels(self) -> None:
        owner = uuid4()
        with patch.object(local, "copies", Copies()):
            ends_at = monotonic() + 2
            while monotonic() < ends_at:
                remember(MEASURED, owner, "one", lambda: VALUE)
            found = figures()["namespaces"][MEASURED.name]
        shared = Copies()
        for _ in range(2000):
            with patch.object(local, "copies", Copies()):
                remember(MEASURED, owner, "one", lambda: VALUE)
                one = local.copies.of(MEASURED).figures()["shared"]
                shared.of(MEASURED).timings["shared"].record(int(one["max_us"] * 1000))
        found["shared"] = shared.of(MEASURED).figures()["shared"]
        for level in ("fresh", "confirmed", "shared"):
            said = found[level]
            self.stdout.write(
                f"{level:<10} p50 {said['p50_us']:7.1f} µs, p99 {said['p99_us']:7.1f} µs,"
                f" mean {said['mean_us']:7.1f} µs, {said['count']} reads"
            )

    def _forgetting(self) -> None:
        owners = [uuid4() for _ in range(KEYS)]
        for owner in owners:
            remember(MEASURED, owner, "one", lambda: VALUE)
        started = perf_counter()
        for owner in owners:
            forget(MEASURED, owner)
        self.stdout.write(f"forgotten one by one: {KEYS / (perf_counter() - started):.0f} a second")
        started = perf_counter()
        count = forget_matching(MEASURED, "*")
        self.stdout.write(f"by a pattern: {count / (perf_counter() - started):.0f} a second")

    def _day(self, stack: dict[str, Any], orders: int, *, is_on: bool) -> float:
        """Statements for each request."""
        CountStatements.total = CountStatements.requests = 0
        with (
            override_settings(CACHE_IS_ON=is_on),
            patch.object(local, "copies", Copies()),
            _serving() as url,
        ):
            _, verdict = play({**stack, "http": url}, orders=orders, seed=1)
            found = figures()
        each = CountStatements.total / CountStatements.requests
        self.stdout.write(
            f"a day with the cache {'on' if is_on else 'off'}: {CountStatements.requests} requests,"
            f" {each:.2f} statements each; faults {verdict.faults}"
        )
        if is_on:
            self._rates(found)
        return each

    def _rates(self, found: CacheFigures) -> None:
        for name, one in found["namespaces"].items():
            loads = one["loaded"]["count"]
            self.stdout.write(f"  {name:<12} {one['reads']:6} reads, {loads:4} loads")
        self.stdout.write(f"  hit rate {found['hit_rate']:.1%}" if found["hit_rate"] else "")


@contextmanager
def _serving() -> Iterator[str]:
    """The whole application in threads of this process, which therefore counts what it does."""
    with override_settings(MIDDLEWARE=[COUNTER, *settings.MIDDLEWARE], ALLOWED_HOSTS=["*"]):
        server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler, connections_override={})
        server.set_app(get_wsgi_application())
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
