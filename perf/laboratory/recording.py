"""What a measurement leaves behind: a histogram of latencies, errors by kind, and figures."""

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from math import ceil
from typing import Any

from hdrh.histogram import HdrHistogram

# Microseconds: from one to ten minutes, three significant digits.
LOWEST_US, HIGHEST_US, DIGITS = 1, 600_000_000, 3


def new_histogram() -> Any:
    return HdrHistogram(LOWEST_US, HIGHEST_US, DIGITS)


def packed(histogram: Any) -> str:
    """HdrHistogram's own compressed encoding, which other tools read as well."""
    text: bytes = histogram.encode()
    return text.decode()


def unpacked(text: str) -> Any:
    return HdrHistogram.decode(text)


def merged(histograms: list[Any]) -> Any:
    total = new_histogram()
    for histogram in histograms:
        if histogram.get_total_count():  # an empty one would bring a minimum of 0
            total.add(histogram)
    return total


@dataclass
class Outcome:
    """One measurement. `seconds` is its length on the wall clock; `figures` is whatever else it
    found out, by a name that ends in its unit (`recovery_s`, `grown_to`). `skipped` says why
    there is nothing to measure here; no criterion is judged then. `cpu_s` is what each service of
    the stack spent on these operations, empty where that is not known."""

    histogram: Any = field(default_factory=new_histogram)
    errors: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    statements: int = 0
    counted: int = 0
    figures: dict[str, float] = field(default_factory=dict)
    cpu_s: dict[str, float] = field(default_factory=dict)
    skipped: str = ""

    def record(self, seconds: float) -> None:
        """One operation that succeeded."""
        self.histogram.record_value(min(max(round(seconds * 1e6), LOWEST_US), HIGHEST_US))

    def fail(self, kind: str) -> None:
        """One operation that did not: its latency is not counted."""
        self.errors[kind[:200]] += 1

    def add(self, other: "Outcome") -> None:
        """What another worker saw in the same time."""
        self.histogram = merged([self.histogram, other.histogram])
        self.errors.update(other.errors)
        self.statements += other.statements
        self.counted += other.counted
        self.figures.update(other.figures)
        for service, seconds in other.cpu_s.items():
            self.cpu_s[service] = self.cpu_s.get(service, 0.0) + seconds

    @property
    def operations(self) -> int:
        return int(self.histogram.get_total_count()) + self.errors.total()


def summary(histogram: Any, errors: Counter[str], seconds: float) -> dict[str, float]:
    """Milliseconds; `success_rate` is a share of 1, `throughput` successes per second."""
    succeeded, failed = int(histogram.get_total_count()), errors.total()
    found: dict[str, float] = {"operations": succeeded + failed}
    if succeeded + failed:
        found["success_rate"] = succeeded / (succeeded + failed)
    if succeeded:
        found |= _latencies(histogram)
    if succeeded and seconds:
        found["throughput"] = succeeded / seconds
    return found


def percentile(histogram: Any, at: float) -> int:
    """Microseconds, by nearest rank: the smallest value that `at` percent do not exceed.

    HdrHistogram rounds the rank, which takes the fifth of six values for the 90th percentile.
    """
    total = histogram.get_total_count()
    rank = max(ceil(at * total / 100), 1)
    return int(histogram.get_value_at_percentile(100 * rank / total))


def _latencies(histogram: Any) -> dict[str, float]:
    at = partial(percentile, histogram)
    micros = {
        "min_ms": histogram.get_min_value(),
        "mean_ms": histogram.get_mean_value(),
        "stdev_ms": histogram.get_stddev(),
        "p50_ms": at(50),
        "p90_ms": at(90),
        "p95_ms": at(95),
        "p99_ms": at(99),
        "p999_ms": at(99.9),
        "max_ms": histogram.get_max_value(),
    }
    return {name: value / 1000 for name, value in micros.items()}
