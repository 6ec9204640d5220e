"""A past for the demo restaurant: copies of one real order, so that queries have work to do."""

from typing import Any

from perf.laboratory.context import Context
from perf.suites.ordering import open_order

ORDERS, QUICK_ORDERS, A_DAY = 20_000, 4_000, 200
_ORDERS = """
SELECT (jsonb_populate_record(o, jsonb_build_object(
    'id', uuidv7(), 'number', %(last)s + n, 'business_date', o.business_date - n / %(a_day)s,
    'opened_at', o.opened_at - n * interval '5 minutes', 'closed_at', o.opened_at,
    'status', 'COMPLETED', 'kitchen_status', 'SERVED', 'payment_status', 'PAID'))).*
FROM pos_order o CROSS JOIN generate_series(1, %(count)s) n WHERE o.id = %(order)s
"""
_LINES = """
SELECT (jsonb_populate_record(l, jsonb_build_object(
    'id', uuidv7(), 'order_id', o.id, 'added_at', o.opened_at))).*
FROM pos_orderline l JOIN pos_order o ON o.number > %(last)s WHERE l.order_id = %(order)s
"""


def past_orders(lab: Context) -> str:
    """Ask by `lab.once(past_orders)`: the id of the order that was copied."""
    order = str(open_order(lab.till(), lab)["id"])
    cursor = lab.cursor()
    cursor.execute("SELECT max(number) + 100000 FROM pos_order")
    known = {
        "last": cursor.fetchone()[0],
        "order": order,
        "count": QUICK_ORDERS if lab.quick else ORDERS,
        "a_day": A_DAY,
    }
    # Neither foreign keys nor triggers are asked: every column is of an order that passed them.
    cursor.execute("SET session_replication_role = replica")
    for table, copies in (("pos_order", _ORDERS), ("pos_orderline", _LINES)):
        columns = columns_of(cursor, table)
        sql = f"INSERT INTO {table} ({columns}) SELECT {columns} FROM ({copies}) copies"  # noqa: S608
        cursor.execute(sql, known)
    cursor.execute("SET session_replication_role = DEFAULT; ANALYZE pos_order, pos_orderline")
    return order


def columns_of(cursor: Any, table: str) -> str:
    """Those that are not computed by PostgreSQL."""
    cursor.execute(
        "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
        " AND attgenerated = ''",
        [table],
    )
    return str(cursor.fetchone()[0])
