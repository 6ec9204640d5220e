"""`manage.py measure_push`: how long a batch of a till that was away takes, by what is in it."""

import time
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fynlo.settings.env import STATE_DIR
from syncing.management.away.players import Line
from syncing.management.away.seating import pair_and_sign_in, plain_products
from syncing.management.away.till import AwayTill
from syncing.management.till.cast import by_email, read_stack

BATCH = 100
AIM_MS, NEVER_ABOVE_MS = 100.0, 500.0


class Command(BaseCommand):
    help = "Pushes batches of 100 operations to `make run`, one after the other."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batches", type=int, default=60)
        parser.add_argument("--ready", type=Path, default=STATE_DIR / "ready.json")

    def handle(self, *args: Any, **options: Any) -> None:
        stack = read_stack(options["ready"])
        manager = by_email(stack, "manager")
        line = Line(stack["http"], pair_and_sign_in(stack, manager, "Measured").access)
        till = AwayTill(line.ask, plain_products(manager))
        for name, note in KINDS.items():
            took = [self._once(till, note) for _ in range(options["batches"] + 5)][5:]
            self._tell(name, sorted(took))

    def _once(self, till: AwayTill, note: Callable[[AwayTill], None]) -> float:
        """Milliseconds of one batch; the queue is empty afterwards. Raises CommandError unless
        all of it was done."""
        note(till)
        batch = till.queue[:BATCH]
        started = time.perf_counter()
        till.push(batch)
        took = (time.perf_counter() - started) * 1000
        said = {till.told.get(row["op_id"]) for row in batch}
        if said - {"applied", "merged"}:
            raise CommandError(f"Not all of it was done: {said}")
        return took

    def _tell(self, name: str, took: list[float]) -> None:
        p50, p95 = took[len(took) // 2], took[len(took) * 95 // 100]
        is_good = p95 < AIM_MS and took[-1] < NEVER_ABOVE_MS
        style = self.style.SUCCESS if is_good else self.style.WARNING
        text = f"{name}: p50 {p50:.0f} ms, p95 {p95:.0f} ms, at most {took[-1]:.0f} ms"
        self.stdout.write(style(f"{BATCH} operations, {text}"))


def _sales(till: AwayTill) -> None:
    """Orders of one line that are sent, paid in cash, served and completed."""
    for number in range(BATCH // 5):
        order = till.open_order(till.products[number % len(till.products)])
        till.act(order, "send")
        till.take_cash(order, 350)
        till.act(order, "serve")
        till.act(order, "complete")


def _orders(till: AwayTill) -> None:
    for number in range(BATCH):
        till.open_order(till.products[number % len(till.products)])


def _lines(till: AwayTill) -> None:
    """Four orders, each with 24 lines that were added one by one."""
    for _ in range(4):
        order = till.open_order(till.products[0])
        for number in range(BATCH // 4 - 1):
            till.add_line(order, till.products[number % len(till.products)])


KINDS: dict[str, Callable[[AwayTill], None]] = {
    "sales of five operations": _sales,
    "new orders": _orders,
    "lines of four orders": _lines,
}
