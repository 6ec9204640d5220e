"""SQLAlchemy's QueuePool, made elastic: it grows before it is full, and gives up what is idle.

The library lends, waits, takes back, rolls back and replaces. Ours is how many connections there
are, whether one is still good, and who has had one for too long.
"""

import logging
import select
from collections.abc import Callable
from math import ceil, inf
from threading import Lock
from time import monotonic, perf_counter_ns
from typing import Any, Literal
from weakref import WeakKeyDictionary

from django.db import OperationalError
from psycopg2 import Error
from sqlalchemy import exc
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection, QueuePool
from sqlalchemy.pool.base import ResetStyle, _ConnectionRecord
from sqlalchemy.util.queue import Empty

from fynlo.pool.fair_queue import FairQueue
from fynlo.pool.limits import Limits
from fynlo.pool.loans import Loans
from fynlo.timings import Timings

logger = logging.getLogger(__name__)
FULL = 0.8
_STEP = 0.25
_CHECK = "SELECT 1"


class Exhausted(OperationalError):
    """Every connection is lent out, and none came back in time."""


class Tally:
    """What happened since the process started."""

    def __init__(self) -> None:
        self.acquired = Timings()
        self.waits = self.timeouts = self.errors = 0
        self.opened = self.replaced = self.grown = self.shrunk = self.leaks = 0


class ElasticPool(QueuePool):
    """Of one process, to one database. `connect` opens a new connection."""

    _queue_class = FairQueue
    _pool: FairQueue

    def __init__(self, connect: Callable[[], Any], limits: Limits) -> None:
        self.limits = limits
        self.loans = Loans()
        self.tally = Tally()
        self.is_closed = self._is_inherited = False
        self._open = connect
        self._peak = 0
        self._sizing, self._noting = Lock(), Lock()
        self._opened_at: WeakKeyDictionary[Any, float] = WeakKeyDictionary()
        self.on_pressure: Callable[[], None] = lambda: None
        super().__init__(
            self._opened,
            pool_size=limits.largest,
            max_overflow=0,
            timeout=limits.wait_s,
            use_lifo=True,
        )

    # Lending

    def borrow(self) -> PoolProxiedConnection:
        """A connection that answers. `give_back` it, or `discard` it when it is broken.

        Raises Exhausted after `wait_s`, and what psycopg2 raises when PostgreSQL is away.
        """
        started = perf_counter_ns()
        self.tally.waits += self.open_now >= self.limits.largest and not self.checkedin()
        try:
            loan = self.connect()
        except exc.TimeoutError:
            self.tally.timeouts += 1
            raise Exhausted(f"all {self.open_now} connections are lent out") from None
        except Error:
            self.tally.errors += 1
            raise
        self.tally.acquired.record(perf_counter_ns() - started)
        self.loans.begin(id(loan))
        self._peak = max(self._peak, self.checkedout())
        if self.is_pressed:
            self.on_pressure()
        return loan

    def give_back(self, loan: PoolProxiedConnection) -> None:
        self.loans.end(id(loan))
        loan.close()

    def discard(self, loan: PoolProxiedConnection) -> None:
        """Another one takes its place when it is needed."""
        self.loans.end(id(loan))
        loan.invalidate()

    def _opened(self) -> Any:
        connection = self._open()
        with self._noting:
            self.tally.opened += 1
            self._opened_at[connection] = monotonic()
        return connection

    def _do_get(self) -> ConnectionPoolEntry:
        record = super()._do_get()
        if record.dbapi_connection is not None and not self._is_good(record):
            self.tally.replaced += 1
            record.invalidate()
        return record

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        if self.is_closed and not self._is_inherited:
            record.close()
            return
        _info(record)["rested_at"] = monotonic()
        super()._do_return_conn(record)

    def _dec_overflow(self) -> Literal[True]:
        """There is room for another connection: who waits has a right to it before who asks now."""
        if self._pool.waiting and not self.is_closed:
            self._pool.put(_ConnectionRecord(self, connect=False), block=False)
            return True
        return super()._dec_overflow()

    def _is_good(self, record: ConnectionPoolEntry) -> bool:
        """PostgreSQL says nothing to a connection at rest unless it ends it: that is seen without
        asking. One that has rested for long is asked, for a firewall says nothing either."""
        connection: Any = record.dbapi_connection
        if connection.closed:
            return False
        has_rested_s = monotonic() - _info(record).get("rested_at", inf)
        if has_rested_s < self.limits.check_s and not _has_spoken(connection):
            return True
        try:
            with connection.cursor() as cursor:
                cursor.execute(_CHECK)
            if not connection.autocommit:
                connection.rollback()
        except Error:
            return False
        return True

    # How many

    @property
    def open_now(self) -> int:
        """Connections lent out and at rest."""
        return self.checkedin() + self.checkedout()

    @property
    def oldest_s(self) -> float:
        """Age in seconds of the connection that has been open for longest; 0 when none is."""
        with self._noting:
            opened_at = [at for one, at in self._opened_at.items() if not one.closed]
        return monotonic() - min(opened_at) if opened_at else 0.0

    @property
    def is_pressed(self) -> bool:
        """Whether so many are lent out that the next ones should be opened now."""
        here = self.open_now
        return here < self.limits.largest and (
            self.checkedout() >= FULL * here or here < self.limits.smallest
        )

    def grow(self) -> None:
        """Opens connections until the pool is no longer pressed. Raises what psycopg2 raises."""
        with self._sizing:
            while self.is_pressed and not self.is_closed:
                target = max(ceil(self.open_now * (1 + _STEP)), self.limits.smallest)
                while self.open_now < target and self._add_one():
                    self.tally.grown += 1

    def _add_one(self) -> bool:
        if not self._inc_overflow():
            return False
        try:
            record = self._create_connection()
        except BaseException:
            self._dec_overflow()
            raise
        self._do_return_conn(record)
        return True

    def shrink(self) -> None:
        """Closes what was not needed since it was last called."""
        with self._sizing:
            peak, self._peak = max(self._peak, self.checkedout()), self.checkedout()
            enough = max(self.limits.smallest, ceil(peak / FULL))
            while self.open_now > enough and self._close_one():
                self.tally.shrunk += 1

    def _close_one(self) -> bool:
        try:
            record = self._pool.get(block=False)
        except Empty:
            return False
        record.close()
        return self._dec_overflow()

    def report_leaks(self) -> None:
        for loan in self.loans.longer_than(self.limits.leak_s):
            if not loan.is_reported:
                loan.is_reported = True
                self.tally.leaks += 1
                logger.warning("a connection was not given back: %s", loan.held())

    def close(self) -> None:
        """What is at rest now, what is lent out when it comes back."""
        with self._sizing:
            self.is_closed = True
            self.dispose()

    def leave_to_parent(self) -> None:
        """After a fork, in the child: whatever it would send, the parent's sessions would get."""
        self.is_closed = self._is_inherited = True
        self._reset_on_return = ResetStyle.reset_none


def _info(record: ConnectionPoolEntry) -> Any:
    return record.record_info


def _has_spoken(connection: Any) -> bool:
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return bool(waiting.poll(0))
