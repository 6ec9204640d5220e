"""Several runs in one short page of Markdown: what was judged, what was found, what failed."""

from collections.abc import Iterator
from typing import Any

from perf.laboratory.keeping import scenarios_of
from perf.models.runs import BenchmarkRun, Scenario

RUNS = (
    "| suite | run | measured (UTC) | min | commit | noise | load | seed | result |",
    "|---|---|---|---:|---|---:|---:|---:|---|",
)
SCENARIOS = (
    "| scenario | result | p50 ms | p95 ms | p99 ms | per second | criteria |",
    "|---|---|---:|---:|---:|---:|---|",
)
COLUMNS = ("p50_ms", "p95_ms", "p99_ms", "throughput")


def as_markdown(runs: list[BenchmarkRun]) -> str:
    """Tables of the runs and of their scenarios; what failed comes first, with its reason."""
    found = {run: scenarios_of(run) for run in runs}
    scenarios = [scenario for of_one in found.values() for scenario in of_one]
    failed = [scenario for scenario in scenarios if scenario.failed]
    passed = sum(scenario.passed for scenario in scenarios)
    lines = ["# Benchmark report", "", f"{passed} of {len(scenarios)} scenarios passed.", ""]
    lines += [*RUNS, *(_run(run, found[run]) for run in runs), ""]
    lines += [*sorted({_machine(run.machine) for run in runs}), "", "## What failed", ""]
    lines += [*map(_failure, failed), *_broken(runs)] or ["Nothing."]
    for run, of_one in found.items():
        lines += ["", f"## {run.suite}", "", *SCENARIOS, *map(_scenario, of_one)]
    return "\n".join(lines) + "\n"


def _run(run: BenchmarkRun, scenarios: list[Scenario]) -> str:
    took = (run.ended_at - run.started_at).total_seconds() / 60 if run.ended_at else 0
    passed = sum(scenario.passed for scenario in scenarios)
    kind = f"{run.suite}, quick" if run.is_quick else run.suite
    return (
        f"| {kind} | `{run.pk.hex[-8:]}` | {run.started_at:%Y-%m-%d %H:%M} | {took:.1f}"
        f" | `{run.short_commit}` | {run.noise:.0%} | {run.machine.get('load_average', '')}"
        f" | {run.seed} | {run.get_state_display()}, {passed} of {len(scenarios)} |"
    )


def _machine(machine: dict[str, Any]) -> str:
    """A line of its own, the same for all runs on one machine."""
    packages = ", ".join(f"{name} {of}" for name, of in machine.get("packages", {}).items())
    return (
        f"{machine.get('cpu')}, {machine.get('cores')} cores, {machine.get('memory_mb')} MB,"
        f" {machine.get('system')}, Python {machine.get('python')}, {packages}."
    )


def _failure(scenario: Scenario) -> str:
    missed = [verdict["says"] for verdict in scenario.verdicts if not verdict["passed"]]
    errors = [f"{count} × {kind}." for kind, count in scenario.errors.items()]
    return f"- **{scenario}**: {_cell(' '.join([*missed, *errors]))}"


def _broken(runs: list[BenchmarkRun]) -> Iterator[str]:
    for run in runs:
        if run.failure:
            yield f"- **{run.suite}** was broken off: {_cell(run.failure)}"


def _scenario(scenario: Scenario) -> str:
    figures = [scenario.figures.get(name) for name in COLUMNS]
    shown = ["" if value is None else _short(value) for value in figures]
    result = "**failed**" if scenario.failed else "skipped" if scenario.skipped else "passed"
    criteria = "<br>".join(map(_criterion, scenario.verdicts)) or scenario.skipped
    name = f"{scenario.name}: {_cell(scenario.title)}"
    return f"| {name} | {result} | {' | '.join(shown)} | {criteria} |"


def _criterion(verdict: dict[str, Any]) -> str:
    value = "not measured" if verdict["value"] is None else f"{verdict['value']:.6g}"
    sign = "≤" if verdict["is_ceiling"] else "≥"
    excuse = ", not judged" if verdict.get("excuse") else ""
    text = f"{verdict['metric']} {value} ({sign} {verdict['limit']:g}{excuse})"
    return text if verdict["passed"] else f"**{text}**"


def _short(value: float) -> str:
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
