"""What was measured, and what it must be."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from hdrh.histogram import HdrHistogram

from syncing.management.socket_load.clients import Heard
from syncing.management.socket_load.writer import Log

MINUTE_US = 60_000_000


@dataclass(frozen=True, slots=True)
class Figure:
    """`at_most` and `at_least` are the criterion, where there is one."""

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def is_met(self) -> bool:
        too_great = self.at_most is not None and self.value > self.at_most
        too_small = self.at_least is not None and self.value < self.at_least
        return not too_great and not too_small

    @property
    def criterion(self) -> str:
        if self.at_most is not None:
            return f"≤ {self.at_most:g}"
        return "" if self.at_least is None else f"≥ {self.at_least:g}"

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "is_met": self.is_met}


@dataclass(frozen=True, slots=True)
class Measured:
    """One scenario on one server. What is only there to be compared has no criterion to meet."""

    scenario: str
    server: str
    figures: list[Figure]

    @property
    def is_met(self) -> bool:
        return self.server == "stock" or all(figure.is_met for figure in self.figures)

    def value(self, name: str) -> float | None:
        return next((figure.value for figure in self.figures if figure.name == name), None)

    def as_json(self) -> dict[str, Any]:
        figures = [figure.as_json() for figure in self.figures]
        return {"scenario": self.scenario, "server": self.server, "figures": figures}


def histogram(microseconds: Iterable[float]) -> HdrHistogram:
    found = HdrHistogram(1, MINUTE_US, 3)
    for value in microseconds:
        found.record_value(max(1, min(MINUTE_US, int(value))))
    return found


def percentiles(
    name: str, microseconds: Iterable[float], *, p95_at_most: float | None = None
) -> list[Figure]:
    """p50, p95, p99 and the longest, in milliseconds."""
    found = histogram(microseconds)
    value = found.get_value_at_percentile
    return [
        Figure(f"{name} p50", value(50) / 1000, "ms"),
        Figure(f"{name} p95", value(95) / 1000, "ms", at_most=p95_at_most),
        Figure(f"{name} p99", value(99) / 1000, "ms"),
        Figure(f"{name} max", found.get_max_value() / 1000, "ms"),
    ]


def latencies(log: Log, heard: Sequence[Heard], *, since: str = "commit") -> list[float]:
    """Microseconds from the commit of each event, or from when it was `due`, to each socket."""
    which = 0 if since == "due" else 1
    return [
        (at - log.moments[one.place, seq][which]) / 1000
        for one in heard
        for seq, at in zip(one.seqs, one.at, strict=True)
        if (one.place, seq) in log.moments
    ]


def losses(log: Log, heard: Sequence[Heard]) -> list[Figure]:
    """Each socket's sequence beside the log: both must be equal."""
    logged = log.seqs()
    lost = doubled = 0
    for one in heard:
        wanted, got = logged.get(one.place, []), [*one.seqs]
        lost += len(set(wanted) - set(got))
        doubled += len(got) - len(set(got))
    unequal = sum([*one.seqs] != logged.get(one.place, []) for one in heard)
    return [
        Figure("deliveries", sum(len(one.seqs) for one in heard), ""),
        Figure("lost", lost, "", at_most=0),
        Figure("told twice", doubled, ""),
        Figure("sockets whose sequence differs from the log", unequal, "", at_most=0),
    ]
