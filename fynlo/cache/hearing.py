"""What was forgotten, told to every process: a stream in Redis that each reads on when it asks.

Who reads it to its end knows at once of all the copies made since it began to read that they
hold. Whoever finds a new epoch, or not the entry at which it stopped, begins again, and asks for
each of its older copies.
"""

from collections import defaultdict
from collections.abc import Callable
from math import inf
from threading import Lock
from time import monotonic
from typing import Any, NamedTuple, cast
from uuid import UUID

from redis import Redis, ResponseError
from redis.client import Pipeline

from fynlo.cache.namespaces import FRESH_FOR_S, Namespace
from fynlo.cache.shared import EPOCH, doubt

STREAM = "cache:forgotten"
_KEPT = 10_000
_AT_ONCE = 1000
_ALL = b""
_BEGINNING = {b"namespace": b"", b"owner": _ALL}
Entry = tuple[bytes, dict[bytes, bytes]]


def tell(pipeline: Pipeline, namespace: Namespace, owner: UUID | None = None) -> None:
    """What belongs to `owner`, or everything in the namespace, is forgotten.

    Behind the new stamps, in one transaction of Redis: who hears of it reads those.
    """
    said = {b"namespace": namespace.name, b"owner": str(owner) if owner else _ALL}
    pipeline.xadd(STREAM, cast("Any", said), maxlen=_KEPT)


class Span(NamedTuple):
    """From when until when (monotonic) all that was forgotten was heard. Take it before the copy
    that it is asked about."""

    since: float = inf
    until: float = -inf

    def held_at(self, checked_at: float) -> float:
        """When a copy that was asked about at `checked_at` was last known to hold."""
        return max(checked_at, self.until) if checked_at >= self.since else checked_at


class Hearing:
    """Of one process. `drop` is called for each namespace with the owners whose copies are
    forgotten, None for all of them, before the span says that it was heard."""

    def __init__(self, drop: Callable[[str, set[UUID] | None], None]) -> None:
        self.span = Span()
        self._drop = drop
        self._epoch: bytes | None = None
        self._last: Entry = b"+", {}
        self._lock = Lock()

    def listen(self, redis: Redis, now: float) -> None:
        """Unless it was done within FRESH_FOR_S, or another thread is at it. Raises RedisError."""
        if now - self.span.until < FRESH_FOR_S or not self._lock.acquire(blocking=False):
            return
        try:
            self._read_on(redis, now)
        finally:
            self._lock.release()

    def _read_on(self, redis: Redis, now: float) -> None:
        doubt.settle(redis)
        epoch, entries = self._asked(redis)
        is_whole = entries[:1] == [self._last] and len(entries) < _AT_ONCE
        forgotten = _forgotten(entries[1:]) if is_whole and epoch == self._epoch else None
        if forgotten is None:
            self._begin_again(redis, epoch, now)
            return
        for name, owners in forgotten.items():
            self._drop(name, owners)
        self._last = entries[-1]
        self.span = Span(self.span.since, now)

    def _asked(self, redis: Redis) -> tuple[bytes | None, list[Entry]]:
        """Raises RedisError; what lies under the stream's name and is no stream goes away then."""
        pipeline = redis.pipeline(transaction=False)
        pipeline.get(EPOCH)
        pipeline.xrange(STREAM, self._last[0], count=_AT_ONCE)
        try:
            epoch, entries = pipeline.execute()
        except ResponseError:
            redis.delete(STREAM)
            raise
        return epoch, entries

    def _begin_again(self, redis: Redis, epoch: bytes | None, now: float) -> None:
        """At an entry of its own, which names no namespace."""
        name = cast("bytes", redis.xadd(STREAM, cast("Any", _BEGINNING), maxlen=_KEPT))
        self._last = name, _BEGINNING
        self._epoch = epoch
        self.span = Span(monotonic(), now)


def _forgotten(entries: list[Entry]) -> dict[str, set[UUID] | None] | None:
    """None when there is one that `tell` did not make."""
    found: dict[str, set[UUID] | None] = defaultdict(set)
    for _, said in entries:
        try:
            name, owner = said[b"namespace"].decode(), said[b"owner"]
            one = None if owner == _ALL else UUID(owner.decode())
        except (KeyError, ValueError):
            return None
        owners = found[name]
        if one is None:
            found[name] = None
        elif owners is not None:
            owners.add(one)
    return found
