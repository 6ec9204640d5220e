"""Where the processes put their figures in Redis, for whoever adds them up."""

from datetime import UTC, datetime

WINDOW_S = 10
HOUR_S = 3600
HOURS_KEPT_S = 3 * 60 * 60
WINDOWS_KEPT_S = 20 * 60
# A process that has not been heard of for this long is gone.
SILENT_S = 15
TEXTS_KEPT_S = 40 * 24 * 60 * 60
HISTORY_POINTS = 1000

PROCESSES = "perf:processes"
TEXTS = "perf:texts"
PLANS = "perf:advised-plans"
SAMPLER = "perf:sampler"
HISTORY = "perf:history"
ALERTS = "perf:alerts"
UNBALANCED = "perf:unbalanced"
ALLOCATORS_WANTED = "perf:allocators:wanted"
ALLOCATORS = "perf:allocators"


def hour_key(at: float) -> str:
    """Of the hour of this Unix time: a hash, one field for each process."""
    return f"perf:hour:{datetime.fromtimestamp(at, UTC):%Y%m%d%H}"


def window_key(at: float) -> str:
    """Of the ten seconds of this Unix time: a hash, one field for each process."""
    return f"perf:window:{int(at // WINDOW_S)}"
