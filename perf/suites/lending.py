"""Pools for the suites: as a process of Fynlo has them, with connections of their own."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg2
from django.db import connection

from fynlo.pool.elastic import ElasticPool
from fynlo.pool.limits import Limits
from fynlo.pool.pools import close_pool, pool_of

# It tells of each pool that is closed.
logging.getLogger("fynlo.pool.elastic.ElasticPool").setLevel(logging.WARNING)


@contextmanager
def a_pool(**limits: Any) -> Iterator[ElasticPool]:
    """Grown to its smallest size, with what `Limits` has where nothing is said."""
    name = f"laboratory {uuid4().hex}"
    parameters = {**connection.get_connection_params(), "application_name": name}
    pool = pool_of(parameters, Limits(**limits))
    try:
        pool.grow()
        yield pool
    finally:
        close_pool(parameters)


def ask(pool: ElasticPool, statement: str = "SELECT 1") -> None:
    """Borrows, asks, gives back; throws away what has died meanwhile."""
    loan = pool.borrow()
    try:
        loan.cursor().execute(statement)
        loan.rollback()
    except psycopg2.Error:
        pool.discard(loan)
        raise
    pool.give_back(loan)
