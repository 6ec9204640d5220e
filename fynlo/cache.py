"""Two levels of cache: this process, then Redis. Values are bytes; PostgreSQL stays the truth.

Every tenant's namespace has a stamp in Redis. Values are stored under the stamp, so one new
stamp after a commit makes all older values unreachable in every process at once.
"""

import logging
import threading
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from time import monotonic
from uuid import UUID, uuid4

from cachetools import LRUCache
from django.db import transaction
from django_redis import get_redis_connection
from redis import Redis, RedisError

logger = logging.getLogger(__name__)


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


_local = Local()
_untold: set[tuple[Namespace, UUID]] = set()
spent_ms: ContextVar[float] = ContextVar("spent_ms", default=0.0)


def _redis() -> Redis:
    connection: Redis = get_redis_connection("default")
    return connection


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
    redis = _redis()
    _tell_what_was_missed()
    stamp = _stamp(redis, namespace, owner)
    if entry and entry.stamp == stamp:
        return stamp, entry.value
    shared = f"cache:{key}:{stamp.decode()}"
    stored = redis.get(shared)
    if isinstance(stored, bytes):
        return stamp, stored
    value = load()
    redis.set(shared, value, ex=namespace.ttl)
    return stamp, value


def _stamp(redis: Redis, namespace: Namespace, owner: UUID) -> bytes:
    key = f"stamp:{namespace.name}:{owner}"
    stamp = redis.get(key)
    if isinstance(stamp, bytes):
        return stamp
    made = uuid4().hex.encode()
    is_ours = redis.set(key, made, nx=True, ex=namespace.ttl)
    return made if is_ours else _stamp(redis, namespace, owner)


def forget_after_commit(namespace: Namespace, owner: UUID) -> None:
    """Everything of this owner in the namespace becomes unreachable once the change is committed.

    Call inside the transaction that makes the change.
    """
    transaction.on_commit(partial(forget, namespace, owner))


def forget(namespace: Namespace, owner: UUID) -> None:
    """At once. A Redis that is away is told when it is back; its values die with `ttl` anyway."""
    try:
        _renew_stamp(namespace, owner)
    except RedisError as error:
        logger.warning("cache not told of a change in %s: %s", namespace.name, error)
    # Last: whoever still reads under the old stamp finds that the copies were dropped meanwhile.
    _local.drop(f"{namespace.name}:{owner}:")


def _renew_stamp(namespace: Namespace, owner: UUID) -> None:
    try:
        _redis().set(f"stamp:{namespace.name}:{owner}", uuid4().hex, ex=namespace.ttl)
    except RedisError:
        _untold.add((namespace, owner))
        raise


def _tell_what_was_missed() -> None:
    """Raises RedisError when it is still away."""
    for missed in list(_untold):
        _untold.discard(missed)
        _renew_stamp(*missed)
