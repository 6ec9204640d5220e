"""The rows of an opened order, written straight into PostgreSQL: what the API is held against.

As pgbench does it: prepared statements, a commit for each order, nothing is checked. Each process
copies what the API wrote of an order, and the copies stay.
"""

import time
from collections.abc import Sequence
from itertools import cycle
from multiprocessing import get_context
from typing import Any
from uuid import UUID, uuid4

import psycopg2

FORK = get_context("fork")
WORKERS = 4
# By table: its types, what differs from the row that is copied, and which that is.
_COPIES = {
    "pos_order": ("uuid, uuid, int", {"id": "$2", "number": "$3"}, "id = $1"),
    "pos_orderline": ("uuid, uuid", {"id": "uuidv7()", "order_id": "$2"}, "order_id = $1"),
    "events_event": ("uuid, uuid, bigint", {"seq": "$3", "entity_id": "$2"}, "entity_id = $1"),
    "api_storedresponse": ("bigint, text", {"scope": "$2"}, "id = $1"),
}
_NUMBER = (
    "PREPARE number AS UPDATE pos_ordernumber SET last = last + 1 WHERE id = $1 RETURNING last"
)
_CURSOR = (
    "PREPARE seq AS UPDATE events_cursor SET seq = seq + 1 WHERE restaurant_id = $1 RETURNING seq"
)
# Orders that were opened once each, by restaurant, and what belongs to them.
_KNOWN = """
SELECT DISTINCT ON (o.restaurant_id) o.id, o.restaurant_id, n.id, s.id
FROM pos_order o
JOIN pos_ordernumber n USING (restaurant_id, business_date)
JOIN api_storedresponse s ON s.restaurant_id = o.restaurant_id
WHERE o.restaurant_id = ANY(%s::uuid[]) ORDER BY o.restaurant_id, o.opened_at
"""


def written_per_second(url: str, restaurants: Sequence[UUID], *, seconds: float) -> float:
    """Orders of these restaurants, which have one that the API has opened: numbers, order, lines,
    event and stored answer. Raises RuntimeError when a process fails."""
    found = FORK.SimpleQueue()
    workers = [
        FORK.Process(target=_work, args=(url, list(restaurants[n::WORKERS]), seconds, found))
        for n in range(WORKERS)
    ]
    for worker in workers:
        worker.start()
    counts: list[int | str] = [found.get() for _ in workers]
    for worker in workers:
        worker.join()
    if broken := [count for count in counts if isinstance(count, str)]:
        raise RuntimeError(broken[0])
    return sum(count for count in counts if isinstance(count, int)) / seconds


def _work(url: str, restaurants: list[UUID], seconds: float, found: Any) -> None:
    try:
        connection = psycopg2.connect(url)
        with connection, connection.cursor() as cursor:
            known = _prepared(cursor, restaurants)
        count, ends_at = 0, time.monotonic() + seconds
        for one in cycle(known):
            if time.monotonic() >= ends_at:
                break
            with connection, connection.cursor() as cursor:
                _write(cursor, *one)
            count += 1
        found.put(count)
    except psycopg2.Error as error:
        found.put(repr(error))


def _prepared(cursor: Any, restaurants: list[UUID]) -> list[tuple[Any, ...]]:
    for table, (types, changed, chosen) in _COPIES.items():
        columns = _columns(cursor, table)
        values = ", ".join(changed.get(name, name) for name in columns)
        cursor.execute(
            f"PREPARE {table} ({types}) AS INSERT INTO {table} ({', '.join(columns)})"  # noqa: S608
            f" SELECT {values} FROM {table} WHERE {chosen}"
        )
    cursor.execute(_NUMBER)
    cursor.execute(_CURSOR)
    cursor.execute(_KNOWN, [[str(one) for one in restaurants]])
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _columns(cursor: Any, table: str) -> list[str]:
    """Those that PostgreSQL does not make itself."""
    cursor.execute(
        "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = %s::regclass"
        " AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attidentity = ''",
        [table],
    )
    return [name for (name,) in cursor.fetchall()]


def _write(cursor: Any, order: str, restaurant: str, number_id: int, response: int) -> None:
    new = str(uuid4())
    cursor.execute("EXECUTE number (%s)", [number_id])
    number = cursor.fetchone()[0]
    cursor.execute("EXECUTE pos_order (%s, %s, %s)", [order, new, number])
    cursor.execute("EXECUTE pos_orderline (%s, %s)", [order, new])
    cursor.execute("EXECUTE seq (%s)", [restaurant])
    cursor.execute("EXECUTE events_event (%s, %s, %s)", [order, new, cursor.fetchone()[0]])
    cursor.execute("EXECUTE api_storedresponse (%s, %s)", [response, new])
