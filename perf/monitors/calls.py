"""What one request, task or socket asks of PostgreSQL, while it does."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, NamedTuple

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from perf.monitors.lines import line_of_code


class Statement(NamedTuple):
    """`sql` is as Django hands it to psycopg2, without values; `rows` is -1 when unknown."""

    sql: str
    ms: float
    rows: int
    line: str


@dataclass(slots=True)
class Call:
    """`name` is set when it is known: `GET api/v1/orders/`, `payments.sweep`."""

    kind: str
    name: str = ""
    statements: list[Statement] = field(default_factory=list)


_current: ContextVar[Call | None] = ContextVar("call", default=None)


@contextmanager
def noted(call: Call) -> Iterator[Call]:
    """Statements of this thread's connections are put down in `call` meanwhile."""
    token = _current.set(call)
    for connection in connections.all():
        watch(connection)
    try:
        yield call
    finally:
        _current.reset(token)


def watch(connection: BaseDatabaseWrapper) -> None:
    """From now on, once for each connection object."""
    if note not in connection.execute_wrappers:
        connection.execute_wrappers.append(note)


def note(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Django's execute wrapper. Outside of a call it does nothing; `params` are passed on and
    looked at by nobody."""
    call = _current.get()
    if call is None:
        return execute(sql, params, many, context)
    started = perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        ms = (perf_counter() - started) * 1000
        rows = context["cursor"].rowcount
        call.statements.append(Statement(sql, ms, rows, line_of_code()))
