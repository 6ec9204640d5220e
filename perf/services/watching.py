"""Alerts, told to the log when they come and when they go."""

import logging
from datetime import datetime

from django_redis import get_redis_connection

from payments.selectors.ledger_checks import ledger_faults
from perf.advice.alerts import Alert, Severity, alerts
from perf.monitors import keys
from perf.selectors.overview import overview

logger = logging.getLogger(__name__)
_LEVELS = {Severity.CRITICAL: logging.CRITICAL, Severity.WARNING: logging.WARNING}


def watch(*, now: datetime) -> list[Alert]:
    """Looks at the ledgers and at everything else. An alert is logged once while it lasts.

    Raises RedisError.
    """
    note_ledgers({str(fault.restaurant) for fault in ledger_faults()})
    found = {alert.rule: alert for alert in alerts(overview(now=now), restaurant=None)}
    redis = get_redis_connection("default")
    known = {rule.decode() for rule in redis.smembers(keys.ALERTS)}
    for rule in sorted(found.keys() - known):
        alert = found[rule]
        logger.log(_LEVELS[alert.severity], "alert: %s", alert.message, extra={"rule": rule})
        redis.sadd(keys.ALERTS, rule)
    for rule in sorted(known - found.keys()):
        logger.info("alert is over: %s", rule, extra={"rule": rule})
        redis.srem(keys.ALERTS, rule)
    return list(found.values())


def note_ledgers(restaurants: set[str]) -> None:
    """Those whose ledger does not agree now, and no others. Raises RedisError."""
    pipe = get_redis_connection("default").pipeline()
    pipe.delete(keys.UNBALANCED)
    if restaurants:
        pipe.sadd(keys.UNBALANCED, *restaurants)
    pipe.execute()
