"""`manage.py compare_order_list`: fifty orders of four lines as documents, beside ModelSerializer.

Both make the bytes of the same list from the same rows, which are rolled back afterwards. The
two take turns, and medians are compared.
"""

from collections.abc import Callable
from decimal import Decimal
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID

import orjson
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework import serializers

from fynlo.accounts.models import Restaurant
from fynlo.api.pages import PAGES, Page, page_of, tagged
from fynlo.cache.reading import remember
from fynlo.clock import utc_now
from fynlo.events.reading import last_seq
from pos.choices import Channel
from pos.documents import ORDER
from pos.models import Category, Order, OrderDiscount, OrderLine, Product, TaxRate
from pos.selectors.orders import orders

ORDERS, LINES = 50, 4
NEWEST_FIRST = ("-opened_at", "-id")


class LineSerializer(serializers.ModelSerializer[OrderLine]):
    class Meta:
        model = OrderLine
        exclude = ["order", "started_at", "position"]


class DiscountSerializer(serializers.ModelSerializer[OrderDiscount]):
    class Meta:
        model = OrderDiscount
        exclude = ["order"]


class OrderSerializer(serializers.ModelSerializer[Order]):
    """The usual way, with the same fields."""

    table_number = serializers.CharField(source="table.number", default=None)
    lines = LineSerializer(many=True)
    discounts = DiscountSerializer(many=True)

    class Meta:
        model = Order
        exclude = ["restaurant", "fingerprint", "received_at"]


class Command(BaseCommand):
    help = "Measures the order list against a ModelSerializer with prefetch, in turn."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rounds", type=int, default=100)

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            restaurant_id = _fill()
            self._compare(restaurant_id, options["rounds"])
            transaction.set_rollback(True)

    def _compare(self, restaurant_id: UUID, rounds: int) -> None:
        ways: dict[str, Callable[[], bytes]] = {
            "documents": lambda: _documents(restaurant_id),
            "cached pages": lambda: _cached(restaurant_id),
            "ModelSerializer": lambda: _model_serializer(restaurant_id),
        }
        times = _in_turn(ways, rounds)
        for name, work in ways.items():
            with CaptureQueriesContext(connection) as statements:
                size = len(work())
            self.stdout.write(
                f"{name:<16}{times[name]:7.2f} ms {len(statements):3} statements {size:8} bytes"
            )
        slowest = times["ModelSerializer"]
        for name in ways:
            self.stdout.write(f"{name:<16}{slowest / times[name]:7.1f} times as fast")


def _in_turn(ways: dict[str, Callable[[], bytes]], rounds: int) -> dict[str, float]:
    """Medians in milliseconds."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, work in ways.items():
            started = perf_counter()
            work()
            times[name].append((perf_counter() - started) * 1000)
    return {name: median(seen) for name, seen in times.items()}


def _documents(restaurant_id: UUID) -> bytes:
    page = Page(ORDERS, None)
    rows = orders(restaurant_id)
    return page_of(rows, document=ORDER, order=NEWEST_FIRST, page=page).encode()


def _cached(restaurant_id: UUID) -> bytes:
    """As the API answers while nothing happens."""
    name = f"{last_seq(restaurant_id)}:measured"
    return remember(PAGES, restaurant_id, name, lambda: tagged(_documents(restaurant_id).decode()))


def _model_serializer(restaurant_id: UUID) -> bytes:
    rows = orders(restaurant_id).select_related("table").prefetch_related("lines", "discounts")
    found = OrderSerializer(rows.order_by(*NEWEST_FIRST)[:ORDERS], many=True).data
    return orjson.dumps({"results": found}, default=str)


def _fill() -> UUID:
    restaurant = Restaurant.objects.create(name="Measured")
    vat = TaxRate.objects.create(restaurant=restaurant, name="VAT", rate_bps=2000)
    food = Category.objects.create(restaurant=restaurant, name="Food")
    burger = Product.objects.create(
        restaurant=restaurant, sku="B", name="Burger", price=1250, tax_rate=vat, category=food
    )
    made = Order.objects.bulk_create(
        [_order(restaurant, number) for number in range(1, ORDERS + 1)]
    )
    OrderLine.objects.bulk_create(
        [_line(order, burger, position) for order in made for position in range(LINES)]
    )
    return restaurant.pk


def _order(restaurant: Restaurant, number: int) -> Order:
    now = utc_now()
    return Order(
        restaurant=restaurant,
        number=number,
        business_date=now.date(),
        channel=Channel.DINE_IN,
        opened_at=now,
        received_at=now,
        updated_at=now,
        currency="GBP",
        gross=5000,
        subtotal=5000,
        total=5000,
    )


def _line(order: Order, product: Product, position: int) -> OrderLine:
    return OrderLine(
        order=order,
        position=position,
        product=product,
        name=product.name,
        modifiers=[{"modifier": str(product.pk), "name": "Chips", "quantity": 1}],
        quantity=Decimal(1),
        unit_price=1250,
        gross=1250,
        total=1250,
        tax_name="VAT",
        tax_rate_bps=2000,
        tax_inclusive=True,
        added_at=order.opened_at,
    )
