"""Runs: stacks are started, scenarios measured block after block, and what is found is kept.

With two sides (two commits, or one twice) the blocks take turns, A B A B: whatever the machine
does meanwhile, it does to both.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import close_old_connections

from perf.laboratory.bench import Bench
from perf.laboratory.context import Options
from perf.laboratory.keeping import begin, break_off, end, keep, tell
from perf.laboratory.scenario import Scenario as Declared
from perf.laboratory.stack import Wanted, stack_to_measure
from perf.laboratory.suites import scenarios_of
from perf.models.runs import BenchmarkRun, Scenario

TELL_EVERY_S = 0.5
# Times as many blocks when builds take turns: it is the pairs that tell chance from change.
TURNS = 3


class Watcher(Protocol):
    """Who is told of a run while it goes on."""

    def begins(self, what: str) -> None: ...

    def is_at(self, scenario: str, share: float) -> None: ...

    def measured(self, run: BenchmarkRun, scenario: Scenario) -> None: ...

    def ends(self, suite: str, seconds: float) -> None: ...


@dataclass
class Side:
    """One of those who take turns: its run, and the stack that it wants."""

    run: BenchmarkRun
    wanted: Wanted


@dataclass
class Laboratory:
    """One piece of work: `sides` take turns, `watcher` is told."""

    sides: list[Side]
    options: Options
    watcher: Watcher

    def run(self, suites: list[str], *, only: str = "") -> None:
        """Every run is kept, also when it is broken off, as by Ctrl-C. `only` names a scenario, or
        how the names of some begin."""
        try:
            for side in self.sides:
                begin(side.run, side.wanted.project)
            for suite in suites:
                self._run_suite(suite, only)
        except BaseException as error:
            for side in self.sides:
                break_off(side.run, f"{type(error).__name__}: {error}")
            raise
        for side in self.sides:
            end(side.run)

    def _run_suite(self, suite: str, only: str) -> None:
        began = time.monotonic()
        self.watcher.begins(f"{suite}: starting a stack")
        for side in self.sides:
            tell(side.run, suite=suite, scenario="starting a stack", share=0.0)
        with ExitStack() as opened:
            benches = [self._bench(side, suite, opened) for side in self.sides]
            for side, bench in zip(self.sides, benches, strict=True):
                side.run.settings = bench.settings()
            for declared in scenarios_of(suite, only=only):
                if not declared.is_left_out(quick=self.options.quick, only=only):
                    self._run_scenario(suite, declared, benches)
        seconds = round(time.monotonic() - began, 1)
        for side in self.sides:
            side.run.suite_seconds[suite] = seconds
        self.watcher.ends(suite, seconds)

    def _bench(self, side: Side, suite: str, opened: ExitStack) -> Bench:
        target = opened.enter_context(stack_to_measure(side.wanted))
        return opened.enter_context(Bench(target, self.options, suite, wanted=side.wanted))

    def _run_scenario(self, suite: str, declared: Declared, benches: list[Bench]) -> None:
        count = declared.blocks_for(quick=self.options.quick)
        if len(self.sides) > 1 and count > 1:
            count *= TURNS
        blocks: list[list[dict[str, Any]]] = [[] for _ in self.sides]
        for number in range(count):
            for side, bench, found in zip(self.sides, benches, blocks, strict=True):
                on_progress = self._teller(side.run, declared.name, number, count)
                on_progress(0, 1)
                found.append(bench.measure(declared, on_progress))
        # What was measured may have restarted the PostgreSQL in which runs are kept.
        close_old_connections()
        for side, found in zip(self.sides, blocks, strict=True):
            self.watcher.measured(side.run, keep(side.run, suite, declared, found))

    def _teller(
        self, run: BenchmarkRun, scenario: str, number: int, count: int
    ) -> Callable[[int, int], None]:
        """Of the `number`th block of `count`: how much of it is done."""
        last = 0.0

        def on_progress(done: int, total: int) -> None:
            nonlocal last
            share = (number + (min(done / total, 1.0) if total else 0.5)) / count
            self.watcher.is_at(scenario, share)
            if time.monotonic() - last > TELL_EVERY_S:
                last = time.monotonic()
                tell(run, **{**run.progress, "scenario": scenario, "share": round(share, 3)})

        return on_progress
