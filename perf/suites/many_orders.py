"""Orders of forty restaurants, as many as are wanted, in tables of their own: a schema that
hides the real ones from the statement that lists orders."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from typing import Any
from uuid import UUID

from django.db import connection

from fynlo.api.pages import Page, page_of
from perf.laboratory.context import Context
from perf.laboratory.driving import Operation
from perf.suites.ordering import open_order
from perf.suites.past_orders import columns_of
from pos.documents import ORDER
from pos.selectors.orders import filtered_orders
from pos.views.orders import NEWEST_FIRST

RESTAURANTS, ON_A_PAGE = 40, 20
SCHEMA = "laboratory"
# The n-th order is the same in every table.
_OWN = {
    "id": "md5('order ' || n)::uuid",
    "restaurant_id": f"md5((n %% {RESTAURANTS})::text)::uuid",
    "number": "n",
    "opened_at": "one.opened_at - n * interval '1 second'",
}


def one_order(lab: Context) -> str:
    """The id of that of which the others are copies. Ask for it by `lab.once(one_order)`."""
    return str(open_order(lab.till(), lab)["id"])


@contextmanager
def filled(lab: Context, *, rows: int, partitions: int = 0) -> Iterator[None]:
    """So many orders with their lines, and every index that orders have; gone afterwards.
    `partitions`: orders are divided by restaurant, 0 not at all."""
    cursor = lab.cursor()
    cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; CREATE SCHEMA {SCHEMA}")
    try:
        _make_tables(cursor, partitions)
        _fill(cursor, rows, lab.once(one_order))
        _index(cursor, "pos_order")
        _index(cursor, "pos_orderline")
        cursor.execute(f"ANALYZE {SCHEMA}.pos_order, {SCHEMA}.pos_orderline")
        yield
    finally:
        cursor.execute(f"DROP SCHEMA {SCHEMA} CASCADE")


def _make_tables(cursor: Any, partitions: int) -> None:
    like = "(LIKE public.{0} INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING STORAGE)"
    orders, lines = like.format("pos_order"), like.format("pos_orderline")
    cursor.execute(f"CREATE UNLOGGED TABLE {SCHEMA}.pos_orderline {lines}")
    if not partitions:
        cursor.execute(f"CREATE UNLOGGED TABLE {SCHEMA}.pos_order {orders}")
        return
    cursor.execute(f"CREATE TABLE {SCHEMA}.pos_order {orders} PARTITION BY HASH (restaurant_id)")
    for number in range(partitions):
        cursor.execute(
            f"CREATE UNLOGGED TABLE {SCHEMA}.part_{number} PARTITION OF {SCHEMA}.pos_order"
            f" FOR VALUES WITH (MODULUS {partitions}, REMAINDER {number})"
        )


def _fill(cursor: Any, rows: int, order: str) -> None:
    names = columns_of(cursor, "pos_order").split(", ")
    values = ", ".join(_OWN.get(name, f"one.{name}") for name in names)
    cursor.execute(
        f"INSERT INTO {SCHEMA}.pos_order ({', '.join(names)}) SELECT {values}"  # noqa: S608
        " FROM public.pos_order one, generate_series(1, %s) n WHERE one.id = %s",
        [rows, order],
    )
    names = columns_of(cursor, "pos_orderline").split(", ")
    own = {"id": "md5(line.id::text || n)::uuid", "order_id": _OWN["id"]}
    values = ", ".join(own.get(name, f"line.{name}") for name in names)
    cursor.execute(
        f"INSERT INTO {SCHEMA}.pos_orderline ({', '.join(names)}) SELECT {values}"  # noqa: S608
        " FROM public.pos_orderline line, generate_series(1, %s) n WHERE line.order_id = %s",
        [rows, order],
    )


def _index(cursor: Any, table: str) -> None:
    """The indexes of the real table. None is unique: in a divided table that needs its key, and to
    read it makes no difference."""
    cursor.execute(
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = %s", [table]
    )
    for (made,) in cursor.fetchall():
        here = made.replace(f" ON public.{table}", f" ON {SCHEMA}.{table}")
        cursor.execute(here.replace("CREATE UNIQUE INDEX", "CREATE INDEX"))


def newest(lab: Context) -> Operation:
    """The statement by which the API lists a restaurant's newest orders, for one restaurant after
    the other."""
    cursor = lab.cursor()
    cursor.execute(f"SET search_path TO {SCHEMA}, public")
    statements = cycle(lab.once(_statements))

    def operation() -> None:
        cursor.execute(*next(statements))
        found = len(cursor.fetchall())
        assert found == ON_A_PAGE + 1, f"{found} rows"

    return operation


def _statements(lab: Context) -> list[tuple[str, Any]]:
    """SQL and parameters, for each restaurant, as the API sends them to PostgreSQL."""
    cursor = lab.cursor()
    cursor.execute("SELECT md5(n::text)::uuid FROM generate_series(0, %s) n", [RESTAURANTS - 1])
    return [_sent(UUID(str(row[0]))) for row in cursor.fetchall()]


def _sent(restaurant: UUID) -> tuple[str, Any]:
    sent: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        sent.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        page = Page(ON_A_PAGE, None)
        page_of(filtered_orders(restaurant), document=ORDER, order=NEWEST_FIRST, page=page)
    [statement] = sent
    return statement
