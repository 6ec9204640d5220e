from datetime import timedelta
from typing import Any
from uuid import UUID

from celery import shared_task

from fynlo.clock import utc_now
from fynlo.db import durable
from perf.advice.kept_plans import explain_what_is_slow
from perf.services.aggregating import aggregate_hour
from perf.services.benchmarks import carry_out
from perf.services.watching import watch


@shared_task(name="perf.aggregate_queries")
def aggregate_queries(**_: Any) -> None:
    """A few minutes after each hour; again for the same hour changes nothing."""
    now = utc_now()
    with durable():
        aggregate_hour(of=now - timedelta(hours=1), now=now)


@shared_task(name="perf.explain_queries")
def explain_queries(**_: Any) -> None:
    """Every minute, away from the requests that were slow."""
    explain_what_is_slow()


@shared_task(name="perf.watch")
def watch_everything(**_: Any) -> None:
    """Every half minute."""
    watch(now=utc_now())


@shared_task(name="perf.run_benchmark")
def run_benchmark(*, run_id: str, **_: Any) -> None:
    """As long as it takes: a worker does nothing else meanwhile."""
    carry_out(UUID(run_id))
