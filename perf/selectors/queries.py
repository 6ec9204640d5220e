"""What is known of queries: patterns of this hour and the one before, all processes together."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django_redis import get_redis_connection

from perf.monitors import keys
from perf.monitors.histogram import added, percentile
from perf.selectors.processes import counts, hours

TOP = 20


@dataclass(frozen=True, slots=True)
class Repeat:
    """The same statement for each of many: where, and how often within one call."""

    caller: str
    times: int


@dataclass(frozen=True, slots=True)
class QueryStats:
    """One pattern. Milliseconds; `slow` counts executions over the threshold; `callers` are
    `(call at line, times)`, the most frequent first."""

    fingerprint: str
    text: str
    verb: str
    count: int
    total_ms: float
    mean_ms: float
    least_ms: float
    most_ms: float
    p95_ms: float
    rows: int
    slow: int
    callers: list[tuple[str, int]] = field(default_factory=list)
    repeats: list[Repeat] = field(default_factory=list)


def get_query_stats(limit: int = TOP) -> list[QueryStats]:
    """The patterns that take most time in all. Raises RedisError."""
    return patterns_of(hours())[:limit]


def get_slow_query_count() -> int:
    """How many patterns have been slow, at least once. Raises RedisError."""
    return sum(stats.slow > 0 for stats in patterns_of(hours()))


def patterns_of(tallies: list[dict[str, Any]]) -> list[QueryStats]:
    """Tallies added up by pattern, most time first. Raises RedisError."""
    by_pattern: dict[str, list[dict[str, Any]]] = {}
    for tally in tallies:
        for fingerprint, row in tally["patterns"].items():
            by_pattern.setdefault(fingerprint, []).append(row)
    texts = _texts(list(by_pattern))
    found = [_added(known, rows, texts[known]) for known, rows in by_pattern.items()]
    return sorted(found, key=lambda stats: (-stats.total_ms, stats.fingerprint))


def _texts(fingerprints: list[str]) -> dict[str, str]:
    if not fingerprints:
        return {}
    found = get_redis_connection("default").hmget(keys.TEXTS, fingerprints)
    return {known: (text or b"").decode() for known, text in zip(fingerprints, found, strict=True)}


def _added(fingerprint: str, rows: list[dict[str, Any]], text: str) -> QueryStats:
    count = sum(row["count"] for row in rows)
    total = sum(row["total"] for row in rows)
    callers: Counter[str] = Counter()
    repeats: dict[str, int] = {}
    for row in rows:
        callers.update(row["callers"])
        for caller, times in row["repeats"].items():
            repeats[caller] = max(times, repeats.get(caller, 0))
    worst_first = sorted(repeats.items(), key=lambda found: (-found[1], found[0]))
    return QueryStats(
        fingerprint=fingerprint,
        text=text,
        verb=rows[0]["verb"],
        count=count,
        total_ms=round(total, 2),
        mean_ms=round(total / count, 3),
        least_ms=round(min(row["least"] for row in rows), 3),
        most_ms=round(max(row["most"] for row in rows), 3),
        p95_ms=round(percentile(added(counts(row["histogram"]) for row in rows), 0.95), 3),
        rows=sum(row["rows"] for row in rows),
        slow=sum(row["slow"] for row in rows),
        callers=callers.most_common(),
        repeats=[Repeat(caller, times) for caller, times in worst_first],
    )
