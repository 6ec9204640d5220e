"""`manage.py top_allocators`: which lines of every process hold the memory allocated meanwhile."""

from time import monotonic, sleep
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django_redis import get_redis_connection

from perf.monitors.allocators import answers, ask
from perf.selectors.processes import processes

PATIENCE_S = 15.0


class Command(BaseCommand):
    help = "Traces allocations in every running process for a while (slowing it) and lists the top."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seconds", type=int, default=30)

    def handle(self, *, seconds: int, **options: Any) -> None:
        redis = get_redis_connection("default")
        expected = len(processes())
        if not expected:
            self.stdout.write("no process has told anything in the last seconds")
            return
        ask(redis, seconds=seconds)
        deadline = monotonic() + seconds + PATIENCE_S
        while len(found := answers(redis)) < expected and monotonic() < deadline:
            sleep(0.5)
        for name, rows in sorted(found.items()):
            self.stdout.write(f"{name}")
            for row in rows:
                self.stdout.write(
                    f"  {row['bytes'] / 1024:9.1f} KiB {row['blocks']:7} {row['line']}"
                )
