"""`manage.py measure_cache`: what the two levels cost, and with `--day` what they save."""

import os
import subprocess
import sys
from argparse import ArgumentParser
from dataclasses import dataclass
from time import monotonic, perf_counter, time
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.test.utils import override_settings

from fynlo.cache import local
from fynlo.cache.figures import figures
from fynlo.cache.forgetting import forget, forget_matching
from fynlo.cache.local import Copies
from fynlo.cache.namespaces import Namespace
from fynlo.cache.reading import remember
from fynlo.local.ports import wait_until
from fynlo.local.run import PROJECT
from fynlo.local.started import GIVEN, StartedStack, stack_folder
from perf.monitors.reporter import EVERY_S
from perf.selectors.cache import cache_figures
from perf.selectors.processes import hours, processes

MEASURED = Namespace("measured", ttl=60)
VALUE = b"x" * 2000
PATIENCE_S = 15 * EVERY_S
KEYS = 2000


@dataclass(frozen=True)
class Day:
    """What the processes of a stack told of a till's day there. `statements`: of all requests."""

    requests: int
    statements: int
    reads: dict[str, tuple[int, int]]
    cache: dict[str, Any]


class Command(BaseCommand):
    help = "Latency of each level, invalidation; --day: hit rate and statements of a whole day."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--day", action="store_true", help="on stacks of its own")
        parser.add_argument("--orders", type=int, default=40)

    def handle(self, *args: Any, **options: Any) -> None:
        self._levels()
        self._forgetting()
        if options["day"]:
            with_it = self._day(options["orders"], is_on=True)
            without = self._day(options["orders"], is_on=False)
            self._compare(with_it, without)

    def _levels(self) -> None:
        owner = uuid4()
        with patch.object(local, "copies", Copies()):
            ends_at = monotonic() + 2
            while monotonic() < ends_at:
                remember(MEASURED, owner, "one", lambda: VALUE)
            for _ in range(2000):
                local.copies.of(MEASURED).drop()
                remember(MEASURED, owner, "one", lambda: VALUE)
            found = figures()["namespaces"][MEASURED.name]
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

    def _day(self, orders: int, *, is_on: bool) -> Day:
        with stack_folder() as home:
            stack = StartedStack(home, CACHE=str(is_on).lower())
            try:
                day = _played(stack, orders)
            finally:
                stack.stop()
        self.stdout.write(
            f"a day with the cache {'on' if is_on else 'off'}: {day.requests} requests,"
            f" {day.statements / day.requests:.2f} statements each"
        )
        return day

    def _compare(self, with_it: Day, without: Day) -> None:
        for row in with_it.cache["namespaces"]:
            self.stdout.write(
                f"  {row['name']:<12} {row['reads']:6} reads, {row['loaded']['count']:4} loads"
            )
        self.stdout.write(f"  hit rate {with_it.cache['hit_rate']:.1%}")
        for name, (count, statements) in sorted(with_it.reads.items()):
            plain = without.reads.get(name, (0, 0))
            self.stdout.write(
                f"  {name:<40} {statements / count:6.2f} statements each,"
                f" {plain[1] / max(plain[0], 1):6.2f} without"
            )
        reading = 1 - _each(with_it.reads) / _each(without.reads)
        saved = 1 - with_it.statements / with_it.requests * without.requests / without.statements
        self.stdout.write(
            f"  fewer statements: of all requests {saved:.0%}, of reads {reading:.0%}"
        )


def _told_since(moment: float) -> list[dict[str, Any]]:
    """What each process told after this Unix time. Raises CommandError when one stays silent."""
    told: list[dict[str, Any]] = []

    def have_all_told() -> bool:
        told[:] = processes()
        return bool(told) and all(row["seen_at"] > moment for row in told)

    if not wait_until(have_all_told, seconds=PATIENCE_S):
        raise CommandError(f"a process has told nothing for {PATIENCE_S} s")
    return told


def _each(reads: dict[str, tuple[int, int]]) -> float:
    return sum(found[1] for found in reads.values()) / sum(found[0] for found in reads.values())


def _played(stack: StartedStack, orders: int) -> Day:
    """Raises CalledProcessError when the day does not add up."""
    words = ["till", "--day", "--seed", "1", "--orders", str(orders)]
    environment = {name: value for name, value in os.environ.items() if name not in GIVEN}
    subprocess.run(  # noqa: S603 no outside input
        [sys.executable, "manage.py", *words, "--ready", stack.state / "ready.json"],
        env={**environment, "FYNLO_STATE": str(stack.state)},
        cwd=PROJECT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    location = {**settings.CACHES["default"], "LOCATION": stack.variables["REDIS_URL"]}
    with override_settings(CACHES={**settings.CACHES, "default": location}):
        told = _told_since(time())
        tallies, cache = hours(), cache_figures(told)
    calls = [
        call for tally in tallies for call in tally["calls"].items() if call[1]["kind"] == "web"
    ]
    reads: dict[str, tuple[int, int]] = {}
    for name, row in calls:
        if name.startswith("GET api/"):
            known = reads.get(name, (0, 0))
            reads[name] = (known[0] + row["count"], known[1] + row["statements"])
    return Day(
        requests=sum(row["count"] for _, row in calls),
        statements=sum(row["statements"] for _, row in calls),
        reads=reads,
        cache=cache,
    )
