"""Two levels of cache: this process, then Redis. Values are bytes; PostgreSQL stays the truth.

Every tenant's namespace has a stamp in Redis. Values are stored under the stamp, so one new
stamp after a commit makes all older values unreachable in every process at once.
"""

import logging
import threading
from collections.abc import Callable
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


_local: LRUCache[str, Entry] = LRUCache(maxsize=4096)
_lock = threading.Lock()
_untold: set[tuple[Namespace, UUID]] = set()


def _redis() -> Redis:
    connection: Redis = get_redis_connection("default")
    return connection


def remember(namespace: Namespace, owner: UUID, name: str, load: Callable[[], bytes]) -> bytes:
    """The cached value, or what `load` returns, kept until the namespace is forgotten.

    `owner` is the tenant (or the session) that the value belongs to. When Redis is away the
    process serves its own copy for at most a second, then loads.
    """
    key = f"{namespace.name}:{owner}:{name}"
    entry = _local.get(key)
    if entry and monotonic() - entry.checked_at < namespace.fresh_for:
        return entry.value
    try:
        return _through_redis(namespace, owner, key, entry, load)
    except RedisError as error:
        logger.warning("cache without Redis: %s", error)
        return _without_redis(key, entry, load)


def _through_redis(
    namespace: Namespace, owner: UUID, key: str, entry: Entry | None, load: Callable[[], bytes]
) -> bytes:
    redis = _redis()
    _tell_what_was_missed()
    stamp = _stamp(redis, namespace, owner)
    if entry and entry.stamp == stamp:
        value = entry.value
    else:
        shared = f"cache:{key}:{stamp.decode()}"
        stored = redis.get(shared)
        value = stored if isinstance(stored, bytes) else load()
        if stored is None:
            redis.set(shared, value, ex=namespace.ttl)
    _keep(key, Entry(stamp, value, monotonic()))
    return value


def _without_redis(key: str, entry: Entry | None, load: Callable[[], bytes]) -> bytes:
    if entry and monotonic() - entry.checked_at < 1:
        return entry.value
    value = load()
    _keep(key, Entry(b"", value, monotonic()))
    return value


def _keep(key: str, entry: Entry) -> None:
    with _lock:
        _local[key] = entry


def _stamp(redis: Redis, namespace: Namespace, owner: UUID) -> bytes:
    key = f"stamp:{namespace.name}:{owner}"
    stamp = redis.get(key)
    if stamp is None:
        redis.set(key, uuid4().hex, nx=True, ex=namespace.ttl)
        stamp = redis.get(key)
    return stamp if isinstance(stamp, bytes) else b""


def forget_after_commit(namespace: Namespace, owner: UUID) -> None:
    """Everything of this owner in the namespace becomes unreachable once the change is committed.

    Call inside the transaction that makes the change.
    """
    transaction.on_commit(partial(forget, namespace, owner))


def forget(namespace: Namespace, owner: UUID) -> None:
    """At once. A Redis that is away is told when it is back; its values die with `ttl` anyway."""
    prefix = f"{namespace.name}:{owner}:"
    with _lock:
        for key in [key for key in _local if key.startswith(prefix)]:
            del _local[key]
    try:
        _redis().set(f"stamp:{namespace.name}:{owner}", uuid4().hex, ex=namespace.ttl)
    except RedisError as error:
        _untold.add((namespace, owner))
        logger.warning("cache not told of a change in %s: %s", namespace.name, error)


def _tell_what_was_missed() -> None:
    while _untold:
        forget(*_untold.pop())
