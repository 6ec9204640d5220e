"""`manage.py measure_jobs`: what the long jobs of the house take one after the other, by threads
and by processes, in turns.

It makes restaurants of its own and leaves them there, so it runs only in a database that has no
other:

    python -m fynlo.local exec --throw-away -- sh -c \
        'python manage.py migrate && python manage.py measure_jobs'
"""

from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID

from django.core.management import CommandError
from django.core.management.base import BaseCommand

from employees.management.commands.measure_payroll import FIRST, LAST, four_weeks_of
from employees.services.payroll import payroll_csv
from fynlo.accounts.actor import System
from fynlo.accounts.models import Restaurant
from fynlo.cache.forgetting import forget_matching
from fynlo.cache.warming import warm
from fynlo.clock import utc_now
from fynlo.db import durable
from fynlo.parallel import Strategy, run_parallel
from pos.management.commands.measure_menu_import import modifiers_of_file, products_of
from pos.management.commands.measure_reports import fill
from pos.models import SalesDay
from pos.selectors.menu import MENUS
from pos.selectors.sales_days import days_to_sum_up
from pos.services.menu_export import csv_lines
from pos.services.menu_imports import read_file, write_file
from pos.services.sales_days import sum_up_day

RESTAURANTS, WORKERS = 4, 4
ORDERS, ROWS, PEOPLE = 8_000, 10_000, 250
MENUS_TO_WARM, PRODUCTS = 40, 200
WAYS = (None, Strategy.THREAD, Strategy.PROCESS)


@dataclass(frozen=True)
class Job:
    """`prepare` makes what one turn needs, which is not measured, and returns its items."""

    what: str
    prepare: Callable[[], Sequence[Any]]
    work: Callable[[Any], Any]
    ways: Sequence[Strategy | None] = WAYS


def sum_up(item: tuple[UUID, date]) -> None:
    restaurant_id, day = item
    with durable():
        sum_up_day(restaurant_id=restaurant_id, day=day, now=utc_now())


def unsummed_days() -> Sequence[Any]:
    SalesDay.objects.update(is_current=False)
    return days_to_sum_up(now=utc_now())


def import_rows(item: tuple[UUID, int, int]) -> None:
    """Of the file, those from one number to another."""
    restaurant_id, first, last = item
    products = products_of(ROWS, 800)[first:last]
    with durable():
        file = read_file(restaurant_id, products=products, modifiers=modifiers_of_file())
        write_file(by=System(restaurant_id), now=utc_now(), file=file, dry_run=False)


def menus_of_several() -> Sequence[Any]:
    return [(_new(), 0, ROWS) for _ in range(RESTAURANTS)]


def parts_of_one_menu() -> Sequence[Any]:
    restaurant_id, size = _new(), ROWS // RESTAURANTS
    return [(restaurant_id, start, start + size) for start in range(0, ROWS, size)]


def export_menu(restaurant_id: UUID) -> int:
    return sum(len(line) for line in csv_lines(restaurant_id, file="products"))


def export_payroll(restaurant_id: UUID) -> int:
    return len(payroll_csv(restaurant_id, first=FIRST, last=LAST, now=utc_now()))


def _new() -> UUID:
    return Restaurant.objects.create(name="Measured").pk


class Command(BaseCommand):
    help = "Measures where work at once pays, in a database of its own."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--turns", type=int, default=5)
        parser.add_argument("--only", default="", help="jobs that have this word in their name")

    def handle(self, *, turns: int, only: str, **options: Any) -> None:
        if Restaurant.objects.exists():
            raise CommandError("There are restaurants here. Use a database that is thrown away.")
        for job in _jobs():
            if only in job.what:
                self._measure(job, turns)

    def _measure(self, job: Job, turns: int) -> None:
        found: dict[Strategy | None, list[float]] = {way: [] for way in job.ways}
        for _ in range(turns):
            for way in job.ways:
                found[way].append(_timed(job, way))
        alone = found[None]
        self.stdout.write(f"{job.what}: one after the other {median(alone):.2f} s")
        for way in job.ways[1:]:
            times = [before / after for before, after in zip(alone, found[way], strict=True)]
            self.stdout.write(
                f"  {way:<8} {median(found[way]):6.2f} s, {median(times):.2f} times as fast"
                f" ({min(times):.2f} to {max(times):.2f})"
            )


def _jobs() -> list[Job]:
    for _ in range(RESTAURANTS):
        fill(ORDERS)
    menus = menus_of_several()
    for menu in menus:
        import_rows(menu)
    paid = [four_weeks_of(PEOPLE)[0].pk for _ in range(RESTAURANTS)]
    small = [_new() for _ in range(MENUS_TO_WARM)]
    for restaurant_id in small:
        import_rows((restaurant_id, 0, PRODUCTS))

    def cold() -> Sequence[Any]:
        forget_matching(MENUS, "*")
        return small

    return [
        Job(f"days of {RESTAURANTS} restaurants summed up", unsummed_days, sum_up),
        Job(f"{MENUS_TO_WARM} menus of {PRODUCTS} products warmed", cold, warm, WAYS[:2]),
        Job(f"{RESTAURANTS} menus of {ROWS} rows imported", menus_of_several, import_rows),
        Job("one of them in parts", parts_of_one_menu, import_rows),
        Job(f"{RESTAURANTS} menus exported", lambda: [menu[0] for menu in menus], export_menu),
        Job(f"payroll of {RESTAURANTS} x {PEOPLE} people exported", lambda: paid, export_payroll),
    ]


def _timed(job: Job, way: Strategy | None) -> float:
    """Seconds. Raises what a piece of it raises."""
    items = job.prepare()
    started = perf_counter()
    if way is None:
        for item in items:
            job.work(item)
    else:
        workers = WORKERS if way is Strategy.THREAD else None
        report = run_parallel(job.work, items, strategy=way, workers=workers)
        for failure in report.failures:
            raise failure.error
    return perf_counter() - started
