"""This process: what it is called, what it takes, whether it grows."""

import os
import socket
from dataclasses import dataclass, field
from typing import Any

import psutil

# Before so many calls, growth is warming up.
WARM_UP_CALLS = 500
LEAK_BYTES = 100 * 1024 * 1024


@dataclass
class Growth:
    """Resident memory since the process was warm: bytes, over so many calls."""

    start_bytes: int = 0
    start_calls: int = 0

    def of(self, resident: int, calls: int) -> tuple[int, int]:
        """How much it has grown, and over how many calls; nothing before it is warm."""
        if calls < WARM_UP_CALLS:
            return 0, 0
        if not self.start_bytes:
            self.start_bytes, self.start_calls = resident, calls
        return max(resident - self.start_bytes, 0), calls - self.start_calls


@dataclass
class Self:
    """Made anew after a fork. `kind`: web, worker, websocket or command."""

    kind: str
    pid: int = field(default_factory=os.getpid)
    host: str = field(default_factory=socket.gethostname)
    growth: Growth = field(default_factory=Growth)
    calls: int = 0

    def __post_init__(self) -> None:
        self._psutil = psutil.Process(self.pid)
        self.started_at = self._psutil.create_time()
        self._psutil.cpu_percent()

    @property
    def name(self) -> str:
        return f"{self.host}:{self.pid}:{self.started_at:.0f}"

    def gauges(self, *, now: float) -> dict[str, Any]:
        """Bytes, Unix seconds, and per cent of one core."""
        resident = self._psutil.memory_info().rss
        grown, over = self.growth.of(resident, self.calls)
        return {
            "kind": self.kind,
            "host": self.host,
            "pid": self.pid,
            "started_at": self.started_at,
            "seen_at": now,
            "calls": self.calls,
            "resident_bytes": resident,
            "grown_bytes": grown,
            "grown_over_calls": over,
            "is_leaking": over > 0 and grown > LEAK_BYTES,
            "cpu_percent": self._psutil.cpu_percent(),
        }
