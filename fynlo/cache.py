"""Two levels of cache: this process, then Redis. Values are bytes; PostgreSQL stays the truth.

Every tenant's namespace has a stamp in Redis. Values are stored under the stamp, so one new
stamp after a commit makes all older values unreachable in every process at once.

A process that Redis did not answer may have failed to tell it of a change, and so may others.
Whoever meets Redis again therefore first renews the epoch, a part of every stamp; so does a
process that starts, for the one whose place it takes.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from time import monotonic, sleep
from typing import cast
from uuid import UUID, uuid4

from cachetools import LRUCache
from django.db import transaction
from redis import Redis, RedisError

from fynlo.redis import asking

logger = logging.getLogger(__name__)
EPOCH = "cache:epoch"
RETRY_S = 0.25


@dataclass(frozen=True, slots=True)
class Namespace:
    """`ttl`: seconds a value lives in Redis. `fresh_for`: seconds a process trusts its own copy
    without asking Redis; the longest that a change can stay unseen."""

    name: str
    ttl: int
    fresh_for: float


@dataclass(frozen=True, slots=True)
class Entry:
    stamp: bytes
    value: bytes
    checked_at: float


class Local:
    """This process's own copies. What was loaded while something was forgotten is not kept."""

    def __init__(self) -> None:
        self.times_forgotten = 0
        self._entries: LRUCache[str, Entry] = LRUCache(maxsize=4096)
        self._lock = threading.Lock()

    def get(self, key: str) -> Entry | None:
        with self._lock:
            return self._entries.get(key)

    def keep(self, key: str, entry: Entry, *, times_forgotten: int) -> None:
        with self._lock:
            if times_forgotten == self.times_forgotten:
                self._entries[key] = entry

    def drop(self, prefix: str) -> None:
        with self._lock:
            self.times_forgotten += 1
            for key in [key for key in self._entries if key.startswith(prefix)]:
                del self._entries[key]


class Doubt:
    """Whether Redis may hold what is no longer true."""

    def __init__(self) -> None:
        self._latest, self._settled = object(), object()
        self._settling = threading.Lock()
        self._is_teller_at_work = False

    def arise(self) -> None:
        self._latest = object()

    def settle(self, redis: Redis) -> None:
        """Nobody here reads from Redis before the new epoch is there. Raises RedisError."""
        with self._settling:
            latest = self._latest
            if latest is not self._settled:
                redis.set(EPOCH, uuid4().hex)
                self._settled = latest

    def settle_when_redis_is_back(self) -> None:
        """At once then, even if nobody asks this process for anything."""
        with self._settling:
            if not self._is_teller_at_work:
                self._is_teller_at_work = True
                threading.Thread(target=self._tell, daemon=True).start()

    def _tell(self) -> None:
        while self._must_be_told():
            sleep(RETRY_S)
            with suppress(RedisError), asking() as redis:
                self.settle(redis)

    def _must_be_told(self) -> bool:
        with self._settling:
            self._is_teller_at_work = self._latest is not self._settled
            return self._is_teller_at_work


_local = Local()
_doubt = Doubt()
spent_ms: ContextVar[float] = ContextVar("spent_ms", default=0.0)


def remember(namespace: Namespace, owner: UUID, name: str, load: Callable[[], bytes]) -> bytes:
    """The cached value, or what `load` returns, kept until the namespace is forgotten.

    `owner` is the tenant (or the session) that the value belongs to. When Redis is away the
    process serves its own copy for at most a second, then loads. `spent_ms` grows by what a
    value takes that this process does not hold fresh.
    """
    key = f"{namespace.name}:{owner}:{name}"
    times_forgotten, asked_at, entry = _local.times_forgotten, monotonic(), _local.get(key)
    if entry and asked_at - entry.checked_at < namespace.fresh_for:
        return entry.value
    try:
        stamp, value = _through_redis(namespace, owner, key, entry, load)
    except RedisError as error:
        _doubt.arise()
        logger.warning("cache without Redis: %s", error)
        if entry and asked_at - entry.checked_at < 1:
            return entry.value
        stamp, value = b"", load()
    _local.keep(key, Entry(stamp, value, asked_at), times_forgotten=times_forgotten)
    spent_ms.set(spent_ms.get() + (monotonic() - asked_at) * 1000)
    return value


def _through_redis(
    namespace: Namespace, owner: UUID, key: str, entry: Entry | None, load: Callable[[], bytes]
) -> tuple[bytes, bytes]:
    with asking() as redis:
        stamp = _stamp(redis, namespace, owner)
        if entry and entry.stamp == stamp:
            return stamp, entry.value
        shared = f"cache:{key}:{stamp.decode()}"
        stored = redis.get(shared)
    if isinstance(stored, bytes):
        return stamp, stored
    value = load()
    _keep(shared, value, ttl=namespace.ttl)
    return stamp, value


def _keep(shared: str, value: bytes, *, ttl: int) -> None:
    """What was loaded is right, whether or not Redis takes it."""
    try:
        with asking() as redis:
            redis.set(shared, value, ex=ttl)
    except RedisError as error:
        _doubt.arise()
        logger.warning("not cached in Redis: %s", error)


def _stamp(redis: Redis, namespace: Namespace, owner: UUID) -> bytes:
    """Changes whenever the epoch or the namespace's own stamp does."""
    _doubt.settle(redis)
    key = f"stamp:{namespace.name}:{owner}"
    epoch, stamp = cast("list[bytes | None]", redis.mget(EPOCH, key))
    if stamp is not None:
        return (epoch or b"") + stamp
    redis.set(key, uuid4().hex, nx=True, ex=namespace.ttl)
    return _stamp(redis, namespace, owner)


def forget_after_commit(namespace: Namespace, owner: UUID) -> None:
    """Everything of this owner in the namespace becomes unreachable once the change is committed.

    Call inside the transaction that makes the change.
    """
    transaction.on_commit(partial(forget, namespace, owner))


def forget(namespace: Namespace, owner: UUID) -> None:
    """At once. A Redis that is away is told when it is back; its values die with `ttl` anyway."""
    try:
        with asking() as redis:
            redis.set(f"stamp:{namespace.name}:{owner}", uuid4().hex, ex=namespace.ttl)
    except RedisError as error:
        _doubt.arise()
        _doubt.settle_when_redis_is_back()
        logger.warning("cache not told of a change in %s: %s", namespace.name, error)
    # Last: whoever still reads under the old stamp finds that the copies were dropped meanwhile.
    _local.drop(f"{namespace.name}:{owner}:")
