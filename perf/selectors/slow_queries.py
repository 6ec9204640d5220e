"""The hours that are kept: how a pattern fares over days."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from perf.models import SlowQuery

DAYS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Trend:
    """`points` are `(hour, mean ms, count)`, oldest first. `change` is the newest hour's mean over
    that of all hours before it, weighted: 2.0 is twice as slow; none without an earlier hour."""

    points: list[tuple[datetime, float, int]]
    change: float | None


def trends(fingerprints: Collection[str], *, now: datetime) -> dict[str, Trend]:
    """Of these patterns, over a week; one that has no kept hour is left out."""
    rows = SlowQuery.objects.filter(fingerprint__in=fingerprints, hour__gte=now - DAYS)
    points: dict[str, list[tuple[datetime, float, int]]] = {}
    for row in rows.order_by("hour", "pk").values_list("fingerprint", "hour", "mean_ms", "count"):
        points.setdefault(row[0], []).append(row[1:])
    return {fingerprint: Trend(found, _change(found)) for fingerprint, found in points.items()}


def _change(points: list[tuple[datetime, float, int]]) -> float | None:
    *before, (_, newest, _) = points
    count = sum(times for _, _, times in before)
    total = sum(mean * times for _, mean, times in before)
    return round(newest * count / total, 2) if total else None
