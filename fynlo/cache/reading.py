"""Two levels of cache: this process, then Redis. Values are bytes; PostgreSQL stays the truth.

    MENUS = Namespace("menu", ttl=3600)
    body = remember(MENUS, restaurant_id, "whole", load)

A change that is committed is seen by every process within FRESH_FOR_S.
"""

import logging
from collections.abc import Callable, Hashable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import partial
from math import inf
from time import monotonic, perf_counter_ns, time
from uuid import UUID

from django.conf import settings
from redis import RedisError

from fynlo.cache import local, shared
from fynlo.cache.background import soon
from fynlo.cache.flights import Flights
from fynlo.cache.forgetting import is_changing
from fynlo.cache.local import Entry, Key, Store
from fynlo.cache.namespaces import FRESH_FOR_S, WITHOUT_REDIS_S, Namespace
from fynlo.cache.shared import Stored, doubt
from fynlo.redis import asking

logger = logging.getLogger(__name__)
Found = tuple[str, Entry]
_flights: Flights[Found] = Flights()
spent_ms: ContextVar[float] = ContextVar("spent_ms", default=0.0)


@dataclass(frozen=True, slots=True)
class Question:
    """`asked_at`: monotonic, before anything was read."""

    namespace: Namespace
    owner: UUID
    name: str
    load: Callable[[], bytes]
    stamp_keys: Sequence[str]
    asked_at: float
    times_forgotten: int


def remember(
    namespace: Namespace,
    owner: UUID,
    name: str,
    load: Callable[[], bytes],
    *,
    tags: Sequence[str] = (),
) -> bytes:
    """The cached value, or what `load` returns, kept until the namespace or a tag is forgotten.

    `owner` is the tenant (or the session) that the value belongs to. Of all who miss at once, in
    whatever process, one runs `load`, in its own transaction if it is in one; the others wait.
    When Redis is away a process serves its own copy for WITHOUT_REDIS_S at most, then loads.
    `spent_ms` grows by what a value takes that this process does not hold fresh.
    """
    if not settings.CACHE_IS_ON:
        return load()
    started = perf_counter_ns()
    store, key, now = local.copies.of(namespace), (owner, name), monotonic()
    entry = _copy(store, key, asked_at=now, good_for=FRESH_FOR_S)
    if entry is not None:
        store.timings["fresh"].record(perf_counter_ns() - started)
        return entry.value
    _listen(now)
    times_forgotten = store.times_forgotten
    level, entry = "confirmed", _copy(store, key, asked_at=now, good_for=FRESH_FOR_S)
    if entry is None:
        keys = shared.stamp_keys(namespace, owner, tags)
        asked = Question(namespace, owner, name, load, keys, monotonic(), times_forgotten)
        level, entry = _look_further(asked, store)
        store.keep(key, entry, times_forgotten=times_forgotten)
    took = perf_counter_ns() - started
    store.timings[level].record(took)
    spent_ms.set(spent_ms.get() + took / 1_000_000)
    return entry.value


def _copy(store: Store, key: Key, *, asked_at: float, good_for: float) -> Entry | None:
    """This process's own, if it was known to hold within `good_for` seconds."""
    span, entry = local.copies.hearing.span, store.get(key)
    if entry is None:
        return None
    held_at = entry.checked_at
    if time() < entry.good_until:
        held_at = span.held_at(held_at)
    return entry if asked_at - held_at < good_for else None


def _listen(now: float) -> None:
    try:
        with asking() as redis:
            local.copies.hearing.listen(redis, now)
    except RedisError as error:
        _do_without(error)


def _do_without(error: RedisError) -> None:
    doubt.arise()
    logger.warning("cache without Redis: %s", error)


def _look_further(question: Question, store: Store) -> Found:
    key = (question.owner, question.name)
    try:
        return _through_redis(question, store.get(key))
    except RedisError as error:
        _do_without(error)
    entry = _copy(store, key, asked_at=question.asked_at, good_for=WITHOUT_REDIS_S)
    if entry:
        return "fresh", entry
    flight = (question.namespace.name, question.owner, question.name, question.times_forgotten)
    return _board(flight, lambda: ("loaded", _unshared(question, question.asked_at)))


def _board(flight: Hashable, load: Callable[[], Found]) -> Found:
    (level, entry), is_own = _flights.board(flight, load)
    return level if is_own else "shared", entry


def _unshared(question: Question, checked_at: float) -> Entry:
    """Nothing will ever confirm it."""
    return Entry(b"", question.load(), checked_at, 0.0)


def _through_redis(question: Question, entry: Entry | None) -> Found:
    """Raises RedisError."""
    namespace = question.namespace
    with asking() as redis:
        stamp = shared.stamps(redis, namespace, question.stamp_keys)
        if entry and entry.stamp == stamp and time() < entry.good_until:
            return "confirmed", replace(entry, checked_at=question.asked_at)
        # What a stamp is made of is nobody's business: it may be somebody else's bytes.
        key = f"cache:{namespace.name}:{question.owner}:{question.name}:{stamp.decode('latin-1')}"
        stored = shared.get(redis, key)
    if stored is None:
        return _load_once(question, key, stamp)
    if stored.good_until < time():
        soon(key, partial(_reload, question, key))
    return "shared", Entry(stamp, stored.value, question.asked_at, stored.good_until)


def _load_once(question: Question, key: str, stamp: bytes) -> Found:
    if is_changing(question.namespace, question.owner):
        return "loaded", _unshared(question, -inf)
    return _board(key, lambda: _obtain(question, key, stamp))


def _obtain(question: Question, key: str, stamp: bytes) -> Found:
    """From the process that loads it already, or else from the loader. Raises RedisError."""
    with asking() as redis:
        is_mine = shared.may_load(redis, key)
    stored = None if is_mine else shared.wait_for(key)
    level = "shared" if stored else "loaded"
    stored = stored or _load(question, key)
    return level, Entry(stamp, stored.value, question.asked_at, stored.good_until)


def _load(question: Question, key: str) -> Stored:
    """What was loaded is right, whether or not Redis takes it."""
    try:
        value = question.load()
    except BaseException:
        shared.give_up(key)
        raise
    try:
        with asking() as redis:
            return shared.put(redis, question.namespace, key, value, question.stamp_keys)
    except RedisError as error:
        doubt.arise()
        logger.warning("not cached in Redis: %s", error)
        return Stored(value, time() + question.namespace.ttl)


def _reload(question: Question, key: str) -> None:
    """A value that is no longer good but served, unless another process is at it."""
    with asking() as redis:
        is_mine = shared.may_load(redis, key)
    if is_mine:
        _load(question, key)
