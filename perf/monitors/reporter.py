"""One thread in each process adds up what was seen, and tells Redis every two seconds.

Requests pay for a `deque.append`, no more: parsing, adding and sending happen here. What a process
has not told when it is killed is lost; when it ends as it should, nothing is.
"""

import logging
import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.util import Finalize
from time import time
from typing import Any, TypeVar

import orjson
from django.conf import settings
from redis import Redis, RedisError

from fynlo.cache.figures import figures as cache_figures
from fynlo.pool.figures import figures as pool_figures
from fynlo.redis import asking
from perf.monitors import keys
from perf.monitors.allocators import Allocators
from perf.monitors.calls import Call, unclaimed
from perf.monitors.histogram import bucket_of
from perf.monitors.machine import Machine
from perf.monitors.process import Self
from perf.monitors.tallies import Tally

logger = logging.getLogger(__name__)
EVERY_S = 2.0
# More than this waiting to be added up: the oldest are forgotten.
WAITING = 20_000
LATE_S = 30
T = TypeVar("T")


@dataclass(slots=True)
class Finished:
    """`error`: empty, 4xx or 5xx."""

    call: Call
    ms: float
    error: str
    at: float


@dataclass
class Window:
    """Requests of ten seconds. Tasks are not counted: nobody waits for them."""

    count: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    histogram: Counter[int] = field(default_factory=Counter)

    def add(self, done: Finished) -> None:
        self.count += 1
        self.histogram[bucket_of(done.ms)] += 1
        if done.error:
            self.errors[done.error] += 1


class Reporter:
    """Everything but `finish` belongs to whoever holds the lock. `sources` are asked for figures
    of this process, which are told under their names. Hours and windows by their number since
    1970."""

    def __init__(self) -> None:
        self.sources: dict[str, Callable[[], Any]] = {
            "cache": cache_figures,
            "pool": pool_figures,
        }
        self._finished: deque[Finished] = deque(maxlen=WAITING)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()
        self._begin("command")

    def _begin(self, kind: str) -> None:
        self.own = Self(kind)
        self._machine = Machine()
        self._allocators = Allocators()
        self._hours: dict[int, Tally] = {}
        self._windows: dict[int, Window] = {}

    def finish(self, call: Call, *, ms: float, error: str = "") -> None:
        """A request or a task is over."""
        self._finished.append(Finished(call, ms, error, time()))
        if self._thread is None or not self._thread.is_alive():
            self.start(call.kind)

    def start(self, kind: str) -> None:
        """Done by the first call that is over; after a fork, too, for threads do not survive one.
        A process without calls does it itself."""
        if not settings.PERF_REPORTS or self._stopped.is_set():
            return
        self._lock = threading.Lock()
        self._begin(kind)
        self._thread = threading.Thread(target=self._run, daemon=True, name="perf-reporter")
        self._thread.start()
        # Unlike atexit, also at the end of a fork, as Granian's workers are.
        Finalize(None, self.stop, exitpriority=0)

    def _run(self) -> None:
        while not self._stopped.wait(EVERY_S):
            self.report()

    def stop(self) -> None:
        """Tells what is left. Nothing is told after that."""
        self._stopped.set()
        self.report()

    def report(self) -> None:
        """Adds up, and tells Redis; while that is away the figures of the hour wait for it."""
        now = time()
        with self._lock:
            try:
                self._add_up()
                with asking() as redis:
                    self._tell(redis, now)
            except RedisError as error:
                logger.warning("figures wait for Redis: %s", error)
            except Exception:
                # Figures are not worth an outage, and this thread is the only one that has them.
                logger.exception("figures could not be told")
            self._forget_past(now)

    def forget(self) -> None:
        """Begins anew, as a process that has seen nothing."""
        with self._lock:
            self._finished.clear()
            unclaimed.clear()
            self._begin("command")

    def _add_up(self) -> None:
        while unclaimed:
            statement = unclaimed.popleft()
            call = Call("thread", self.own.kind, [statement])
            self._finished.append(Finished(call, statement.ms, "", time()))
        while self._finished:
            done = self._finished.popleft()
            self.own.calls += 1
            _of(self._hours, int(done.at) // keys.HOUR_S, Tally).add(
                done.call, ms=done.ms, error=done.error
            )
            if done.call.kind == "web":
                _of(self._windows, int(done.at) // keys.WINDOW_S, Window).add(done)

    def _tell(self, redis: Redis, now: float) -> None:
        pipe = redis.pipeline(transaction=False)
        gauges = self.own.gauges(now=now) | {name: ask() for name, ask in self.sources.items()}
        pipe.hset(keys.PROCESSES, self.own.name, _text(gauges))
        for hour, tally in self._hours.items():
            key = keys.hour_key(hour * keys.HOUR_S)
            self._tell_texts(pipe, tally)
            pipe.hset(key, self.own.name, _text(tally))
            pipe.expire(key, keys.HOURS_KEPT_S)
        for tens, window in self._windows.items():
            key = keys.window_key(tens * keys.WINDOW_S)
            pipe.hset(key, self.own.name, _text(window))
            pipe.expire(key, keys.WINDOWS_KEPT_S)
        pipe.execute()
        self._allocators.serve(redis, self.own.name)
        if self._machine.is_due(now=now):
            self._tell_history(redis, self._machine.look(now=now))

    @staticmethod
    def _tell_texts(pipe: Any, tally: Tally) -> None:
        if new := tally.new_texts():
            pipe.hset(keys.TEXTS, mapping=new)
            pipe.expire(keys.TEXTS, keys.TEXTS_KEPT_S)

    def _forget_past(self, now: float) -> None:
        """What can change no more, told or not."""
        since = int(now) - LATE_S
        hours, windows = since // keys.HOUR_S, since // keys.WINDOW_S
        self._hours = {hour: found for hour, found in self._hours.items() if hour >= hours}
        self._windows = {tens: found for tens, found in self._windows.items() if tens >= windows}

    def _tell_history(self, redis: Redis, point: dict[str, Any]) -> None:
        """Only the process that is the sampler of this host."""
        sampler, name = f"{keys.SAMPLER}:{self.own.host}", self.own.name
        if redis.set(sampler, name, nx=True, ex=15) or redis.get(sampler) == name.encode():
            redis.expire(sampler, 15)
            history = f"{keys.HISTORY}:{self.own.host}"
            redis.lpush(history, _text(point))
            redis.ltrim(history, 0, keys.HISTORY_POINTS - 1)
            redis.expire(history, 24 * 60 * 60)


def _of(known: dict[int, T], number: int, make: Callable[[], T]) -> T:
    found = known.get(number)
    if found is None:
        found = known[number] = make()
    return found


def _text(figures: Any) -> str:
    return orjson.dumps(figures, option=orjson.OPT_NON_STR_KEYS).decode()


reporter = Reporter()
