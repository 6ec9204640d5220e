"""`manage.py till --day`: an iPad's whole day against a running stack, then a verdict."""

import signal
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from random import SystemRandom
from statistics import quantiles
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fynlo.settings.env import STATE_DIR
from syncing.management.till.cast import by_email, by_pin, read_stack
from syncing.management.till.client import Till
from syncing.management.till.day import Day, replay
from syncing.management.till.listener import Listener
from syncing.management.till.verdict import Verdict, judge


class Command(BaseCommand):
    help = "Plays a till over HTTP and WebSocket against `make run`, and checks every sum."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--day", action="store_true", required=True, help="play one day")
        parser.add_argument("--orders", type=int, default=40)
        parser.add_argument("--seed", type=int, help="play the same day again")
        parser.add_argument("--ready", type=Path, default=STATE_DIR / "ready.json")

    def handle(self, *args: Any, **options: Any) -> None:
        stack = read_stack(options["ready"])
        seed = options["seed"] if options["seed"] is not None else SystemRandom().randrange(10**6)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        self.stdout.write(f"a day of {options['orders']} orders, seed {seed}")
        day, verdict = play(stack, orders=options["orders"], seed=seed)
        for fact in verdict.facts:
            self.stdout.write(f"  {fact}")
        self.stdout.write(f"  {_latency(day)}")
        for fault in verdict.faults:
            self.stdout.write(self.style.ERROR(f"  WRONG: {fault}"))
        if verdict.faults:
            self.stdout.write(self.style.ERROR("the day does not add up"))
            sys.exit(1)
        self.stdout.write(self.style.SUCCESS("the day adds up, to the penny and to the event"))


def play(
    stack: dict[str, Any],
    *,
    orders: int,
    seed: int,
    goes_on: Callable[[], bool] = lambda: False,
) -> tuple[Day, Verdict]:
    """One day against the stack that `ready.json` describes; it is over when so many orders are
    served and it no longer `goes_on`."""
    owner = by_email(stack, "owner")
    floor, counter = (by_pin(stack, role) for role in ("server", "cashier"))
    kitchen, manager = by_email(stack, "kitchen"), by_email(stack, "manager")
    status, etag = floor.status_of("menu/")
    again, _ = floor.status_of("menu/", **{"If-None-Match": etag})
    tables = [table for row in floor.get("floors/")["results"] for table in row["tables"]]
    cast = (floor, counter, kitchen, manager)
    day = Day(*cast, stack["stand_ins"], floor.get("menu/"), tables, seed)
    heard = Listener(stack["websocket"], owner.access, on_event=day.hear).start()
    if not heard.live.wait(10):
        raise CommandError("The WebSocket does not come alive.")
    first = heard.since or 0
    day.open_drawer()
    try:
        day.run(orders, goes_on)
        day.close_drawer()
    except BaseException:
        heard.stop()
        day.leave()
        raise
    heard.wait_for(_last_seq(stack, owner), seconds=30)
    day.close_kitchen()
    last = _last_seq(stack, owner)
    heard.wait_for(last, seconds=30)
    heard.stop()
    log = replay(stack["websocket"], owner.access, since=first, last=last)
    verdict = judge(day, heard, log, first=first, last=last)
    verdict.check((status, again) == (200, 304), f"menu answered {status}, then {again}")
    wrong = _books_that_disagree(stack, owner)
    verdict.check(not wrong, f"books, drawers, tips and orders disagree: {wrong}")
    return day, verdict


def _books_that_disagree(stack: dict[str, Any], till: Till) -> list[str]:
    checks = till.http.get(f"{stack['http']}/health/ledger/").json()["checks"]
    return [name for name, agrees in checks.items() if not agrees]


def _last_seq(stack: dict[str, Any], owner: Till) -> int:
    """The newest number, as a fresh socket is greeted with it."""
    greeted = Listener(stack["websocket"], owner.access).start()
    greeted.live.wait(10)
    greeted.stop()
    return greeted.since or 0


def _latency(day: Day) -> str:
    times = day.floor.latencies + day.counter.latencies + day.kitchen.latencies
    repeats = day.floor.repeats + day.counter.repeats + day.kitchen.repeats
    cuts = quantiles(times, n=100)
    return (
        f"{len(times)} requests: p50 {cuts[49]:.0f} ms, p95 {cuts[94]:.0f} ms,"
        f" p99 {cuts[98]:.0f} ms; {repeats} sent again"
    )
