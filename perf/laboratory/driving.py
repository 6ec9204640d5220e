"""Load: the same operation over and over, by one after the other, by many at once, at a rate."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Any

from perf.laboratory.context import Context
from perf.laboratory.recording import Outcome
from perf.laboratory.till import Answer, Refused
from perf.laboratory.watching import Spending

Operation = Callable[[], object]
# Called once for each worker before the clock starts: opens what the worker needs.
Workload = Callable[[Context], Operation]


@dataclass(frozen=True)
class Workers:
    """Closed loop: each of so many workers asks again as soon as it has its answer.

    `iterations` are each worker's in the whole run, dealt out over the blocks. When a duration is
    asked for, every block takes that part of it instead.
    """

    workers: int = 1
    iterations: int = 50
    warm_up: int = 3
    blocks: int = 10

    def drive(self, lab: Context, workload: Workload) -> Outcome:
        operations = [workload(lab) for _ in range(lab.options.users or self.workers)]
        _warm_up(operations, self.warm_up)
        each = max(1, round(self.iterations / self.blocks))
        duration = lab.options.duration_s / self.blocks
        progress = Progress(lab, 0 if duration else each * len(operations))

        def work(operation: Operation, outcome: Outcome, started: float) -> None:
            done = 0
            while time.perf_counter() - started < duration if duration else done < each:
                attempt(operation, outcome, time.perf_counter())
                done += 1
                progress.step()

        return _together(lab, operations, work)


def sequential(*, iterations: int = 50, warm_up: int = 3) -> Workers:
    return Workers(workers=1, iterations=iterations, warm_up=warm_up)


@dataclass(frozen=True)
class AtRate:
    """Open loop: an operation begins every 1/`per_second` s, whether or not others have ended.

    Latency counts from when the operation was meant to begin. Somebody who has to wait because
    the server stalls is counted with all of the wait, as a guest at the counter would.
    """

    per_second: float
    seconds: float = 10.0
    workers: int = 32
    warm_up: int = 2
    blocks: int = 10

    def drive(self, lab: Context, workload: Workload) -> Outcome:
        operations = [workload(lab) for _ in range(lab.options.users or self.workers)]
        _warm_up(operations, self.warm_up)
        seconds = (lab.options.duration_s or self.seconds) / self.blocks
        intended = Turns(max(1, round(self.per_second * seconds)), 1 / self.per_second)
        progress = Progress(lab, intended.total)

        def work(operation: Operation, outcome: Outcome, started: float) -> None:
            while (due := intended.next_after(started)) is not None:
                time.sleep(max(0.0, due - time.perf_counter()))
                attempt(operation, outcome, due)
                progress.step()

        return _together(lab, operations, work)


class Turns:
    """When each operation is meant to begin, handed out in order to whoever is free."""

    def __init__(self, total: int, interval: float) -> None:
        self.total = total
        self._interval = interval
        self._given = 0
        self._lock = Lock()

    def next_after(self, started: float) -> float | None:
        with self._lock:
            if self._given == self.total:
                return None
            due = started + self._given * self._interval
            self._given += 1
        return due


class Progress:
    """Tells the run how far it is. `total` is 0 when only the time is known."""

    def __init__(self, lab: Context, total: int) -> None:
        self._lab, self._total, self._done = lab, total, 0

    def step(self) -> None:
        self._done += 1
        self._lab.report(self._done, self._total)


def drive(workload: Workload, load: Workers | AtRate) -> Callable[[Context], Outcome]:
    """What a scenario measures: this workload under this load."""
    return lambda lab: load.drive(lab, workload)


def _warm_up(operations: list[Operation], times: int) -> None:
    """Connections, caches and plans. What fails here will fail again when it is counted."""
    for operation in operations:
        for _ in range(times):
            attempt(operation, Outcome(), time.perf_counter())


def _together(
    lab: Context, operations: list[Operation], work: Callable[[Operation, Outcome, float], None]
) -> Outcome:
    """All of them at once, each with a histogram of its own. What the stack's services spend is
    counted from here: what was opened and warmed up before is not theirs."""
    outcomes = [Outcome() for _ in operations]
    spent = Spending(lab.target.pid)
    started = time.perf_counter() + 0.01
    threads = [
        Thread(target=work, args=(operation, outcome, started), daemon=True)
        for operation, outcome in zip(operations, outcomes, strict=True)
    ]
    time.sleep(max(0.0, started - time.perf_counter()))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = Outcome(seconds=time.perf_counter() - started, cpu_s=spent.by_service())
    for outcome in outcomes:
        total.add(outcome)
    return total


def attempt(operation: Operation, outcome: Outcome, started: float | None = None) -> None:
    """Once; it counts from now unless it was meant to begin at `started` (perf_counter)."""
    started = time.perf_counter() if started is None else started
    try:
        answer: Any = operation()
    except Refused as refused:
        outcome.fail(refused.kind)
    except Exception as error:  # noqa: BLE001 an error of any kind is a result
        outcome.fail(f"{type(error).__name__}: {error}".splitlines()[0])
    else:
        outcome.record(time.perf_counter() - started)
        if isinstance(answer, Answer) and answer.statements is not None:
            outcome.statements += answer.statements
            outcome.counted += 1
