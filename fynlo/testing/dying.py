"""Work in a process of its own that is killed (SIGKILL) at one exact step.

A step is what somebody else could notice: a statement that writes, and the two ends of an HTTP
request. Between two of them nothing happens that a death could leave half done.
"""

import os
import re
import signal
from collections.abc import Callable
from typing import Any

import httpx
from django.db import connection, connections

_WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)
_FAILED = 70


class _Fate:
    def __init__(self, step: int) -> None:
        self._left = step

    def meet(self) -> None:
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1

    def around_statement(
        self, execute: Any, sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        if _WRITES.match(sql):
            self.meet()
        return execute(sql, params, many, context)

    def around_request(self, send: Callable[..., httpx.Response]) -> Callable[..., httpx.Response]:
        def sent(*args: Any, **options: Any) -> httpx.Response:
            self.meet()
            response = send(*args, **options)
            self.meet()
            return response

        return sent


def dies_at(step: int, work: Callable[[], object]) -> bool:
    """Whether the process that does the work lived long enough to be killed before its step
    `step`, counted from 0; False when it had done it all by then.

    Nothing of this process may be in a transaction: its connections to the database are closed.
    Raises AssertionError when the work fails of itself.
    """
    connections.close_all()
    child = os.fork()
    if child == 0:
        _do(step, work)
    status = os.waitpid(child, 0)[1]
    was_killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    assert was_killed or os.waitstatus_to_exitcode(status) == 0, "the work failed"
    return was_killed


def _do(step: int, work: Callable[[], object]) -> None:
    fate, code = _Fate(step), _FAILED
    try:
        httpx.Client.send = fate.around_request(httpx.Client.send)  # type: ignore[method-assign]
        with connection.execute_wrapper(fate.around_statement):
            work()
        code = 0
    finally:
        os._exit(code)
