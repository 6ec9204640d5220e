"""`manage.py measure_parallel`: each strategy on work that waits for Redis, and on work that
computes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from fynlo.parallel import Strategy, run_parallel
from perf.suites.parallel import TASKS, WAIT_S, awaits, computes, one_after_the_other, waits

ROUNDS = 1_000_000


class Command(BaseCommand):
    help = "A hundred pieces of work one after the other, and by each strategy."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--celery", action="store_true", help="also by running workers")

    def handle(self, *args: Any, **options: Any) -> None:
        strategies = [one for one in Strategy if one is not Strategy.CELERY or options["celery"]]
        kinds: tuple[tuple[str, Any, float], ...] = (
            ("waits for Redis", waits, WAIT_S),
            ("computes", computes, ROUNDS),
        )
        for name, work, item in kinds:
            alone = one_after_the_other(work, [item] * TASKS)
            self.stdout.write(f"{name}: one after the other {alone:.2f} s")
            for strategy in strategies:
                self._measure(strategy, work, item, alone)

    def _measure(self, strategy: Strategy, work: Any, item: float, alone: float) -> None:
        if strategy is Strategy.ASYNC and work is computes:
            return
        work = awaits if strategy is Strategy.ASYNC else work
        took = run_parallel(work, [item] * TASKS, strategy=strategy).seconds
        self.stdout.write(f"  {strategy:<8} {took:6.2f} s {alone / took:6.1f} times as fast")
