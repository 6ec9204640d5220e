"""What somebody must look at now."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from perf.selectors.overview import Overview

MOST_SLOW_PATTERNS = 10
LEAST_HIT_RATE = 0.5
# A cache that was asked less says nothing yet.
LEAST_READS = 200
MOST_MEAN_QUERY_MS = 500.0
MOST_WAITING_TASKS = 100
MOST_EVENT_LAG_MS = 1000.0
MOST_ERROR_RATE = 0.01
LEAST_REQUESTS = 20


class Severity(StrEnum):
    CRITICAL = "critical"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Alert:
    """`rule` is its name for programs, `message` a sentence with the figure in it."""

    severity: Severity
    rule: str
    message: str


def alerts(seen: Overview, *, restaurant: str | None) -> list[Alert]:
    """Critical ones first. Of ledgers, that of `restaurant` alone; all of them when it is None."""
    found = [*_database(seen), *_traffic(seen), *_work(seen), *_ledger(seen, restaurant)]
    return sorted(found, key=lambda alert: (alert.severity, alert.rule))


def _database(seen: Overview) -> Iterator[Alert]:
    if seen.slow_patterns > MOST_SLOW_PATTERNS:
        yield Alert(
            Severity.CRITICAL, "slow_queries", f"{seen.slow_patterns} patterns of queries are slow."
        )
    if seen.mean_query_ms > MOST_MEAN_QUERY_MS:
        yield Alert(
            Severity.WARNING, "mean_query", f"A query takes {seen.mean_query_ms:.0f} ms on average."
        )
    if exhausted := seen.pool["exhausted"]:
        yield Alert(
            Severity.CRITICAL,
            "pool_exhausted",
            f"{exhausted} of {seen.pool['pools']} connection pools have lent all they may open.",
        )


def _traffic(seen: Overview) -> Iterator[Alert]:
    traffic, cache = seen.traffic, seen.cache
    if traffic["requests"] >= LEAST_REQUESTS and traffic["error_rate"] > MOST_ERROR_RATE:
        share = traffic["error_rate"] * 100
        yield Alert(
            Severity.CRITICAL, "errors", f"{share:.1f} % of the last minute's requests failed."
        )
    if cache["reads"] >= LEAST_READS and cache["hit_rate"] < LEAST_HIT_RATE:
        share = cache["hit_rate"] * 100
        yield Alert(Severity.WARNING, "hit_rate", f"The cache answers {share:.0f} % of its reads.")


def _work(seen: Overview) -> Iterator[Alert]:
    if seen.queue["waiting"] > MOST_WAITING_TASKS:
        yield Alert(
            Severity.WARNING, "queue_depth", f"{seen.queue['waiting']} tasks wait for a worker."
        )
    lag = seen.websocket.get("lag_p95_ms") or 0.0
    if lag > MOST_EVENT_LAG_MS:
        yield Alert(
            Severity.WARNING, "event_lag", f"Events reach sockets {lag:.0f} ms after their commit."
        )
    for row in seen.processes:
        if row["is_leaking"]:
            grown = row["grown_bytes"] / 1024 / 1024
            yield Alert(
                Severity.WARNING,
                "memory_growth",
                f"{row['kind']} process {row['pid']} has grown by {grown:.0f} MiB"
                f" over {row['grown_over_calls']} calls.",
            )


def _ledger(seen: Overview, restaurant: str | None) -> Iterator[Alert]:
    shown = seen.unbalanced if restaurant is None else seen.unbalanced & {restaurant}
    if shown:
        whose = "yours" if restaurant else f"{len(shown)} restaurants"
        yield Alert(Severity.CRITICAL, "ledger", f"The ledger does not balance: {whose}.")
