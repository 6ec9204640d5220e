"""What `GET health/performance/` looks like, for the API's schema."""

from typing import Any

from syncing.selectors.figures import VERDICTS, WAYS

_TEXT = {"type": "string"}
_COUNT = {"type": "integer"}
_NUMBER = {"type": "number"}
_SHARE = {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "null"}]}
_MOMENT = {"type": "string", "format": "date-time"}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _rows(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": _object(properties)}


def _all(names: str, shape: dict[str, Any]) -> dict[str, Any]:
    return dict.fromkeys(names.split(), shape)


_LEVEL = _object({"count": _COUNT, "mean_us": _NUMBER, "p99_us": _NUMBER})
_LEVELS = _all("fresh confirmed shared loaded", _LEVEL)
_CALL = {
    "name": _TEXT,
    **_all("count most_statements refused failed", _COUNT),
    **_all("total_ms mean_ms p50_ms p95_ms p99_ms database_ms statements error_rate", _NUMBER),
}
HEALTH = _object(
    {
        "at": _MOMENT,
        "status": {"type": "string", "enum": ["healthy", "warning", "critical"]},
        "traffic": _object(
            {
                "requests": _COUNT,
                **_all("requests_per_s p50_ms p95_ms p99_ms refused_rate error_rate", _NUMBER),
            }
        ),
        "endpoints": _rows(_CALL),
        "tasks": _rows(_CALL),
        "queries": _object(
            {
                **_all("statements patterns slow repeated", _COUNT),
                "mean_ms": _NUMBER,
            }
        ),
        "database": _object(
            {
                **_all("connections active waiting_for_locks connections_limit", _COUNT),
                "oldest_transaction_s": _NUMBER,
                "memory_hit_rate": _SHARE,
                **_all("deadlocks commits rollbacks bytes", _COUNT),
            }
        ),
        "cache": _object(
            {
                **_all("reads doubts misfits bytes evictions", _COUNT),
                "hit_rate": _SHARE,
                **_LEVELS,
                "namespaces": _rows(
                    {
                        **_all("name policy", _TEXT),
                        **_all("ttl_s reads evictions entries bytes", _COUNT),
                        "hit_rate": _SHARE,
                        **_LEVELS,
                    }
                ),
                "redis": _object(
                    {
                        **_all("used_bytes clients commands_per_s evicted_keys", _COUNT),
                        "hit_rate": _SHARE,
                    }
                ),
            }
        ),
        "pool": _object(
            {
                **_all("pools size in_use idle largest waits timeouts errors leaks", _COUNT),
                **_all("replaced exhausted", _COUNT),
                **_all(
                    "share_in_use acquire_p50_us acquire_p99_us oldest_s oldest_loan_s", _NUMBER
                ),
                "held_too_long": {"type": "array", "items": {"type": "object"}},
            }
        ),
        "websocket": _object(
            {
                **_all("processes sockets deliveries slow_closes", _COUNT),
                "deliveries_per_s": _NUMBER,
                **_all("lag_p50_ms lag_p95_ms lag_p99_ms", {"type": ["number", "null"]}),
            }
        ),
        "sync": _object(
            {
                **_all("operations quarantined trying_again conflicts", _COUNT),
                **_all("devices_with_gaps missing", _COUNT),
                "verdicts": _rows({"entity": _TEXT, **dict.fromkeys(VERDICTS, _COUNT)}),
                "strategies": _rows({"entity": _TEXT, **dict.fromkeys(WAYS, _COUNT)}),
            }
        ),
        "queue": _object(_all("waiting in_hand", _COUNT)),
        "processes": _rows(
            {
                **_all("kind host", _TEXT),
                **_all("pid calls resident_bytes grown_bytes grown_over_calls", _COUNT),
                **_all("started_at cpu_percent", _NUMBER),
                "is_leaking": {"type": "boolean"},
            }
        ),
        "hosts": _rows(
            {
                "host": _TEXT,
                "memory_bytes": _COUNT,
                **_all("at cpu_percent memory_percent sent_per_s received_per_s", _NUMBER),
            }
        ),
        "alerts": _rows({"severity": _TEXT, "rule": _TEXT, "message": _TEXT}),
        "recommendations": _rows(_all("rule evidence action effect statement", _TEXT)),
    }
)
