"""The process that measures: it stands beside one stack, is told block after block on standard
input, and answers in lines of JSON on standard output. What else it prints goes to standard error.
"""

import sys
import time
from collections.abc import Callable
from typing import Any, TextIO

import orjson
from django.db import connections

from fynlo.clock import utc_now
from perf.laboratory.configured import configured
from perf.laboratory.context import Context, Options, Target
from perf.laboratory.machine import calibrate
from perf.laboratory.recording import Outcome, packed, summary
from perf.laboratory.scenario import Scenario
from perf.laboratory.suites import scenarios_of
from perf.laboratory.watching import Watch

PROGRESS_EVERY_S = 0.25


def serve(orders: TextIO, answers: TextIO) -> None:
    """The first line is the target, the options and the suite; each other the name of a scenario
    of which one block is to be measured."""
    first = orjson.loads(orders.readline())
    target, options = Target(**first["target"]), Options(**first["options"])
    scenarios = {scenario.name: scenario for scenario in scenarios_of(first["suite"])}
    lab = Context(target, options)
    say = _speaker(answers)
    say({"ready": True, "settings": configured(target.pid)})
    for line in orders:
        say({"block": block(lab, scenarios[line.strip()], say)})


def _speaker(answers: TextIO) -> Callable[[dict[str, Any]], None]:
    def say(message: dict[str, Any]) -> None:
        answers.write(orjson.dumps(message).decode() + "\n")
        answers.flush()

    return say


def block(
    lab: Context, scenario: Scenario, say: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """One measurement, as it is kept. What goes wrong outside of an operation is an error too."""
    last = 0.0

    def report(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last > PROGRESS_EVERY_S:
            last = time.monotonic()
            say({"progress": {"done": done, "total": total}})

    lab.report = report
    started_at = utc_now().isoformat()
    calibration = calibrate(rounds=3)["loop_ms"]
    with Watch(lab.target.pid) as watch:
        outcome = _measure(lab, scenario)
    lab.close()
    connections.close_all()
    kept = {"started_at": started_at, "calibration_ms": calibration}
    return kept | _as_kept(outcome, watch)


def _measure(lab: Context, scenario: Scenario) -> Outcome:
    started = time.perf_counter()
    try:
        outcome = scenario.measure(lab)
    except Exception as error:  # noqa: BLE001 the run goes on, and says what happened
        _print_trace()
        outcome = Outcome()
        outcome.fail(f"{type(error).__name__}: {error}")
    outcome.seconds = outcome.seconds or time.perf_counter() - started
    return outcome


def _print_trace() -> None:
    sys.excepthook(*sys.exc_info())


def _as_kept(outcome: Outcome, watch: Watch) -> dict[str, Any]:
    figures = summary(outcome.histogram, outcome.errors, outcome.seconds)
    if outcome.counted:
        figures["statements_per_request"] = outcome.statements / outcome.counted
    figures |= watch.figures
    figures |= _cpu(outcome, watch)
    return {
        "histogram": packed(outcome.histogram),
        "errors": dict(outcome.errors),
        "seconds": outcome.seconds,
        "figures": {**figures, **outcome.figures},
        "skipped": outcome.skipped,
    }


def _cpu(outcome: Outcome, watch: Watch) -> dict[str, float]:
    """`server_cpu` is a share of one core (1.5: one and a half). What an operation costs is told
    only where the operations were watched, without their warm-up; elsewhere the share is that of
    the whole block."""
    if not watch.figures:
        return {}
    if not outcome.cpu_s:
        return {"server_cpu": watch.cpu_seconds() / watch.seconds}
    found = {"server_cpu": sum(outcome.cpu_s.values()) / outcome.seconds}
    for name, spent in outcome.cpu_s.items():
        found[f"cpu_{name}_ms_per_operation"] = spent * 1000 / max(outcome.operations, 1)
    return found
