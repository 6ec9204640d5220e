"""The connection pools of all processes together."""

from typing import Any

_SUMS = ("size", "in_use", "idle", "largest", "waits", "timeouts", "errors", "leaks", "replaced")


def pool_figures(processes: list[dict[str, Any]]) -> dict[str, Any]:
    """From the gauges of the processes that are alive, each since it started: sums, the worst
    process's wait for a connection (microseconds), the oldest connection and loan (seconds), and
    who holds one for too long."""
    pools = [pool for row in processes for pool in row.get("pool", ())]
    sums: dict[str, Any] = {name: sum(pool[name] for pool in pools) for name in _SUMS}
    return {
        "pools": len(pools),
        **sums,
        "share_in_use": round(sums["in_use"] / sums["largest"], 3) if sums["largest"] else 0.0,
        "exhausted": sum(pool["in_use"] >= pool["largest"] for pool in pools),
        "acquire_p50_us": max((pool["acquire"]["p50_us"] for pool in pools), default=0.0),
        "acquire_p99_us": max((pool["acquire"]["p99_us"] for pool in pools), default=0.0),
        "oldest_s": max((pool["oldest_s"] for pool in pools), default=0.0),
        "oldest_loan_s": max((pool["oldest_loan_s"] for pool in pools), default=0.0),
        "held_too_long": [held for pool in pools for held in pool["held_too_long"]],
    }
