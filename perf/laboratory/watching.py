"""What the measured stack uses meanwhile: processor and memory of each of its services."""

import os
import time
from contextlib import suppress
from threading import Event, Thread

import psutil

EVERY_S = 0.2
SERVICES = {
    "postgres": "postgres",
    "redis": "redis",
    "granian": "web",
    "uvicorn": "ws",
    "beat": "beat",
    "celery": "worker",
}


def service_of(words: str) -> str:
    """The service to which a process with this command line belongs."""
    return next((name for word, name in SERVICES.items() if word in words), "other")


class Spending:
    """Processor time of a stack's services from now on; of none when `pid` is 0."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._before = _cpu_seconds(pid)

    def by_service(self) -> dict[str, float]:
        """Seconds since. Of a process that has ended in the meantime, too, with its parent's; what
        the parent of a service's processes took along when it was killed is missing."""
        now = _cpu_seconds(self._pid)
        return {name: max(at - self._before.get(name, 0.0), 0.0) for name, at in now.items()}

    def seconds(self) -> float:
        return sum(self.by_service().values())


class Watch:
    """A context manager; `figures` afterwards: the highest memory of each service (`rss_…_mb`) and
    `others_cpu`, the share of all cores that neither the stack nor this process and its children
    used."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._stop = Event()
        self._peaks: dict[str, int] = {}
        self._thread = Thread(target=self._look_often, daemon=True)
        self._began, self._ours, self._all = time.monotonic(), _seconds_of_ours(), _seconds_of_all()
        self._spending = Spending(pid)
        self._spent = self.seconds = 0.0
        self.figures: dict[str, float] = {}

    def __enter__(self) -> "Watch":
        if self._pid:
            self._look()
            self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._pid:
            self._stop.set()
            self._thread.join()
            self._look()
            self.seconds = time.monotonic() - self._began
            self._spent = self._spending.seconds()
            self.figures = {**self._rss(), "others_cpu": self._others()}

    def cpu_seconds(self) -> float:
        """Spent by the whole stack while it was watched."""
        return self._spent

    def _others(self) -> float:
        ours = _seconds_of_ours() - self._ours + self._spent
        theirs = max(0.0, _seconds_of_all() - self._all - ours)
        return theirs / self.seconds / (os.cpu_count() or 1)

    def _look_often(self) -> None:
        while not self._stop.wait(EVERY_S):
            self._look()

    def _look(self) -> None:
        resident: dict[str, int] = {}
        for process in processes_of(self._pid):
            with suppress(psutil.Error), process.oneshot():
                name = service_of(" ".join(process.cmdline()))
                resident[name] = resident.get(name, 0) + _own_memory(process)
        for name, size in resident.items():
            self._peaks[name] = max(self._peaks.get(name, 0), size)

    def _rss(self) -> dict[str, float]:
        found = {f"rss_{name}_mb": size / 2**20 for name, size in self._peaks.items()}
        return {**found, "rss_mb": sum(self._peaks.values()) / 2**20}


def processes_of(pid: int) -> list[psutil.Process]:
    """The supervisor of a stack and all that it started; none when it is gone."""
    try:
        supervisor = psutil.Process(pid)
        return [supervisor, *supervisor.children(recursive=True)]
    except psutil.Error:
        return []


def _own_memory(process: psutil.Process) -> int:
    """Bytes, without what it shares with others: PostgreSQL's buffers, the code of libraries. That
    is counted with none of them."""
    memory = process.memory_info()
    shared = getattr(memory, "shared", 0)
    return int(memory.rss - shared)


def _cpu_seconds(pid: int) -> dict[str, float]:
    """By service, since each began: of its processes, and of those children of theirs that have
    ended."""
    found: dict[str, float] = {}
    for process in processes_of(pid) if pid else []:
        with suppress(psutil.Error), process.oneshot():
            name = service_of(" ".join(process.cmdline()))
            found[name] = found.get(name, 0.0) + sum(process.cpu_times()[:4])
    return found


def _seconds_of_all() -> float:
    """Processor time of everything on the machine, and what a host took away from it."""
    now = psutil.cpu_times()
    kinds = ("user", "nice", "system", "irq", "softirq", "steal")
    return sum(getattr(now, kind, 0.0) for kind in kinds)


def _seconds_of_ours() -> float:
    """Of this process, its children, and those of them that have ended."""
    seconds = 0.0
    for process in processes_of(os.getpid()):
        with suppress(psutil.Error):
            seconds += sum(process.cpu_times()[:4])
    return seconds


def load_average() -> float:
    return os.getloadavg()[0]
