"""The first level: this process's own copies, a bounded store for each namespace."""

from collections.abc import Collection
from dataclasses import dataclass
from threading import Lock
from typing import Any
from uuid import UUID

from cachetools import Cache, FIFOCache, LFUCache, LRUCache, TTLCache

from fynlo.cache.hearing import Hearing
from fynlo.cache.namespaces import Namespace, Policy
from fynlo.timings import Summary, Timings

LEVELS = ("fresh", "confirmed", "shared", "loaded")
"""Where a value came from: a copy that was not asked about, one that Redis says still holds, Redis,
PostgreSQL."""
Key = tuple[UUID, str]
_OVERHEAD = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """`checked_at`: monotonic; `good_until`: as time.time()."""

    stamp: bytes
    value: bytes
    checked_at: float
    good_until: float


def _size(entry: Entry) -> int:
    return len(entry.value) + _OVERHEAD


class _Counted:
    evictions = 0

    def popitem(self) -> Any:
        self.evictions += 1
        return super().popitem()  # type: ignore[misc]


class _Lru(_Counted, LRUCache[Key, Entry]):
    pass


class _Lfu(_Counted, LFUCache[Key, Entry]):
    pass


class _Fifo(_Counted, FIFOCache[Key, Entry]):
    pass


class _Ttl(_Counted, TTLCache[Key, Entry]):
    pass


def _bounded(namespace: Namespace) -> Cache[Key, Entry]:
    if namespace.policy is Policy.TTL:
        return _Ttl(namespace.room, namespace.ttl + namespace.stale_for, getsizeof=_size)
    kinds = {Policy.LRU: _Lru, Policy.LFU: _Lfu, Policy.FIFO: _Fifo}
    return kinds[namespace.policy](namespace.room, getsizeof=_size)


class Store:
    """What was loaded while something was forgotten is not kept, nor what has no room."""

    def __init__(self, namespace: Namespace) -> None:
        self.namespace = namespace
        self.times_forgotten = 0
        self.timings = {level: Timings() for level in LEVELS}
        self._entries = _bounded(namespace)
        self._lock = Lock()

    def get(self, key: Key) -> Entry | None:
        with self._lock:
            return self._entries.get(key)

    def keep(self, key: Key, entry: Entry, *, times_forgotten: int) -> None:
        with self._lock:
            if times_forgotten == self.times_forgotten and _size(entry) <= self.namespace.room:
                self._entries[key] = entry

    def drop(self, owners: Collection[UUID] | None = None) -> None:
        """What belongs to these owners, or everything."""
        with self._lock:
            self.times_forgotten += 1
            for key in list(self._entries):
                if owners is None or key[0] in owners:
                    self._entries.pop(key, None)

    def figures(self) -> dict[str, Any]:
        """Since the process started; `bytes` and `entries` now."""
        with self._lock:
            size, count = self._entries.currsize, len(self._entries)
            evictions = getattr(self._entries, "evictions", 0)
        levels: dict[str, Summary] = {name: one.summary() for name, one in self.timings.items()}
        reads = sum(level["count"] for level in levels.values())
        return {
            "policy": self.namespace.policy.value,
            "ttl_s": self.namespace.ttl,
            "reads": reads,
            "hit_rate": round(1 - levels["loaded"]["count"] / reads, 4) if reads else None,
            **levels,
            "times_forgotten": self.times_forgotten,
            "evictions": evictions,
            "entries": count,
            "bytes": size,
            "room_bytes": self.namespace.room,
        }


class Copies:
    """The stores of this process, one for each namespace that was ever read or forgotten, and what
    it has heard of what others forgot."""

    def __init__(self) -> None:
        self._stores: dict[str, Store] = {}
        self._lock = Lock()
        self.hearing = Hearing(self._drop)

    def of(self, namespace: Namespace) -> Store:
        found = self._stores.get(namespace.name)
        if found is not None:
            return found
        with self._lock:
            return self._stores.setdefault(namespace.name, Store(namespace))

    def all(self) -> list[Store]:
        with self._lock:
            return list(self._stores.values())

    def _drop(self, name: str, owners: Collection[UUID] | None) -> None:
        if store := self._stores.get(name):
            store.drop(owners)


copies = Copies()
