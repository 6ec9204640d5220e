"""What a suite is made of."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from perf.laboratory.context import Context
from perf.laboratory.recording import Outcome

# A quick run measures too little, on whatever machine, to judge speed closely: only what is wrong
# beyond doubt fails it.
QUICK_SLACK = 5.0
SPEEDS = ("_ms", "_us", "throughput", "_efficiency")
# These too show how much of the machine was ours, but are not wider in a quick run: of a ratio
# that is five times as bad nothing is left, and a wait of seconds is not due to few samples.
OF_THE_MACHINE = (
    "_s",
    "growth",
    "speedup",
    "active_share",
    "least_served_share",
    "of_most_cost",
    "ws_cpu",
    "ram_share",
)
# The share of the processors beyond which others make a quick run say nothing about speed.
BUSY = 0.25


@dataclass(frozen=True)
class Criterion:
    """What a metric must be, and why somebody in a restaurant cares."""

    metric: str
    limit: float
    why: str
    is_ceiling: bool = True

    @property
    def is_of_speed(self) -> bool:
        return self.metric.endswith(SPEEDS)

    @property
    def needs_a_quiet_machine(self) -> bool:
        return self.metric.endswith(SPEEDS + OF_THE_MACHINE)

    def for_quick(self) -> "Criterion":
        """The same with a limit that is wider by QUICK_SLACK, if it is one of speed."""
        if not self.is_of_speed:
            return self
        limit = self.limit * QUICK_SLACK if self.is_ceiling else self.limit / QUICK_SLACK
        return replace(self, limit=limit)

    def judge(self, figures: Mapping[str, float], *, excuse: str = "") -> dict[str, Any]:
        """The criterion with the `value` that was found, whether it `passed`, and a sentence. With
        an `excuse` it is enough that there is a value, and the sentence says why."""
        value = figures.get(self.metric)
        if value is None:
            passed = False
        else:
            within = value <= self.limit if self.is_ceiling else value >= self.limit
            passed = within or bool(excuse)
        says = self._say(value, passed, excuse)
        return {**asdict(self), "value": value, "passed": passed, "excuse": excuse, "says": says}

    def _say(self, value: float | None, passed: bool, excuse: str) -> str:
        if value is None:
            return f"{self.metric} was not measured. {self.why}"
        side = "at most" if self.is_ceiling else "at least"
        found = f"{self.metric} is {value:.6g}{'' if passed else ', but must be'}"
        told = f", not judged: {excuse}" if excuse else ""
        return f"{found} ({side} {self.limit:g}){told}. {self.why}"


def at_most(metric: str, limit: float, why: str) -> Criterion:
    return Criterion(metric, limit, why)


def at_least(metric: str, limit: float, why: str) -> Criterion:
    return Criterion(metric, limit, why, is_ceiling=False)


ALL_SUCCEED = at_least("success_rate", 1.0, "Every operation is answered as it should be.")


@dataclass(frozen=True)
class Scenario:
    """One thing that is measured against a live stack.

    `measure` does it once and returns what it found. It is called `blocks` times, so that two
    builds can take turns, and that chance can be told from change; a measurement that breaks
    things, or grows them, has one block. `limit_s` is the longest that one block may take. A quick
    run leaves out what is `extra`, as it takes long or lies between others, unless it is asked for
    by its name.
    """

    name: str
    title: str
    measure: Callable[[Context], Outcome]
    criteria: tuple[Criterion, ...]
    unit: str = "ms"
    blocks: int = 10
    quick_blocks: int = 5
    limit_s: float = 120.0
    extra: bool = False

    def criteria_for(self, *, quick: bool) -> tuple[Criterion, ...]:
        if not quick:
            return self.criteria
        return tuple(criterion.for_quick() for criterion in self.criteria)

    def verdicts(self, figures: Mapping[str, float], *, quick: bool) -> list[dict[str, Any]]:
        """Of every criterion. What needs a quiet machine is told and not judged in a quick run when
        others used the processors as well: its few seconds are theirs as much as ours."""
        others = figures.get("others_cpu", 0.0)
        excuse = f"others used {others:.0%} of the processors" if quick and others > BUSY else ""
        return [
            criterion.judge(figures, excuse=excuse if criterion.needs_a_quiet_machine else "")
            for criterion in self.criteria_for(quick=quick)
        ]

    def is_left_out(self, *, quick: bool, only: str) -> bool:
        return quick and self.extra and self.name != only

    def blocks_for(self, *, quick: bool) -> int:
        return min(self.blocks, self.quick_blocks) if quick else self.blocks
