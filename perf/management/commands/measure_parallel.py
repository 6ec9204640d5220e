"""`manage.py measure_parallel`: each strategy on work that waits and on work that computes."""

import asyncio
from time import perf_counter, sleep
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from fynlo.parallel import Strategy, run_parallel

TASKS = 100
WAITING_S = 0.02


def wait(_: int) -> None:
    sleep(WAITING_S)


async def wait_async(_: int) -> None:
    await asyncio.sleep(WAITING_S)


def compute(_: int) -> int:
    return sum(number * number for number in range(1_000_000))


class Command(BaseCommand):
    help = "A hundred pieces of work one after the other, and by each strategy."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--celery", action="store_true", help="also by running workers")

    def handle(self, *args: Any, **options: Any) -> None:
        strategies = [one for one in Strategy if one is not Strategy.CELERY or options["celery"]]
        for name, work in (("waits 20 ms", wait), ("computes", compute)):
            started = perf_counter()
            for number in range(TASKS):
                work(number)
            alone = perf_counter() - started
            self.stdout.write(f"{name}: one after the other {alone:.2f} s")
            for strategy in strategies:
                self._measure(strategy, work, alone)

    def _measure(self, strategy: Strategy, work: Any, alone: float) -> None:
        if strategy is Strategy.ASYNC and work is compute:
            return
        work = wait_async if strategy is Strategy.ASYNC else work
        took = run_parallel(work, range(TASKS), strategy=strategy).seconds
        self.stdout.write(f"  {strategy:<8} {took:6.2f} s {alone / took:6.1f} times as fast")
