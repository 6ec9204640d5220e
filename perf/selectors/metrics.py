"""The figures as Prometheus wants them. Every scrape looks them up: the answer is the same
whichever process gives it."""

import logging
from collections.abc import Iterable, Iterator
from typing import Any

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from redis import RedisError

from fynlo.cache.local import LEVELS
from fynlo.clock import utc_now
from perf.monitors.histogram import Counts, added, ms_of
from perf.selectors.overview import Overview, overview
from perf.selectors.processes import counts, hours

logger = logging.getLogger(__name__)
BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
Row = tuple[list[str], float]


class Figures(Collector):
    """Counters begin with the hour: Prometheus knows that counters begin anew."""

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        try:
            seen, tallies = overview(now=utc_now()), hours(ago=0)
        except RedisError as error:
            logger.warning("no figures without Redis: %s", error)
            yield _gauge("figures_available", "Whether Redis answered.", (), [([], 0)])
            return
        yield _gauge("figures_available", "Whether Redis answered.", (), [([], 1)])
        yield from _calls("http_request_seconds", "endpoint", tallies, kind="web")
        yield from _calls("task_seconds", "task", tallies, kind="worker")
        yield from _queries(seen)
        yield from _cache(seen)
        yield from _processes(seen)
        yield from _numbers("database", seen.database)
        yield from _numbers("pool", seen.pool)
        yield from _numbers("queue", seen.queue)
        yield from _numbers("websocket", seen.websocket)


def _calls(name: str, label: str, tallies: list[dict[str, Any]], *, kind: str) -> Iterator[Metric]:
    family = HistogramMetricFamily(f"fynlo_{name}", "By duration.", labels=[label])
    failures = CounterMetricFamily(f"fynlo_{name}_errors", "By kind.", labels=[label, "kind"])
    by_name: dict[str, list[dict[str, Any]]] = {}
    for tally in tallies:
        for known, row in tally["calls"].items():
            if row["kind"] == kind:
                by_name.setdefault(known, []).append(row)
    for known, rows in sorted(by_name.items()):
        histogram = added(counts(row["histogram"]) for row in rows)
        total = sum(row["total"] for row in rows) / 1000
        family.add_metric([known], buckets=_buckets(histogram), sum_value=total)
        for error in sorted({error for row in rows for error in row["errors"]}):
            times = sum(row["errors"].get(error, 0) for row in rows)
            failures.add_metric([known, error], times)
    yield family
    yield failures


def _buckets(histogram: Counts) -> list[tuple[str, float]]:
    """How many took at most so long, for each bound."""
    durations = [(ms_of(bucket) / 1000, count) for bucket, count in histogram.items()]
    below = [(str(le), sum(n for s, n in durations if s <= le)) for le in BOUNDS_S]
    return [*below, ("+Inf", sum(histogram.values()))]


def _queries(seen: Overview) -> Iterator[Metric]:
    yield _gauge("slow_query_patterns", "Of two hours.", (), [([], seen.slow_patterns)])
    yield _gauge("query_mean_seconds", "Of two hours.", (), [([], seen.mean_query_ms / 1000)])


def _cache(seen: Overview) -> Iterator[Metric]:
    rows = [
        ([row["name"], level], row[level]["count"])
        for row in seen.cache["namespaces"]
        for level in LEVELS
    ]
    yield _gauge("cache_reads", "Of the processes that are alive.", ("namespace", "level"), rows)
    if seen.cache["hit_rate"] is not None:
        yield _gauge("cache_hit_rate", "From 0 to 1.", (), [([], seen.cache["hit_rate"])])


def _processes(seen: Overview) -> Iterator[Metric]:
    labels = ("kind", "host", "pid")
    for name in ("resident_bytes", "grown_bytes", "cpu_percent", "calls"):
        rows = [([row["kind"], row["host"], str(row["pid"])], row[name]) for row in seen.processes]
        yield _gauge(f"process_{name}", "Of each process.", labels, rows)


def _numbers(part: str, figures: dict[str, Any]) -> Iterator[Metric]:
    """Each figure that is a number."""
    for name, value in figures.items():
        if isinstance(value, int | float):
            yield _gauge(f"{part}_{name}", "See docs/observing.md.", (), [([], value)])


def _gauge(name: str, said: str, labels: Iterable[str], rows: Iterable[Row]) -> Metric:
    family = GaugeMetricFamily(f"fynlo_{name}", said, labels=tuple(labels))
    for values, figure in rows:
        family.add_metric(values, figure)
    return family
