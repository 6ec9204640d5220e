"""How much one machine takes: limits that were measured, and what follows from them.

The projection is arithmetic on the newest runs, not a promise: its assumptions stand beside it.
"""

from dataclasses import dataclass
from typing import Any

from perf.models.runs import RunState, Scenario

# What one busy restaurant asks for: a till looks once a second and writes once in four, on 5 tills.
TILLS, LOOKS_PER_S, WRITES_PER_S = 5, 1.0, 0.25
# Beyond this share of the processors, queues grow faster than work is done.
SPARE = 0.6
MEASURED = {
    "Reads a second, ten tills": ("api", "orders-list-concurrent", "throughput"),
    "Orders a second, ten tills of one restaurant": (
        "api",
        "orders-create-concurrent",
        "throughput",
    ),
    "Everything in turn, a second": ("api", "everything-concurrent", "throughput"),
    "Requests a second, 5,000 restaurants": ("load", "tier-5000", "throughput"),
    "Sign-ins a second": ("sessions", "login", "throughput"),
}
LOOK, WRITE = ("api", "orders-list-sequential"), ("api", "orders-create-sequential")
ASSUMPTIONS = (
    f"A busy restaurant has {TILLS} tills; each looks {LOOKS_PER_S:g} times and writes"
    f" {WRITES_PER_S:g} times a second, all through its peak hour.",
    "All restaurants have their peak in the same hour.",
    f"The processors are used to {SPARE:.0%}: beyond that, waiting grows faster than work is done.",
    "What a request costs the processors was measured with one till on an otherwise idle stack,"
    " PostgreSQL and Redis on the same machine; it is taken to stay the same under load.",
    "Memory, disks and network are not the first to run out.",
)


@dataclass(frozen=True)
class Capacity:
    """`limits`: what, the figure, and the scenario it is from. `restaurants` is None while what
    it needs has not been measured."""

    limits: list[tuple[str, float, Scenario]]
    cores: int
    look_ms: float | None
    write_ms: float | None
    restaurants: int | None
    assumptions: tuple[str, ...] = ASSUMPTIONS


def capacity() -> Capacity:
    """By the newest runs of each scenario; full runs before quick ones."""
    limits = [
        (title, float(scenario.figures[metric]), scenario)
        for title, (suite, name, metric) in MEASURED.items()
        if (scenario := _newest(suite, name)) and metric in scenario.figures
    ]
    look, write = _newest(*LOOK), _newest(*WRITE)
    look_ms, write_ms = _cpu_ms(look), _cpu_ms(write)
    cores = int((look.run.machine if look else {}).get("cores") or 1)
    restaurants = None
    if look_ms and write_ms:
        of_one = TILLS * (LOOKS_PER_S * look_ms + WRITES_PER_S * write_ms) / 1000
        restaurants = int(cores * SPARE / of_one)
    return Capacity(limits, cores, look_ms, write_ms, restaurants)


def _newest(suite: str, name: str) -> Scenario | None:
    kept = Scenario.objects.filter(suite=suite, name=name).select_related("run")
    over = kept.filter(run__state__in=(RunState.PASSED, RunState.FAILED))
    return over.order_by("run__is_quick", "-run__started_at").first()


def _cpu_ms(scenario: Scenario | None) -> float | None:
    """Milliseconds of processor, of all services together, that one operation takes."""
    figures: dict[str, Any] = scenario.figures if scenario else {}
    spent = [value for name, value in figures.items() if name.endswith("_ms_per_operation")]
    return sum(spent) or None
