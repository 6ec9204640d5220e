"""What this process has done, for the dashboard."""

from collections import Counter, deque
from time import monotonic, time
from typing import Any

from hdrh.histogram import HdrHistogram

from syncing.errors import CloseCode
from syncing.selectors.realtime import DIGITS, LONGEST_US

KEPT = 5
"""Reports that percentiles reach back over."""


class Figures:
    """Counts since the process began; latencies of the last `KEPT` reports."""

    def __init__(self) -> None:
        self.deliveries = 0
        self.closes: Counter[str] = Counter()
        self._latest = _histogram()
        self._kept: deque[HdrHistogram] = deque(maxlen=KEPT)
        self._reported = (monotonic(), 0)

    def delivered(self, published_at: float | None) -> None:
        """`published_at`: Unix seconds; None for what was read from the log."""
        self.deliveries += 1
        if published_at is not None:
            late_us = int((time() - published_at) * 1_000_000)
            self._latest.record_value(max(1, min(LONGEST_US, late_us)))

    def closed(self, code: CloseCode) -> None:
        self.closes[str(code.value)] += 1

    def report(self, *, connections: int) -> dict[str, Any]:
        """As `syncing.selectors.realtime` reads it; begins the next stretch of time."""
        then, before = self._reported
        now = monotonic()
        self._reported = (now, self.deliveries)
        self._kept.append(self._latest)
        self._latest = _histogram()
        recent = _histogram()
        for histogram in self._kept:
            recent.add(histogram)
        return {
            "connections": connections,
            "deliveries": self.deliveries,
            "deliveries_per_s": (self.deliveries - before) / max(now - then, 0.001),
            "closes": dict(self.closes),
            "histogram": recent.encode().decode(),
        }


def _histogram() -> HdrHistogram:
    return HdrHistogram(1, LONGEST_US, DIGITS)
