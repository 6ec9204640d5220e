"""Runs beside one another: which way is worse, and whether it is more than chance.

What is measured is work of this process, by its own processor time, in slices that take turns:
what else the machine does must not decide a test.
"""

import hashlib
import time
from collections.abc import Iterator, Sequence
from statistics import median
from uuid import UUID

import pytest

from fynlo.clock import utc_now
from fynlo.db import new_id
from perf.laboratory.comparing import compare, more_is_better
from perf.laboratory.suites import SUITES, scenarios_of
from perf.models.runs import BenchmarkRun, RunState, Sample, Scenario

pytestmark = pytest.mark.django_db
ROUNDS, BLOCKS, SLICES = 20, 10, 7
USUAL, TENTH_MORE = 500, 550


def kept(
    values: Sequence[float],
    *,
    metric: str = "p50_ms",
    calibration_ms: Sequence[float] = (),
    pair: UUID | None = None,
) -> BenchmarkRun:
    """A run of one scenario, a block for each value."""
    now = utc_now()
    run = BenchmarkRun.objects.create(
        suite="api", started_at=now, seed=1, state=RunState.PASSED, pair=pair
    )
    scenario = Scenario.objects.create(
        run=run, position=0, suite="api", name="look", figures={metric: median(values)}
    )
    Sample.objects.bulk_create(
        Sample(
            scenario=scenario,
            position=position,
            started_at=now,
            seconds=1,
            calibration_ms=calibration_ms[position] if calibration_ms else 1.0,
            figures={metric: value},
        )
        for position, value in enumerate(values)
    )
    return run


def verdict(a: BenchmarkRun, b: BenchmarkRun, *, metric: str = "p50_ms") -> str:
    [found] = compare(a, b, metric=metric)
    return found.ratio.verdict


def work(hashes: int) -> float:
    """Milliseconds of processor that so many hashes take."""
    started = time.thread_time()
    for _ in range(hashes):
        hashlib.sha256(b"fynlo" * 200).digest()
    return (time.thread_time() - started) * 1000


def blocks_of(*sizes: int) -> Iterator[tuple[float, ...]]:
    """Block after block, what each of these sizes took there when it was disturbed the least."""
    for _ in range(BLOCKS):
        slices = [[work(size) for size in sizes] for _ in range(SLICES)]
        yield tuple(min(taken) for taken in zip(*slices, strict=True))


def in_turns() -> tuple[str, str]:
    """What is said of a build beside itself, and of one with a tenth more work."""
    a, same, more = zip(*blocks_of(USUAL, USUAL, TENTH_MORE), strict=True)
    pair = new_id()
    before, after, slow = (kept(values, pair=pair) for values in (a, same, more))
    return verdict(before, after), verdict(before, slow)


def apart(*sizes: int) -> Iterator[BenchmarkRun]:
    """One run after the other, each block beside its calibration."""
    for size in sizes:
        loops, values = zip(*blocks_of(USUAL, size), strict=True)
        yield kept(values, calibration_ms=loops)


def test_builds_that_take_turns_differ_when_their_work_does() -> None:
    same, slower = zip(*(in_turns() for _ in range(ROUNDS)), strict=True)
    assert same.count("no difference") >= 19
    assert slower.count("slower") >= 19


def test_runs_apart_differ_when_their_work_does() -> None:
    same, slower = [], []
    for _ in range(ROUNDS):
        before, after, more = apart(USUAL, USUAL, TENTH_MORE)
        same.append(verdict(before, after))
        slower.append(verdict(before, more))
    assert same.count("no difference") >= 19
    assert slower.count("slower") >= 19


@pytest.mark.parametrize(
    "metric",
    [
        "throughput",
        "success_rate",
        "speedup",
        "core_efficiency",
        "of_2_efficiency",
        "score",
        "active_share",
        "hit_share",
        "lru_share",
        "requests_per_s_by_4",
        "sockets_live_percent",
    ],
)
@pytest.mark.parametrize("takes_turns", [True, False])
def test_half_of_what_should_be_more_is_slower(metric: str, takes_turns: bool) -> None:
    pair = new_id() if takes_turns else None
    before, after = (kept([value] * BLOCKS, metric=metric, pair=pair) for value in (0.8, 0.4))
    assert verdict(before, after, metric=metric) == "slower"
    assert verdict(after, before, metric=metric) == "faster"


@pytest.mark.parametrize(
    "metric",
    ["p95_ms", "rss_web_mb", "growth", "cpu_web_ms_per_operation", "loaded_share", "stale_reads"],
)
def test_half_of_what_should_be_less_is_faster(metric: str) -> None:
    before, after = (kept([value] * BLOCKS, metric=metric) for value in (0.8, 0.4))
    assert verdict(before, after, metric=metric) == "faster"


@pytest.mark.parametrize("suite", SUITES)
def test_a_metric_is_worse_in_the_direction_of_its_limit(suite: str) -> None:
    """A limit from both sides, as of when the pool grows, has no direction."""
    for declared in scenarios_of(suite):
        judged = Scenario(verdicts=declared.verdicts({}, quick=False))
        for criterion in declared.criteria:
            sides = {one.is_ceiling for one in declared.criteria if one.metric == criterion.metric}
            more = more_is_better(judged, criterion.metric)
            assert len(sides) == 2 or more is not criterion.is_ceiling, (declared.name, criterion)
