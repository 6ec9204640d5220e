"""What probes find: each holds, or is a finding with a severity, and there is a score."""

import time
from collections import Counter
from enum import StrEnum

from perf.laboratory.recording import Outcome


class Severity(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


WEIGHTS = {Severity.CRITICAL: 10, Severity.HIGH: 5, Severity.MEDIUM: 2, Severity.LOW: 1}


class Findings:
    """One scenario's probes. `score` is the share of those that held, of 100, each weighing as much
    as what it would have found."""

    def __init__(self) -> None:
        self._outcome = Outcome()
        self._found: Counter[Severity] = Counter()
        self._held = self._weighed = 0
        self._since = time.perf_counter()

    def probe(self, holds: bool, severity: Severity, finding: str) -> None:
        """`finding` says what is wrong when it does not hold: the endpoint first."""
        now = time.perf_counter()
        self._weighed += WEIGHTS[severity]
        if holds:
            self._held += WEIGHTS[severity]
            self._outcome.record(now - self._since)
        else:
            self._found[severity] += 1
            self._outcome.fail(f"{severity}: {finding}")
        self._since = now

    def count(self, name: str, number: float) -> None:
        """A figure beside them, such as what could not be reached."""
        self._outcome.figures[name] = number

    def outcome(self) -> Outcome:
        score = 100 * self._held / self._weighed if self._weighed else 0.0
        found = {severity.value: float(self._found[severity]) for severity in Severity}
        found["findings"] = float(self._found.total())
        self._outcome.figures |= {"score": score, **found}
        return self._outcome
