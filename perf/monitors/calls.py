"""What one request, task or socket asks of PostgreSQL, while it does."""

from contextvars import ContextVar, Token
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


class noted:  # noqa: N801, for it is used as a function would be
    """Statements of this thread's connections are put down in `call` meanwhile."""

    __slots__ = ("call", "token")

    def __init__(self, call: Call) -> None:
        self.call = call

    def __enter__(self) -> Call:
        self.token: Token[Call | None] = _current.set(self.call)
        for connection in connections.all():
            watch(connection)
        return self.call

    def __exit__(self, *error: object) -> None:
        _current.reset(self.token)


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
