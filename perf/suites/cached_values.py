"""Rows that are read through the cache, by how much they are asked for: a part of `cache`."""

from bisect import bisect
from itertools import accumulate
from uuid import UUID, uuid5

from django.db import connection, transaction

from fynlo.cache.forgetting import forget_after_commit
from fynlo.cache.namespaces import Namespace
from fynlo.cache.reading import remember
from fynlo.parallel import run_parallel
from perf.laboratory.context import Context

VALUES = Namespace("laboratory", ttl=300)
KEYS = 10_000
_ROOT = UUID("7c2d1b1e-5f0a-4d59-9f5a-5a3c8f0e2d11")
OWNERS = [uuid5(_ROOT, str(key)) for key in range(KEYS)]
_WEIGHTS = list(accumulate(1 / rank for rank in range(1, KEYS + 1)))


def table(lab: Context) -> None:
    """A row for each key. Ask for it by `lab.once(table)`."""
    lab.cursor().execute(
        "DROP TABLE IF EXISTS laboratory_value;"
        " CREATE UNLOGGED TABLE laboratory_value (key int PRIMARY KEY, version int NOT NULL);"
        f" INSERT INTO laboratory_value SELECT generate_series(0, {KEYS - 1}), 0"
    )


def warmed(lab: Context) -> None:
    """Every key is read once."""
    lab.once(table)
    run_parallel(read, range(KEYS), workers=8, progress=lab.report)


def read(key: int) -> int:
    return int(remember(VALUES, OWNERS[key], "row", lambda: _load(key)))


def _load(key: int) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT version FROM laboratory_value WHERE key = %s", [key])
        return str(cursor.fetchone()[0]).encode()


def change(key: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE laboratory_value SET version = version + 1 WHERE key = %s", [key])
        forget_after_commit(VALUES, OWNERS[key])


def zipf(draw: float) -> int:
    """The key for a number from 0 to 1: the second is asked for half as often as the first, the
    third a third as often, and so on."""
    return min(bisect(_WEIGHTS, draw * _WEIGHTS[-1]), KEYS - 1)
