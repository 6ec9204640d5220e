"""The machine's processor, memory and network, every five seconds, by one process of each host."""

from dataclasses import dataclass, field
from typing import Any

import psutil

EVERY_S = 5.0


@dataclass
class Machine:
    """Rates need two looks: the first has none."""

    _looked_at: float = 0.0
    _network: Any = field(default_factory=psutil.net_io_counters)

    def __post_init__(self) -> None:
        psutil.cpu_percent()

    def is_due(self, *, now: float) -> bool:
        return now - self._looked_at >= EVERY_S

    def look(self, *, now: float) -> dict[str, Any]:
        """Per cent of all cores, bytes, bytes a second; `at` in Unix seconds."""
        before, self._network = self._network, psutil.net_io_counters()
        seconds, self._looked_at = max(now - self._looked_at, 0.001), now
        memory = psutil.virtual_memory()
        return {
            "at": now,
            "cpu_percent": psutil.cpu_percent(),
            "memory_bytes": memory.total - memory.available,
            "memory_percent": memory.percent,
            "sent_per_s": (self._network.bytes_sent - before.bytes_sent) / seconds,
            "received_per_s": (self._network.bytes_recv - before.bytes_recv) / seconds,
        }
