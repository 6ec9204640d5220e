"""`manage.py measure_receipts`: a million receipts, one changed byte, and how long it takes to
find it. Everything is rolled back.

Best on a database that is thrown away, for PostgreSQL writes some 2 GB:

    python -m fynlo.local exec --throw-away -- sh -c \
        'python manage.py migrate && python manage.py measure_receipts'
"""

import csv
import hashlib
import resource
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from io import StringIO
from itertools import islice
from time import perf_counter, process_time
from typing import Any

from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from django.db import connection, transaction

from fynlo.accounts.models import Restaurant
from fynlo.accounts.selectors import Letterhead
from fynlo.clock import utc_now
from fynlo.db import new_id
from pos.choices import Channel
from pos.models import Order, OrderLine, Receipt, ReceiptChain
from pos.models.receipts import new_token
from pos.selectors.receipts import GENESIS
from pos.services.receipts.content import canonical, content_of, identity_of

LINES, BATCH = 4, 2000
_CHANGE = """
UPDATE pos_receipt SET content = overlay(content placing '9' from position('"total":' in content)
+ 8 for 1) WHERE restaurant_id = %s AND number = %s
"""


class Command(BaseCommand):
    help = "Measures verify_receipts over many receipts, of which one was tampered with."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--count", type=int, default=1_000_000)

    def handle(self, *, count: int, **options: Any) -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = 0")
                # One order stands for all of them.
                cursor.execute("DROP INDEX one_first_receipt_per_order")
            restaurant = self._timed(f"{count} receipts written", _fill, count)
            self._timed("verified, untouched", _verify, restaurant)
            _change_a_byte(restaurant, count * 2 // 3)
            self._timed("verified, a byte of one changed", _verify, restaurant)
            transaction.set_rollback(True)
        self.stdout.write(f"largest memory {_memory_mib()} MiB")

    def _timed(self, what: str, work: Any, *arguments: Any) -> Any:
        before, started, busy = _memory_mib(), perf_counter(), process_time()
        result = work(*arguments)
        seconds, busy, grown = (
            perf_counter() - started,
            process_time() - busy,
            _memory_mib() - before,
        )
        self.stdout.write(
            f"{what}: {seconds:.1f} s ({busy:.1f} s of its processor), memory grew by {grown} MiB"
        )
        return result


def _memory_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _verify(restaurant: Restaurant) -> None:
    try:
        call_command("verify_receipts", restaurant=restaurant.pk)
    except CommandError as found:
        print(found)


def _change_a_byte(restaurant: Restaurant, number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE pos_receipt DISABLE TRIGGER receipt_stays")
        cursor.execute(_CHANGE, [restaurant.pk, number])


def _fill(count: int) -> Restaurant:
    restaurant, now = Restaurant.objects.create(name="Measured"), utc_now()
    order = Order(
        restaurant=restaurant,
        number=1,
        business_date=now.date(),
        channel=Channel.DINE_IN,
        opened_at=now,
        received_at=now,
        updated_at=now,
        currency="GBP",
    )
    order.save()
    last, rows = GENESIS, _rows(order, count, now)
    while batch := list(islice(rows, BATCH)):
        _copy(batch)
        last = batch[-1]["hash"]
    ReceiptChain.objects.create(restaurant=restaurant, number=count, hash=last)
    return restaurant


def _copy(rows: list[dict[str, Any]]) -> None:
    text = StringIO()
    csv.writer(text).writerows(row.values() for row in rows)
    text.seek(0)
    with connection.cursor() as cursor:
        columns = ", ".join(rows[0])
        cursor.copy_expert(f"COPY pos_receipt ({columns}) FROM STDIN WITH (FORMAT csv)", text)


def _rows(order: Order, count: int, now: datetime) -> Iterator[dict[str, Any]]:
    """The columns of receipts that all say the same, but for their place in the chain."""
    issuer = Letterhead("Measured", "12 Market Street\nBath", "GB 123 4567 82", "Europe/London")
    lines = [
        OrderLine(name=f"Dish {place}", quantity=Decimal(1), unit_price=1250, total=1250)
        for place in range(LINES)
    ]
    content = content_of(order, lines, [], issuer=issuer)
    receipt = Receipt(order=order, previous_hash=GENESIS)
    for receipt.number in range(1, count + 1):
        receipt.pk, receipt.issued_at = new_id(), now + timedelta(seconds=receipt.number)
        text = canonical({"receipt": identity_of(receipt, first=None), **content})
        digest = hashlib.sha256(text.encode()).hexdigest()
        yield {
            "id": receipt.pk,
            "restaurant_id": order.restaurant_id,
            "version": 1,
            "fingerprint": "-",
            "number": receipt.number,
            "order_id": order.pk,
            "content": text,
            "previous_hash": receipt.previous_hash,
            "hash": digest,
            "token": new_token(),
            "issued_at": receipt.issued_at.isoformat(),
        }
        receipt.previous_hash = digest
