"""Misbehaviour on request: `POST /_sandbox/scenario`.

| name | what happens to the next request of `operation` |
|---|---|
| `500_after_commit` | done, answered 500, and that 500 is what the key replays |
| `500_before_commit` | not done, answered 500, and that 500 is what the key replays |
| `502` | not done, a page of HTML instead of JSON, nothing kept |
| `slow` | done at once, answered after `seconds` |
| `429` | not done, nothing kept |
| `search_lag` | a search finds nothing yet |

and to the next webhook whose type begins with `operation`: `drop`, `duplicate` (three times),
`reorder` (delivered 1.5 s later than others), `future`, `stale` and `forged` (its signature).
"""

import threading
from dataclasses import dataclass, field

WEBHOOKS = frozenset({"drop", "duplicate", "reorder", "future", "stale", "forged"})
AT_THE_DOOR = frozenset({"502", "429"})
AT_WORK = frozenset({"500_after_commit", "500_before_commit", "slow"})


@dataclass
class Scenario:
    name: str
    operation: str = ""
    times: int = 1
    seconds: float = 0.0


@dataclass
class Scenarios:
    """Those that are still to come, taken in the order in which they were asked for."""

    waiting: list[Scenario] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, scenario: Scenario) -> None:
        with self.lock:
            self.waiting.append(scenario)

    def clear(self) -> None:
        with self.lock:
            self.waiting.clear()

    def of_request(self, operation: str) -> str:
        """Before anything was looked at."""
        found = self._take(AT_THE_DOOR, operation)
        return found.name if found else ""

    def of_work(self, operation: str) -> Scenario | None:
        """When the request is executed, which a repeated key is not."""
        return self._take(AT_WORK, operation)

    def of_search(self) -> bool:
        return self._take(frozenset({"search_lag"}), "") is not None

    def of_webhook(self, kind: str) -> str:
        found = self._take(WEBHOOKS, kind)
        return found.name if found else ""

    def _take(self, names: frozenset[str], operation: str) -> Scenario | None:
        with self.lock:
            for scenario in self.waiting:
                if scenario.name in names and operation.startswith(scenario.operation):
                    scenario.times -= 1
                    if scenario.times < 1:
                        self.waiting.remove(scenario)
                    return scenario
        return None
