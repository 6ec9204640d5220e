"""What would make it faster: the rule, what speaks for it, what to do, what it brings."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings

from perf.advice.alerts import LEAST_READS, LEAST_REQUESTS, MOST_ERROR_RATE, MOST_WAITING_TASKS
from perf.advice.indexes import Index, unused_indexes
from perf.advice.kept_plans import KeptPlan, kept_plans
from perf.advice.missing import IndexAdvice
from perf.selectors.overview import Overview
from perf.selectors.queries import QueryStats, get_query_stats

GOOD_HIT_RATE = 0.8
SLOW_ENDPOINT_MS = 500.0
FULL_SHARE = 0.8
BUSY_CPU_PERCENT = 85.0


@dataclass(frozen=True, slots=True)
class Recommendation:
    """`rule` is its name for programs; the others are sentences. `statement` is SQL to run, where
    that is what to do."""

    rule: str
    evidence: str
    action: str
    effect: str
    statement: str = ""


def get_optimization_suggestions() -> list[Recommendation]:
    """Of queries: indexes that are missing or might be, statements that are repeated, plans to look
    at, indexes that nobody reads. Raises RedisError."""
    return of_queries(get_query_stats(), kept_plans(), unused_indexes())


def recommendations(seen: Overview) -> list[Recommendation]:
    """Of queries first, then of everything else. Raises RedisError."""
    return [
        *of_queries(seen.queries, kept_plans(), unused_indexes()),
        *_of_endpoints(seen),
        *_of_cache(seen),
        *_of_system(seen),
    ]


def of_queries(
    stats: list[QueryStats], plans: dict[str, KeptPlan], unused: list[Index]
) -> list[Recommendation]:
    """Where most time goes comes first; every index once."""
    found = [said for one in stats for said in _of_query(one, plans.get(one.fingerprint))]
    once = list({(said.rule, said.statement or said.evidence): said for said in found}.values())
    return [*once, *(_unused(index) for index in unused)]


def _of_query(stats: QueryStats, kept: KeptPlan | None) -> Iterator[Recommendation]:
    advice = kept.advice if kept else IndexAdvice()
    caller = stats.callers[0][0] if stats.callers else "nobody known"
    for index in advice.missing:
        spare = f" {', '.join(index.unused)} of that table is never read." if index.unused else ""
        yield Recommendation(
            "missing_index",
            f"{caller} reads all {index.rows} rows of {index.table}{index.why}, for about"
            f" {index.kept}, {stats.count} times, {stats.mean_ms} ms each.{spare}",
            f"Make an index on {', '.join(index.columns)}.",
            f"About {max(index.kept, 1)} rows are read instead of {index.rows}.",
            index.statement,
        )
    for doubt in advice.unsure:
        yield Recommendation(
            "whole_table_read",
            f"{caller}, {stats.count} times, {stats.mean_ms} ms each. {doubt}",
            "Look at its plan under Queries, and try an index where it does no harm.",
            f"Up to {stats.total_ms:.0f} ms of the database's time in these two hours.",
        )
    for repeat in stats.repeats:
        yield Recommendation(
            "repeated_query",
            f"{repeat.caller} asks the same {repeat.times} times in one call.",
            "Ask once for all of them: prefetch, join, or filter by a list.",
            f"{repeat.times - 1} statements less, about {(repeat.times - 1) * stats.mean_ms:.1f} ms"
            " a call.",
        )
    if stats.slow and not advice.missing:
        yield Recommendation(
            "slow_query",
            f"{caller}: {stats.slow} of {stats.count} took {settings.SLOW_QUERY_MS} ms or more,"
            f" the worst {stats.most_ms:.0f} ms.",
            "Look at its plan under Queries; read fewer rows, or do it in the background.",
            f"Up to {stats.total_ms:.0f} ms of the database's time in these two hours.",
        )


def _unused(index: Index) -> Recommendation:
    return Recommendation(
        "unused_index",
        f"{index.name} on {index.table} ({', '.join(index.columns)}) was not read since the"
        f" statistics began; it takes {index.bytes / 1024:.0f} KiB.",
        "Drop it, when all that reads it seldom (reports, month ends) has run since then.",
        f"Every write to {index.table} is spared one index.",
        f'DROP INDEX CONCURRENTLY "{index.name}"',
    )


def _of_endpoints(seen: Overview) -> Iterator[Recommendation]:
    for row in seen.endpoints:
        if row["count"] < LEAST_REQUESTS:
            continue
        if row["error_rate"] > MOST_ERROR_RATE:
            yield Recommendation(
                "failing_endpoint",
                f"{row['name']} failed {row['failed']} of {row['count']} times.",
                "Find its request ids in the log: level ERROR, logger django.request.",
                "These requests are answered.",
            )
        if row["p95_ms"] > SLOW_ENDPOINT_MS:
            share = 100 * row["database_ms"] / row["mean_ms"]
            yield Recommendation(
                "slow_endpoint",
                f"{row['name']}: 95 % within {row['p95_ms']:.0f} ms, {row['statements']} statements"
                f" each, {share:.0f} % of the time in PostgreSQL.",
                "Look at its queries under Queries, or move its work to the background.",
                f"Up to {row['total_ms'] / 1000:.1f} s of web workers' time in these two hours.",
            )


def _of_cache(seen: Overview) -> Iterator[Recommendation]:
    for row in seen.cache["namespaces"]:
        if row["reads"] >= LEAST_READS and row["hit_rate"] < GOOD_HIT_RATE:
            yield Recommendation(
                "low_hit_rate",
                f"{row['name']}: {row['hit_rate'] * 100:.0f} % of {row['reads']} reads were hits.",
                "Keep it longer, warm it, or cache by a key that is asked for more often.",
                f"Up to {row['loaded']['count']} loads of"
                f" {row['loaded']['mean_us'] / 1000:.1f} ms less.",
            )
        if row["evictions"] > row["entries"]:
            yield Recommendation(
                "cache_too_small",
                f"{row['name']} dropped {row['evictions']} copies to hold {row['entries']}.",
                "Give the namespace more room.",
                "Reads come from the process and not from Redis.",
            )


def _of_system(seen: Overview) -> Iterator[Recommendation]:
    if seen.pool["timeouts"] or seen.pool["share_in_use"] > FULL_SHARE:
        yield Recommendation(
            "pool_too_small",
            f"{seen.pool['in_use']} of {seen.pool['largest']} connections are in use;"
            f" {seen.pool['timeouts']} requests got none.",
            "Raise DATABASE_POOL_MAX, and PgBouncer's default_pool_size with it.",
            "No request waits for a connection, nor is answered 503 for lack of one.",
        )
    if seen.database["connections"] > FULL_SHARE * seen.database["connections_limit"]:
        yield Recommendation(
            "too_many_connections",
            f"PostgreSQL has {seen.database['connections']} of at most"
            f" {seen.database['connections_limit']} connections.",
            "Put PgBouncer in front, or lower DATABASE_POOL_MAX.",
            "New processes can connect.",
        )
    if seen.queue["waiting"] > MOST_WAITING_TASKS:
        yield Recommendation(
            "too_few_workers",
            f"{seen.queue['waiting']} tasks wait.",
            "Raise WORKER_CONCURRENCY or WORKER_REPLICAS.",
            "Work in the background is done when it is due.",
        )
    for host, point in seen.hosts.items():
        if point["cpu_percent"] > BUSY_CPU_PERCENT:
            yield Recommendation(
                "busy_machine",
                f"The processors of {host} are {point['cpu_percent']:.0f} % busy.",
                "Add a machine for web processes, or fewer of them for each core.",
                "Requests do not wait for a processor.",
            )
    for row in seen.processes:
        if row["is_leaking"]:
            yield Recommendation(
                "memory_growth",
                f"{row['kind']} process {row['pid']} grew by"
                f" {row['grown_bytes'] / 2**20:.0f} MiB over {row['grown_over_calls']} calls.",
                "Run manage.py top_allocators: it names the lines that hold most.",
                "The process keeps its size.",
            )
