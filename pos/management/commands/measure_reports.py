"""`manage.py measure_reports`: a history of a million orders, and how long each report takes.

It makes a restaurant of its own and leaves it there (some 4 GB), so it runs only in a database
that has no other:

    python -m fynlo.local exec --throw-away -- sh -c \
        'python manage.py migrate && python manage.py measure_reports --orders 1000000'
"""

from argparse import ArgumentParser
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID

from django.core.management import CommandError
from django.core.management.base import BaseCommand
from django.db import connection

from fynlo.accounts.choices import Role
from fynlo.accounts.models import Membership, Restaurant, User
from fynlo.clock import business_date, utc_now
from fynlo.db import durable
from pos.choices import ProductSort, SalesGroup
from pos.models import Category, Floor, Product, SalesDay, Station, Table, TaxRate
from pos.selectors.kitchen_times import MOST_KITCHEN_DAYS, kitchen_report
from pos.selectors.product_sales import product_report
from pos.selectors.sales import MOST_DAYS, Period, sales_report, server_report
from pos.selectors.sales_days import days_to_sum_up
from pos.services.sales_days import sum_up_day

PER_DAY, PRODUCTS, TABLES, SERVERS, STATIONS = 1000, 200, 40, 12, 3
_ORDERS = """
INSERT INTO pos_order (id, version, restaurant_id, fingerprint, number, business_date, channel,
    status, kitchen_status, payment_status, table_id, guests, note, server_id, opened_at,
    received_at, updated_at, closed_at, cancel_reason, currency, gross, discount, subtotal,
    service_charge_bps, service_charge, tax, tax_added, taxes, carried, tip, rounding, total, paid,
    refunded, payments, flags)
SELECT uuidv7(), 1, %(restaurant)s, '', 1 + n %% %(per_day)s, day,
    (ARRAY['dine_in', 'dine_in', 'takeaway', 'delivery'])[1 + n %% 4],
    'COMPLETED', 'SERVED', 'PAID',
    (%(tables)s::uuid[])[1 + n %% %(table_count)s], 1 + n %% 5, '',
    (%(servers)s::uuid[])[1 + n %% %(server_count)s], at, at, at, at, '', 'GBP', 4800, 0,
    4800, 0, 0, 800, 0, '[]', '{}', 200, 0, 5000, 5000, 0, jsonb_build_array(jsonb_build_object(
        'method', (ARRAY['card', 'card', 'cash'])[1 + n %% 3], 'amount', 5000, 'tip', 200)), '[]'
FROM generate_series(%(from)s, %(to)s) n
CROSS JOIN LATERAL (SELECT %(today)s::date - n / %(per_day)s AS day) d
CROSS JOIN LATERAL (
    SELECT (day + time '11:00' + interval '12 hours' * (n %% %(per_day)s) / %(per_day)s)
        AT TIME ZONE 'Europe/London' AS at) t
"""
_LINES = """
INSERT INTO pos_orderline (id, order_id, position, product_id, name, variation_name, modifiers,
    quantity, counted, seat, course, note, unit_price, modifiers_price, price_overridden, unit_cost,
    carried, gross, discount, order_discount, total, tax_name, tax_rate_bps, tax_inclusive, tax,
    state, added_at, void_reason, version)
SELECT uuidv7(), o.id, place, (%(products)s::uuid[])[1 + (o.number * 7 + place * 31)
    %% %(product_count)s], 'Dish', '', '[]', 1, 1, 0, 0, '', 1200, 0, FALSE, 400, 0,
    1200, 0, 0, 1200, 'VAT', 2000, TRUE, 200, 'SERVED', o.opened_at, '', 1
FROM pos_order o CROSS JOIN generate_series(0, 3) place
WHERE o.restaurant_id = %(restaurant)s AND o.business_date BETWEEN %(oldest)s AND %(newest)s
"""
_TICKETS = """
INSERT INTO pos_ticket (id, version, restaurant_id, fingerprint, order_id, station_id, revision,
    state, items, created_at, acknowledged_at, started_at, ready_at, collected_at)
SELECT uuidv7(), 1, o.restaurant_id, '', o.id, (%(stations)s::uuid[])[1 + place], 1, 'COLLECTED',
    '[{"line": "00000000-0000-0000-0000-000000000000", "change": "add", "name": "Dish"}]',
    o.opened_at, o.opened_at + random() * interval '1 minute',
    o.opened_at + random() * interval '5 minutes',
    o.opened_at + random() * interval '20 minutes', o.opened_at + interval '21 minutes'
FROM pos_order o CROSS JOIN generate_series(0, 1) place
WHERE o.restaurant_id = %(restaurant)s AND o.business_date BETWEEN %(oldest)s AND %(newest)s
"""
_NUMBERS = """
INSERT INTO pos_ordernumber (restaurant_id, business_date, last)
SELECT restaurant_id, business_date, max(number) FROM pos_order
WHERE restaurant_id = %(restaurant)s GROUP BY 1, 2
"""


class Command(BaseCommand):
    help = "Measures the reports over a long history, in a database of its own."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--orders", type=int, default=1_000_000)
        parser.add_argument("--again", action="store_true", help="use the history that is there")

    def handle(self, *, orders: int, again: bool, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
        if again:
            restaurant = Restaurant.objects.get()
            SalesDay.objects.update(is_current=False)
        elif Restaurant.objects.exists():
            raise CommandError("There are restaurants here. Use a database that is thrown away.")
        else:
            restaurant = self._timed(f"{orders} orders written", partial(fill, orders))
        self._measure(restaurant, "7 days, none of them summed up", days=7)
        self._timed("all days summed up", _sum_up)
        self._measure(restaurant, f"{MOST_DAYS} days, all but today summed up", days=MOST_DAYS)

    def _timed(self, what: str, work: Callable[[], Any]) -> Any:
        started = perf_counter()
        result = work()
        self.stdout.write(f"{what}: {perf_counter() - started:.1f} s")
        return result

    def _measure(self, restaurant: Restaurant, what: str, *, days: int) -> None:
        self.stdout.write(what)
        for name, ask in _reports(restaurant.pk, days).items():
            times = []
            for _ in range(5):
                started = perf_counter()
                ask()
                times.append((perf_counter() - started) * 1000)
            self.stdout.write(f"  {name}: {median(times):.0f} ms, worst {max(times):.0f} ms")


def _sum_up() -> None:
    now = utc_now()
    for restaurant_id, day in days_to_sum_up(now=now):
        with durable():
            sum_up_day(restaurant_id=restaurant_id, day=day, now=now)


def _reports(restaurant_id: UUID, days: int) -> dict[str, Callable[[], Any]]:
    last = _today(restaurant_id)
    period = Period(last - timedelta(days - 1), last)
    kitchen_days = min(days, MOST_KITCHEN_DAYS)
    kitchen = Period(last - timedelta(kitchen_days - 1), last)
    sales = {
        f"sales by {group_by}": partial(
            sales_report, restaurant_id, period=period, group_by=group_by
        )
        for group_by in SalesGroup
    }
    return {
        **sales,
        "products": partial(
            product_report, restaurant_id, period=period, sort=ProductSort.MARGIN, limit=10
        ),
        "servers": partial(server_report, restaurant_id, period=period),
        f"kitchen, {kitchen_days} days": partial(kitchen_report, restaurant_id, period=kitchen),
    }


def _today(restaurant_id: UUID) -> date:
    restaurant = Restaurant.objects.get(pk=restaurant_id)
    return business_date(
        at=utc_now(), zone=restaurant.time_zone, day_starts_at=restaurant.day_starts_at
    )


def fill(orders: int) -> Restaurant:
    """A new one. Days of 1,000 orders of four lines and two tickets, the last of them today."""
    with durable():
        restaurant = Restaurant.objects.create(name="Measured")
        known = _furnish(restaurant)
        today = _today(restaurant.pk)
    for start in range(0, orders, 50 * PER_DAY):
        end = min(start + 50 * PER_DAY, orders) - 1
        known |= {
            "from": start,
            "to": end,
            "today": today,
            "newest": today - timedelta(start // PER_DAY),
            "oldest": today - timedelta(end // PER_DAY),
        }
        with durable(), connection.cursor() as cursor:
            # Neither foreign keys nor triggers: all of it is right, and no day is summed up.
            cursor.execute("SET LOCAL session_replication_role = replica")
            for statement in (_ORDERS, _LINES, _TICKETS):
                cursor.execute(statement, known)
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERS, known)
        cursor.execute("VACUUM ANALYZE")
    return restaurant


def _furnish(restaurant: Restaurant) -> dict[str, Any]:
    common = {"restaurant": restaurant}
    rate = TaxRate.objects.create(**common, name="VAT", rate_bps=2000)
    categories = [Category.objects.create(**common, name=f"Category {n}") for n in range(10)]
    products = Product.objects.bulk_create(
        Product(
            **common,
            sku=str(n),
            name=f"Dish {n}",
            price=1200,
            tax_rate=rate,
            category=categories[n % len(categories)],
        )
        for n in range(PRODUCTS)
    )
    floor = Floor.objects.create(**common, name="Room")
    tables = Table.objects.bulk_create(
        Table(**common, floor=floor, number=str(n)) for n in range(TABLES)
    )
    stations = [Station.objects.create(**common, name=f"Station {n}") for n in range(STATIONS)]
    return {
        "restaurant": restaurant.pk,
        "per_day": PER_DAY,
        "products": [row.pk for row in products],
        "product_count": PRODUCTS,
        "tables": [row.pk for row in tables],
        "table_count": TABLES,
        "servers": [_hire(restaurant, n).pk for n in range(SERVERS)],
        "server_count": SERVERS,
        "stations": [row.pk for row in stations],
    }


def _hire(restaurant: Restaurant, number: int) -> Membership:
    email = f"{number}@{restaurant.pk.hex}.example"
    user = User.objects.create(email=email, name=f"Server {number}")
    return Membership.objects.create(
        restaurant=restaurant, user=user, role=Role.SERVER, employee_code=str(number)
    )
