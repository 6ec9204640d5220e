"""How endpoints and tasks fare."""

from typing import Any

from perf.monitors.histogram import added, percentile
from perf.selectors.processes import counts


def endpoints(tallies: list[dict[str, Any]], *, kind: str) -> list[dict[str, Any]]:
    """Where most time goes comes first. `kind`: web or worker. Milliseconds; rates from 0 to 1;
    `failed` counts answers of 5xx, or tasks that raised."""
    by_name: dict[str, list[dict[str, Any]]] = {}
    for tally in tallies:
        for name, row in tally["calls"].items():
            if row["kind"] == kind:
                by_name.setdefault(name, []).append(row)
    found = [_added(name, rows) for name, rows in by_name.items()]
    return sorted(found, key=lambda row: (-row["total_ms"], row["name"]))


def _added(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    count = sum(row["count"] for row in rows)
    histogram = added(counts(row["histogram"]) for row in rows)
    refused = sum(row["errors"].get("4xx", 0) for row in rows)
    failed = sum(row["errors"].get(kind, 0) for row in rows for kind in ("5xx", "failed"))
    total = sum(row["total"] for row in rows)
    return {
        "name": name,
        "count": count,
        "total_ms": round(total, 1),
        "mean_ms": round(total / count, 2),
        "p50_ms": round(percentile(histogram, 0.5), 2),
        "p95_ms": round(percentile(histogram, 0.95), 2),
        "p99_ms": round(percentile(histogram, 0.99), 2),
        "database_ms": round(sum(row["database"] for row in rows) / count, 2),
        "statements": round(sum(row["statements"] for row in rows) / count, 1),
        "most_statements": max(row["most_statements"] for row in rows),
        "refused": refused,
        "failed": failed,
        "error_rate": round(failed / count, 4),
    }
