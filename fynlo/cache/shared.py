"""The second level: Redis. A value lies under the stamps that were valid when it was asked for.

Every owner's namespace has a stamp, and so has every tag. One new stamp after a commit makes all
older values unreachable in every process at once, and what is still being loaded, too.

A process that Redis did not answer may have failed to tell it of a change, and so may others.
Whoever meets Redis again therefore first renews the epoch, a part of every stamp; so does a
process that starts, for the one whose place it takes.
"""

import logging
import struct
import threading
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic, sleep, time
from typing import cast
from uuid import UUID, uuid4

from redis import Redis, RedisError, ResponseError

from fynlo.cache.namespaces import Namespace
from fynlo.redis import asking

logger = logging.getLogger(__name__)
EPOCH = "cache:epoch"
RETRY_S = 0.25
LOADING_S = 2.0
"""How long a reader waits for another process that loads the same value, or has died of it."""
_LOOK_AGAIN_S = 0.005
_MARGIN_S = 60
_HEADER = struct.Struct(">2sId")
_MARK = b"F1"


@dataclass(frozen=True, slots=True)
class Stored:
    """`good_until`: as time.time()."""

    value: bytes
    good_until: float


def pack(value: bytes, good_until: float) -> bytes:
    return _HEADER.pack(_MARK, zlib.crc32(value), good_until) + value


def unpack(stored: object) -> Stored | None:
    """None for whatever `pack` did not make, or did not make like this."""
    if not isinstance(stored, bytes) or len(stored) < _HEADER.size:
        return None
    mark, checksum, good_until = _HEADER.unpack_from(stored)
    value = stored[_HEADER.size :]
    if mark != _MARK or checksum != zlib.crc32(value):
        return None
    return Stored(value, good_until)


class Misfits:
    """Values in Redis that were not ours, or no longer whole: misses, not errors."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, key: str) -> None:
        self.count += 1
        logger.warning("not a cached value, loaded anew: %s", key)


misfits = Misfits()


class Doubt:
    """Whether Redis may hold what is no longer true."""

    def __init__(self) -> None:
        self.times = 0
        self._latest, self._settled = object(), object()
        self._settling = threading.Lock()
        self._is_teller_at_work = False

    def arise(self) -> None:
        self.times += 1
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


doubt = Doubt()


def lifetime(namespace: Namespace) -> int:
    """Seconds a stamp lives: longer than any value that was stored under the one before it."""
    return namespace.ttl + namespace.stale_for + _MARGIN_S


def stamp_keys(namespace: Namespace, owner: UUID, tags: Sequence[str] = ()) -> list[str]:
    own = f"stamp:{namespace.name}:{owner}"
    return [own, *(f"{own}:{tag}" for tag in tags)]


def stamps(redis: Redis, namespace: Namespace, keys: Sequence[str]) -> bytes:
    """Changes whenever the epoch or one of these stamps does; what has no stamp gets one, and
    what is no stamp becomes one. Raises RedisError."""
    doubt.settle(redis)
    epoch, *found = cast("list[bytes | None]", redis.mget(EPOCH, *keys))
    for attempt in range(2):
        missing = [key for key, stamp in zip(keys, found, strict=True) if stamp is None]
        if not missing:
            break
        pipeline = redis.pipeline(transaction=False)
        for key in missing:
            pipeline.set(key, uuid4().hex, nx=attempt == 0, ex=lifetime(namespace))
        pipeline.execute()
        found = cast("list[bytes | None]", redis.mget(*keys))
    return b"".join([epoch or b"", *(stamp or b"" for stamp in found)])


def get(redis: Redis, key: str) -> Stored | None:
    """None when there is nothing, or nothing of ours. Raises RedisError when Redis is away."""
    try:
        found = redis.get(key)
    except ResponseError:
        misfits.add(key)
        return None
    stored = unpack(found)
    if stored is None and found is not None:
        misfits.add(key)
    return stored


def may_load(redis: Redis, key: str) -> bool:
    """Whether this process is the one to load the value; then `put` or `give_up` must follow."""
    return bool(redis.set(f"loading:{key}", b"", nx=True, px=int(LOADING_S * 1000)))


def wait_for(key: str) -> Stored | None:
    """What another process loads; None when it does not within LOADING_S. Raises RedisError."""
    deadline = monotonic() + LOADING_S
    while monotonic() < deadline:
        sleep(_LOOK_AGAIN_S)
        with asking() as redis:
            is_loading = redis.exists(f"loading:{key}")
            stored = get(redis, key)
        if stored or not is_loading:
            return stored
    return None


def put(redis: Redis, namespace: Namespace, key: str, value: bytes, keys: Sequence[str]) -> Stored:
    """Stores it, and lets the stamps that it depends on live as long. Raises RedisError."""
    stored = Stored(value, time() + namespace.ttl)
    pipeline = redis.pipeline(transaction=False)
    pipeline.set(key, pack(value, stored.good_until), ex=namespace.ttl + namespace.stale_for)
    for stamp in keys:
        pipeline.expire(stamp, lifetime(namespace))
    pipeline.delete(f"loading:{key}")
    pipeline.execute()
    return stored


def give_up(key: str) -> None:
    """Lets others load what this process could not."""
    with suppress(RedisError), asking() as redis:
        redis.delete(f"loading:{key}")
