"""The thread that sizes a pool while others borrow from it."""

import logging
from threading import Event, Thread
from time import monotonic

from psycopg2 import Error

from fynlo.pool.elastic import ElasticPool

logger = logging.getLogger(__name__)
_LOOKS_EVERY_S = 1.0


class Keeper:
    """Grows the pool when it is pressed, shrinks it when it was idle, reports leaks."""

    def __init__(self, pool: ElasticPool) -> None:
        self._pool = pool
        self._pressed = Event()
        pool.on_pressure = self._pressed.set
        Thread(target=self._keep, name="pool keeper", daemon=True).start()

    def _keep(self) -> None:
        shrunk_at = monotonic()
        while not self._pool.is_closed:
            if self._pressed.wait(min(_LOOKS_EVERY_S, self._pool.limits.idle_s)):
                self._pressed.clear()
                self._grow()
            if monotonic() - shrunk_at >= self._pool.limits.idle_s:
                shrunk_at = monotonic()
                self._pool.shrink()
            self._pool.report_leaks()

    def _grow(self) -> None:
        try:
            self._pool.grow()
        except Error as error:
            self._pool.tally.errors += 1
            logger.warning("the pool cannot grow: %s", error)
