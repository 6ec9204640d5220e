"""How long a menu of 10,000 products takes to come in: new, again, and with every price changed.

Everything happens in a transaction that is undone.
"""

from argparse import ArgumentParser
from time import perf_counter, process_time
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from fynlo.accounts.actor import System
from fynlo.accounts.models import Restaurant
from fynlo.clock import utc_now
from fynlo.db import durable
from pos.services.menu_export import csv_lines
from pos.services.menu_imports import read_file, write_file


class Command(BaseCommand):
    help = "Measure the import and the export of a large menu; nothing of it is kept"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rows", type=int, default=10_000)

    def handle(self, *args: Any, rows: int, **options: Any) -> None:
        with durable():
            restaurant = Restaurant.objects.create(name="Measured")
            self._measure("new", restaurant, products_of(rows, 800))
            self._measure("unchanged", restaurant, products_of(rows, 800))
            self._measure("every price changed", restaurant, products_of(rows, 900))
            started = perf_counter()
            size = sum(len(line) for line in csv_lines(restaurant.pk, file="products"))
            print(f"export: {perf_counter() - started:.2f} s, {size:,} characters")
            transaction.set_rollback(True)

    def _measure(self, name: str, restaurant: Restaurant, products: list[dict[str, Any]]) -> None:
        by, modifiers = System(restaurant.pk), modifiers_of_file()
        started, worked = perf_counter(), process_time()
        with CaptureQueriesContext(connection) as queries:
            file = read_file(restaurant.pk, products=products, modifiers=modifiers)
            read = perf_counter() - started
            write_file(by=by, now=utc_now(), file=file, dry_run=False)
        spent = perf_counter() - started
        in_database = sum(float(query["time"]) for query in queries)
        print(
            f"{name}: {spent:.2f} s (Python worked {process_time() - worked:.2f} s), reading"
            f" {read:.2f} s, PostgreSQL {in_database:.2f} s in {len(queries)} statements"
        )


def products_of(rows: int, price: int) -> list[dict[str, Any]]:
    """As a file of so many has them; `price` in pence, of the cheapest."""
    return [
        {
            "sku": f"SKU-{n:05}", "category": f"Category {n % 60}",
            "parent_category": f"Part {n % 60 % 6}", "name": f"Product number {n}",
            "description": f"What the guest reads about product {n}, and what is in it",
            "price": price + n % 700, "tax_rate": "Standard rate", "tax_bps": 2000,
            "station": ("kitchen", "grill", "bar")[n % 3], "course": n % 4, "prep_minutes": n % 20,
            "allergens": ["gluten", "milk"][: n % 3], "dietary": ["vegetarian"] * (n % 2),
            "variations": [{"name": "Small", "price": price}, {"name": "Large", "price": price * 2}]
            * (n % 2),
            "modifier_groups": [f"Group {n % 40}", f"Group {(n + 1) % 40}"], "image": "",
        }
        for n in range(rows)
    ]  # fmt: skip


def modifiers_of_file() -> list[dict[str, Any]]:
    """All that these products name."""
    return [
        {"group": f"Group {g}", "min": 0, "max": 3, "allow_quantities": False,
         "modifier": f"Choice {m}", "price_delta": m * 10, "position": m}
        for g in range(40) for m in range(1, 9)
    ]  # fmt: skip
