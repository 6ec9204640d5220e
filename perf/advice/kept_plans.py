"""Plans of slow patterns, made in the background and kept in Redis for who shows them."""

from dataclasses import asdict, dataclass, field
from time import time
from typing import Any

import orjson
from django_redis import get_redis_connection

from perf.advice.missing import IndexAdvice, MissingIndex, index_advice
from perf.advice.plans import EXPLAINED, Plan, SeqScan, explain
from perf.monitors import keys
from perf.selectors.queries import QueryStats, get_query_stats

KEPT_S = 2 * 60 * 60
# An index that was made meanwhile is seen when the plan is asked for again.
FRESH_S = 5 * 60


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """`plan` is none where PostgreSQL could not tell without the values. `at` in Unix seconds."""

    at: float
    plan: Plan | None
    advice: IndexAdvice = field(default_factory=IndexAdvice)


def explain_what_is_slow() -> int:
    """Asks for the plan of each pattern that has been slow or is among the first by time, unless
    there is a fresh one. Returns how many were asked for. Raises RedisError."""
    known = kept_plans()
    asked = [stats for stats in get_query_stats() if _is_asked_for(stats, known, now=time())]
    for stats in asked:
        plan = explain(stats.text)
        kept = KeptPlan(time(), plan, index_advice(plan) if plan else IndexAdvice())
        redis = get_redis_connection("default")
        redis.hset(keys.PLANS, stats.fingerprint, orjson.dumps(asdict(kept)))
        redis.expire(keys.PLANS, KEPT_S)
    return len(asked)


def _is_asked_for(stats: QueryStats, known: dict[str, KeptPlan], *, now: float) -> bool:
    kept = known.get(stats.fingerprint)
    return stats.verb in EXPLAINED and (kept is None or now - kept.at > FRESH_S)


def kept_plans() -> dict[str, KeptPlan]:
    """By fingerprint, those of the last two hours. Raises RedisError."""
    redis = get_redis_connection("default")
    found = {
        fingerprint.decode(): _read(orjson.loads(text))
        for fingerprint, text in redis.hgetall(keys.PLANS).items()
    }
    return {name: kept for name, kept in found.items() if time() - kept.at < KEPT_S}


def _read(kept: dict[str, Any]) -> KeptPlan:
    plan, advice = kept["plan"], kept["advice"]
    if plan is None:
        return KeptPlan(kept["at"], None)
    scans = [SeqScan(**scan) for scan in plan["seq_scans"]]
    missing = [MissingIndex(**index) for index in advice["missing"]]
    read = Plan(plan["cost"], plan["lines"], scans)
    return KeptPlan(kept["at"], read, IndexAdvice(missing, advice["unsure"]))
