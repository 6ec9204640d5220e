"""Requests that a process may let pass before it asks Redis again, by limit and caller.

Redis counts a handful at once: a 64th of what the caller has left, so that near its end a limit
is counted one by one. Nobody passes more often than the limit says; whoever speaks with several
processes may be refused earlier by what the others still hold: a 64th for each thread that found
nothing in hand at the same moment.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import NamedTuple

from cachetools import LRUCache

CALLERS = 10_000
# Of what Redis says of one window at one time and another. The shortest window is a second.
_SAME_WINDOW_S = 0.5
# Of each limit: how much is taken, and used up with it, and milliseconds until it starts anew.
TAKE = """
local taken = {}
for place, key in ipairs(KEYS) do
    local most, window = tonumber(ARGV[2 * place - 1]), ARGV[2 * place]
    local left = most - tonumber(redis.call("get", key) or 0)
    local handful = math.max(1, math.floor(left / 64))
    local used = redis.call("incrby", key, handful)
    if used == handful then redis.call("expire", key, window) end
    taken[place] = {handful, used, redis.call("pttl", key)}
end
return taken
"""


class Limit(NamedTuple):
    """One caller's: `most` requests in so many seconds."""

    key: str
    most: int
    window: int


# Asks Redis: what TAKE says of these.
Take = Callable[[Sequence[Limit]], Sequence[tuple[int, int, int]]]


@dataclass(slots=True)
class _Handful:
    """`left` of it, and `beyond` it of the limit. `ends_at`: monotonic."""

    left: int
    beyond: int
    ends_at: float


class Handfuls:
    """Of this process, for any of its threads."""

    def __init__(self) -> None:
        self._held: LRUCache[str, _Handful] = LRUCache(CALLERS)
        self._lock = Lock()

    def spend(self, limits: Sequence[Limit], take: Take) -> list[int]:
        """What remains of each limit after one request; less than 0 when it was used up before.

        `take` is asked for the limits of which nothing is held, and may raise.
        """
        now = monotonic()
        with self._lock:
            found = [self._from_hand(limit.key, now) for limit in limits]
        lacking = [limit for limit, left in zip(limits, found, strict=True) if left is None]
        if not lacking:
            return [left for left in found if left is not None]
        taken = zip(lacking, take(lacking), strict=True)
        with self._lock:
            new = iter([self._hold(limit, *counts, now) for limit, counts in taken])
        return [next(new) if left is None else left for left in found]

    def _from_hand(self, key: str, now: float) -> int | None:
        held = self._held.get(key)
        if held is None or not held.left or now >= held.ends_at:
            return None
        held.left -= 1
        return held.left + held.beyond

    def _hold(self, limit: Limit, handful: int, used: int, ends_ms: int, now: float) -> int:
        """With what another thread has taken meanwhile of the same window."""
        taken = _Handful(handful - 1, limit.most - used, now + ends_ms / 1000)
        other = self._held.get(limit.key)
        if other and abs(other.ends_at - taken.ends_at) < _SAME_WINDOW_S:
            taken.left += other.left
        if other is None or taken.ends_at > other.ends_at - _SAME_WINDOW_S:
            self._held[limit.key] = taken
        return taken.left + taken.beyond
