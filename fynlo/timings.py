"""How long something takes, told cheaply: counts in buckets, each a quarter of a doubling wide."""

from threading import Lock
from typing import TypedDict

_FINE = 2
_BUCKETS = 64 << _FINE


class Summary(TypedDict):
    """Microseconds. Percentiles are upper bounds, at most a quarter too high."""

    count: int
    mean_us: float
    p50_us: float
    p99_us: float
    max_us: float


class Timings:
    """Safe from any thread; recording takes well under a microsecond."""

    def __init__(self) -> None:
        self._counts = [0] * _BUCKETS
        self._total_ns = 0
        self._max_ns = 0
        self._lock = Lock()

    def record(self, nanoseconds: int) -> None:
        bits = nanoseconds.bit_length()
        fraction = (nanoseconds >> (bits - _FINE - 1)) & 3 if bits > _FINE else 0
        with self._lock:
            self._counts[(bits << _FINE) | fraction] += 1
            self._total_ns += nanoseconds
            self._max_ns = max(self._max_ns, nanoseconds)

    def summary(self) -> Summary:
        """What was recorded since the process started."""
        with self._lock:
            counts, total, largest = list(self._counts), self._total_ns, self._max_ns
        count, largest_us = sum(counts), round(largest / 1000, 1)
        return {
            "count": count,
            "mean_us": round(total / count / 1000, 1) if count else 0.0,
            "p50_us": min(_percentile(counts, count * 0.50), largest_us),
            "p99_us": min(_percentile(counts, count * 0.99), largest_us),
            "max_us": largest_us,
        }


def _percentile(counts: list[int], rank: float) -> float:
    seen = 0
    for index, count in enumerate(counts):
        seen += count
        if count and seen >= rank:
            return _upper_end(index)
    return 0.0


def _upper_end(index: int) -> float:
    """Microseconds."""
    bits, fraction = index >> _FINE, index & 3
    lowest = 1 << (bits - 1) if bits else 0
    return round(lowest * (1 + (fraction + 1) / 4) / 1000, 1)
