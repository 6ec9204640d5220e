"""What one request, task or socket asks of PostgreSQL, while it does."""

from collections import deque
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, NamedTuple

from perf.monitors.lines import line_of_code


class Statement(NamedTuple):
    """`sql` is as Django hands it to psycopg2, without values; `rows` is -1 when unknown."""

    sql: str
    ms: float
    rows: int
    line: str


@dataclass(slots=True)
class Call:
    """`name` is set when it is known: `GET api/v1/orders/`, `payments.sweep`. `kind`: web, worker,
    or thread for what belongs to neither."""

    kind: str
    name: str = ""
    statements: list[Statement] = field(default_factory=list)


_current: ContextVar[Call | None] = ContextVar("call", default=None)
# Of threads that work for no call: sockets, commands. The oldest are forgotten.
unclaimed: deque[Statement] = deque(maxlen=1000)


class noted:  # noqa: N801, for it is used as a function would be
    """What this thread asks meanwhile is put down in `call`."""

    __slots__ = ("call", "token")

    def __init__(self, call: Call) -> None:
        self.call = call

    def __enter__(self) -> Call:
        self.token: Token[Call | None] = _current.set(self.call)
        return self.call

    def __exit__(self, *error: object) -> None:
        _current.reset(self.token)


def note(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Django's execute wrapper, on every connection by the setting STATEMENT_WATCHERS. `params`
    are passed on and looked at by nobody."""
    started = perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        ms = (perf_counter() - started) * 1000
        said = Statement(sql, ms, context["cursor"].rowcount, line_of_code())
        call = _current.get()
        (unclaimed if call is None else call.statements).append(said)
