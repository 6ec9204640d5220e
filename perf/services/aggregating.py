"""From what processes told in an hour to rows that stay for a month."""

from dataclasses import asdict
from datetime import datetime, timedelta

from django.conf import settings

from fynlo.db import transaction_required
from perf.advice.kept_plans import KeptPlan, kept_plans
from perf.models import SlowQuery
from perf.selectors.processes import hour_of
from perf.selectors.queries import TOP, QueryStats, patterns_of

KEPT = timedelta(days=30)
# Fields of a row that a second look at the same hour may change.
_MAY_CHANGE = [
    field.name
    for field in SlowQuery._meta.concrete_fields
    if field.name not in {"id", "hour", "fingerprint"}
]


@transaction_required
def aggregate_hour(*, of: datetime, now: datetime) -> int:
    """Keeps what is worth it of the hour that `of` is in, and forgets what is too old.

    The same hour again makes the same rows. Raises RedisError.
    """
    hour = of.replace(minute=0, second=0, microsecond=0)
    found = patterns_of(hour_of(hour.timestamp()))
    plans = kept_plans()
    kept = [
        _row(stats, hour, plans.get(stats.fingerprint))
        for place, stats in enumerate(found)
        if _is_kept(stats, place)
    ]
    SlowQuery.objects.bulk_create(
        kept,
        update_conflicts=True,
        unique_fields=["fingerprint", "hour"],
        update_fields=_MAY_CHANGE,
    )
    SlowQuery.objects.filter(hour__lt=now - KEPT).delete()
    return len(kept)


def _is_kept(stats: QueryStats, place: int) -> bool:
    return place < TOP or stats.most_ms >= settings.SLOW_QUERY_MS or bool(stats.repeats)


def _row(stats: QueryStats, hour: datetime, kept: KeptPlan | None) -> SlowQuery:
    fields = asdict(stats) | {"repeats": [[r.caller, r.times] for r in stats.repeats]}
    plan = kept.plan if kept else None
    return SlowQuery(
        **fields, hour=hour, cost=plan.cost if plan else None, plan=plan.lines if plan else []
    )
