"""Runs as they are kept: written block by block, read by a piece of their id or by age."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Prefetch, QuerySet

from fynlo.clock import utc_now
from fynlo.db import durable
from perf.laboratory import machine
from perf.laboratory.recording import merged, summary, unpacked
from perf.laboratory.scenario import Criterion
from perf.laboratory.scenario import Scenario as Declared
from perf.models.runs import BenchmarkRun, RunState, Sample, Scenario

PEAKS = ("rss_", "max_")
_PIECE_OF_ID = re.compile(r"[0-9a-fA-F-]+")
# Of processor time: its share of the clock's, and what each operation takes of it.
SHARE_OF_TIME, FOR_EACH = "server_cpu", "_ms_per_operation"


class NoSuchRun(Exception):
    """No run has that id, or more than one begins with it."""


def begin(run: BenchmarkRun, folder: Path) -> None:
    """Says what is measured (the checkout in `folder`) and where, and saves it as running."""
    calibration = machine.calibrate()
    run.loop_ms, run.noise = calibration["loop_ms"], calibration["noise"]
    run.commit, run.machine = machine.commit(folder), machine.describe()
    run.state = RunState.RUNNING
    run.save()
    _give_back()


def tell(run: BenchmarkRun, **progress: Any) -> None:
    """For who watches."""
    run.progress = progress
    run.save(update_fields=["progress"])
    _give_back()


def _give_back() -> None:
    """To the pool, between two things to write down: a scenario may take minutes."""
    if not connection.in_atomic_block:
        connection.close()


def keep(
    run: BenchmarkRun, suite: str, declared: Declared, blocks: list[dict[str, Any]]
) -> Scenario:
    """A scenario that was measured, with its verdicts."""
    skipped = next(filter(None, [block.pop("skipped", "") for block in blocks]), "")
    figures, errors = over_all(blocks, declared.criteria)
    verdicts = [] if skipped else declared.verdicts(figures, quick=run.is_quick)
    with durable():
        scenario = Scenario.objects.create(
            run=run,
            position=run.scenarios.count(),
            suite=suite,
            name=declared.name,
            title=declared.title,
            unit=declared.unit,
            figures=figures,
            errors=errors,
            verdicts=verdicts,
            passed=not skipped and all(verdict["passed"] for verdict in verdicts),
            skipped=skipped,
        )
        Sample.objects.bulk_create(
            Sample(scenario=scenario, position=position, **block)
            for position, block in enumerate(blocks)
        )
    return scenario


def over_all(
    blocks: list[dict[str, Any]], criteria: Iterable[Criterion] = ()
) -> tuple[dict[str, float], dict[str, int]]:
    """Figures and errors of all blocks together: percentiles from one histogram, processor time by
    what it was spent on, of peaks the highest, and of anything else the median block.

    What a criterion wants never to happen (at most 0) is that of the worst block: once in ten is
    not never.
    """
    names = {name for block in blocks for name in block["figures"]}
    never = {one.metric for one in criteria if one.is_ceiling and one.limit == 0}
    figures = {name: _over_all(name, blocks, worst=name in never) for name in sorted(names)}
    errors: Counter[str] = Counter()
    for block in blocks:
        errors.update(block["errors"])
    histogram = merged([unpacked(block["histogram"]) for block in blocks if block["histogram"]])
    seconds = sum(block["seconds"] for block in blocks)
    return figures | summary(histogram, errors, seconds), dict(errors)


def _over_all(name: str, blocks: list[dict[str, Any]], *, worst: bool) -> float:
    known = [block for block in blocks if name in block["figures"]]
    values: list[float] = [block["figures"][name] for block in known]
    if worst or name.startswith(PEAKS):
        return max(values)
    if name == SHARE_OF_TIME:
        return _mean(values, [block["seconds"] for block in known])
    if name.endswith(FOR_EACH):
        return _mean(values, [block["figures"]["operations"] for block in known])
    return median(values)


def _mean(values: list[float], weights: list[float]) -> float:
    """Processor time is told in steps of 10 ms, and a block may be shorter: together they are
    right, one by one they are not."""
    weighed = [value * weight for value, weight in zip(values, weights, strict=True)]
    return sum(weighed) / (sum(weights) or 1)


def end(run: BenchmarkRun) -> None:
    """Passed when every scenario has that was not skipped."""
    failed = run.scenarios.filter(passed=False, skipped="")
    passed = run.scenarios.exists() and not failed.exists()
    run.state = RunState.PASSED if passed else RunState.FAILED
    _close(run)


def break_off(run: BenchmarkRun, why: str) -> None:
    run.state, run.failure = RunState.BROKEN, why
    _close(run)


def _close(run: BenchmarkRun) -> None:
    run.ended_at, run.progress = utc_now(), {}
    run.save()


def runs() -> QuerySet[BenchmarkRun]:
    """The newest first."""
    return BenchmarkRun.objects.order_by("-started_at")


def find(text: str) -> BenchmarkRun:
    """By the id, its last characters (`list` prints eight), or `latest`. Raises NoSuchRun."""
    if text == "latest":
        found = list(runs()[:1])
    elif not _PIECE_OF_ID.fullmatch(text):
        found = []
    else:
        found = _by_id(text) or list(runs().filter(id__iendswith=text.replace("-", ""))[:2])
    if len(found) != 1:
        raise NoSuchRun(f"{len(found) or 'No'} runs are called {text!r}: see `benchmark list`.")
    return found[0]


def _by_id(text: str) -> list[BenchmarkRun]:
    try:
        return list(BenchmarkRun.objects.filter(pk=UUID(text)))
    except (ValueError, ValidationError):
        return []


def scenarios_of(run: BenchmarkRun) -> list[Scenario]:
    """With their samples, in the order in which they were measured."""
    samples = Prefetch("samples", Sample.objects.order_by("position"))
    return list(run.scenarios.order_by("position").prefetch_related(samples))


def histogram_of(samples: Iterable[Sample]) -> Any:
    """All blocks of a scenario in one HdrHistogram, microseconds."""
    return merged([unpacked(sample.histogram) for sample in samples if sample.histogram])
