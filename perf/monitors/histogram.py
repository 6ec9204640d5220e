"""Durations in buckets that grow by 4.4 %: adding two histograms is adding their counts."""

from collections import Counter
from collections.abc import Iterable, Mapping
from math import frexp, log2

PER_DOUBLING = 16
# Microseconds 0 to 4095 and the doublings above them are looked up, not computed.
_SMALL = [round(log2(max(us, 1)) * PER_DOUBLING) for us in range(4096)]

Counts = Mapping[int, int]


def bucket_of(ms: float) -> int:
    """The bucket of a duration; less than a microsecond counts as one."""
    us = int(ms * 1000)
    if us < 4096:
        return _SMALL[us]
    exponent = frexp(us)[1] - 12
    return _SMALL[us >> exponent] + exponent * PER_DOUBLING


def ms_of(bucket: int) -> float:
    """The middle of a bucket."""
    return float(2.0 ** (bucket / PER_DOUBLING)) / 1000


def percentile(counts: Counts, share: float) -> float:
    """Milliseconds that this share (0 to 1) of all durations did not exceed, to within 3 %; 0 when
    there are none."""
    wanted, seen = share * sum(counts.values()), 0
    for bucket in sorted(counts):
        seen += counts[bucket]
        if seen >= wanted:
            return ms_of(bucket)
    return 0.0


def added(histograms: Iterable[Counts]) -> Counter[int]:
    total: Counter[int] = Counter()
    for counts in histograms:
        total.update(counts)
    return total
