"""A run on a terminal: a bar where it can be drawn, and a line for each scenario."""

import sys
from shutil import get_terminal_size

from django.core.management.base import OutputWrapper
from django.core.management.color import Style

from perf.models.runs import BenchmarkRun, Scenario

BAR = 24
NAME = 34


class Screen:
    def __init__(self, out: OutputWrapper, style: Style) -> None:
        self._out, self._style = out, style
        self._draws = sys.stdout.isatty()
        self._drawn = ""

    def begins(self, what: str) -> None:
        self._wipe()
        self._out.write(what)

    def is_at(self, scenario: str, share: float) -> None:
        if not self._draws:
            return
        full = round(share * BAR)
        line = f"  {scenario:<{NAME}} {'█' * full}{'░' * (BAR - full)} {share:4.0%}"
        if line != self._drawn:
            self._drawn = line
            self._out.write(f"\r{line[: get_terminal_size().columns - 1]}", ending="")
            self._out.flush()

    def measured(self, run: BenchmarkRun, scenario: Scenario) -> None:
        self._wipe()
        if scenario.skipped:
            self._out.write(f"  skip {scenario.name:<{NAME}} {scenario.skipped}")
            return
        mark = self._style.SUCCESS("ok  ") if scenario.passed else self._style.ERROR("FAIL")
        self._out.write(f"  {mark} {scenario.name:<{NAME}} {_figures(scenario)}")
        for verdict in scenario.verdicts:
            if not verdict["passed"]:
                self._out.write(self._style.ERROR(f"       {verdict['says']}"))
        for kind, count in scenario.errors.items():
            self._out.write(self._style.ERROR(f"       {count} × {kind}"))

    def ends(self, suite: str, seconds: float) -> None:
        self._wipe()
        self._out.write(f"{suite} took {seconds:.0f} s, with its stack")

    def _wipe(self) -> None:
        if self._drawn:
            self._out.write("\r" + " " * len(self._drawn) + "\r", ending="")
            self._drawn = ""


def _figures(scenario: Scenario) -> str:
    """The latencies, or else what the scenario has criteria for."""
    figures = scenario.figures
    if "p50_ms" in figures:
        return (
            f"mean {figures['mean_ms']:8.2f}  p50 {figures['p50_ms']:8.2f}"
            f"  p95 {figures['p95_ms']:8.2f}  p99 {figures['p99_ms']:8.2f} ms"
            f"  {figures['throughput']:8.1f}/s"
        )
    names = [verdict["metric"] for verdict in scenario.verdicts if verdict["value"] is not None]
    return "  ".join(f"{name} {figures[name]:.6g}" for name in names)
