"""Lines back to their table. Django's `bulk_update` makes a statement of 400 kB and more than a
second of an order of 200 lines; this one is as long for one line as for all."""

from collections.abc import Sequence

import orjson
from django.db import connection

from pos.models import OrderLine

# Everything that may change after the sale, but for modifiers: they are long, and change seldom.
_COLUMNS = (
    "gross",
    "discount",
    "order_discount",
    "total",
    "tax",
    "quantity",
    "counted",
    "carried",
    "seat",
    "course",
    "note",
    "state",
    "sent_at",
    "started_at",
    "ready_at",
    "served_at",
    "voided_at",
    "void_reason",
    "approved_by_id",
    "version",
)
_WRITE = f"""
UPDATE pos_orderline AS line SET {", ".join(f"{name} = given.{name}" for name in _COLUMNS)}
FROM jsonb_populate_recordset(NULL::pos_orderline, %s) AS given WHERE line.id = given.id
"""  # noqa: S608


def write_lines(lines: Sequence[OrderLine]) -> None:
    """Call while holding the order's lock. No lines: no statement."""
    if not lines:
        return
    rows = [{name: getattr(line, name) for name in ("id", *_COLUMNS)} for line in lines]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [orjson.dumps(rows, default=str).decode()])
