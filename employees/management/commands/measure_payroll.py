"""`manage.py measure_payroll`: the payroll of many people over four weeks, and how long it takes.

Everything is rolled back.
"""

import csv
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from io import StringIO
from time import perf_counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from employees.choices import RULE_PACKS
from employees.models import Break, TimeEntry
from employees.services.payroll import payroll, payroll_csv
from fynlo.accounts.choices import Role
from fynlo.accounts.models import Membership, Restaurant, User
from fynlo.clock import utc_now
from fynlo.db import new_id

WEEKS, SHIFTS = 4, 5
FIRST = date(2026, 10, 5)
LAST = FIRST + timedelta(days=7 * WEEKS - 1)


class Command(BaseCommand):
    help = "Measures payroll and its export over four weeks of many people."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--people", type=int, default=500)

    def handle(self, *, people: int, **options: Any) -> None:
        with transaction.atomic():
            restaurant, count = four_weeks_of(people)
            self._measure(restaurant, count)
            transaction.set_rollback(True)

    def _measure(self, restaurant: Restaurant, count: int) -> None:
        figures = self._timed(f"figures of {count} time entries", payroll, restaurant)
        exported = self._timed(f"CSV of {count} time entries", payroll_csv, restaurant)
        rows = list(csv.DictReader(StringIO(exported)))
        expected = [{name: str(cell) for name, cell in row.items()} for row in figures["results"]]
        if rows != expected:
            raise CommandError("the CSV says something else than the figures")
        self.stdout.write(f"the same {len(rows)} rows in both")

    def _timed(self, what: str, work: Callable[..., Any], restaurant: Restaurant) -> Any:
        started = perf_counter()
        found = work(restaurant.pk, first=FIRST, last=LAST, now=utc_now())
        self.stdout.write(f"{what} in {perf_counter() - started:.2f} s")
        return found


def four_weeks_of(people: int) -> tuple[Restaurant, int]:
    """A new restaurant whose staff worked from FIRST to LAST, and how many time entries it has."""
    restaurant = Restaurant.objects.create(name="Measured")
    entries = list(_entries(restaurant, _hire(restaurant, people)))
    TimeEntry.objects.bulk_create(entries, batch_size=1000)
    Break.objects.bulk_create([_break(entry) for entry in entries], batch_size=1000)
    return restaurant, len(entries)


def _hire(restaurant: Restaurant, people: int) -> list[Membership]:
    users = User.objects.bulk_create(
        User(email=f"{place}@{restaurant.pk.hex}.example", name=f"Person {place}")
        for place in range(people)
    )
    return Membership.objects.bulk_create(
        Membership(
            restaurant=restaurant,
            user=user,
            role=Role.SERVER,
            employee_code=str(place),
            hourly_wage=1200 + place,
        )
        for place, user in enumerate(users)
    )


def _entries(restaurant: Restaurant, staff: list[Membership]) -> Iterator[TimeEntry]:
    for place, member in enumerate(staff):
        for week in range(WEEKS):
            for day in range(SHIFTS):
                yield _entry(restaurant, member, _start(week * 7 + day, place))


def _start(day: int, place: int) -> datetime:
    noon = datetime.fromisoformat(f"{FIRST}T12:00:00+00:00")
    return noon + timedelta(days=day, seconds=place * 61 % 20_000)


def _entry(restaurant: Restaurant, member: Membership, start: datetime) -> TimeEntry:
    return TimeEntry(
        pk=new_id(),
        restaurant=restaurant,
        member=member,
        hourly_wage=member.hourly_wage,
        currency="GBP",
        rules=RULE_PACKS["california"],
        clocked_in_at=start,
        started_at=start,
        ended_at=start + timedelta(hours=9),
        received_at=start,
    )


def _break(entry: TimeEntry) -> Break:
    start = entry.started_at + timedelta(hours=4)
    return Break(entry=entry, name="Rest", started_at=start, ended_at=start + timedelta(minutes=30))
