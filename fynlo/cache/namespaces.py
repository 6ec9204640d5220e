"""What may be cached, for how long, and what a process forgets first."""

from dataclasses import dataclass
from enum import StrEnum

FRESH_FOR_S = 0.05
"""A process serves its own copy for so long before it asks Redis again whether it still holds."""
WITHOUT_REDIS_S = 1.0
"""And for so long when Redis does not answer: the longest that a change can then stay unseen."""
MIB = 1024 * 1024


class Policy(StrEnum):
    """Which copy a process drops when a namespace has no room left: the one that was read longest
    ago, read least often, or made first. TTL drops what is too old, then as LRU."""

    LRU = "lru"
    LFU = "lfu"
    FIFO = "fifo"
    TTL = "ttl"


@dataclass(frozen=True, slots=True)
class Namespace:
    """`ttl`: seconds that a value is good for. `stale_for`: seconds more in which it is still
    served, unless it was forgotten, while one reader loads it anew.

    `room`: bytes that a process's own copies may take.
    """

    name: str
    ttl: int = 300
    stale_for: int = 0
    policy: Policy = Policy.LRU
    room: int = 8 * MIB
