"""Two runs side by side, scenario by scenario."""

import re
from dataclasses import dataclass

from perf.laboratory.keeping import scenarios_of
from perf.laboratory.statistics import Ratio, paired_ratio, unpaired_ratio
from perf.models.runs import BenchmarkRun, Sample, Scenario

METRIC = "p50_ms"
# Names of figures of which more is better; each but the last is the end of one.
MORE_IS_BETTER = re.compile(
    r"(throughput|operations|score|speedup|success_rate|_efficiency|_percent|_share)$|_per_s(_|$)"
)
# The share of a cache's reads that had to ask PostgreSQL.
LESS_IS_BETTER = ("loaded_share",)
IS_TIME = re.compile(r"_(ms|us|s)(_|$)|^throughput$")
NOTHING = Ratio(1.0, 0.0, float("inf"), 0)


@dataclass(frozen=True)
class Compared:
    """One scenario that both runs have. `before` and `after` are the metric over all blocks."""

    suite: str
    name: str
    before: float
    after: float
    ratio: Ratio


def compare(a: BenchmarkRun, b: BenchmarkRun, *, metric: str = METRIC) -> list[Compared]:
    """`b` against `a`. A ratio above 1 is worse, also of a metric of which more is better.

    Runs that took turns are compared block with block. Of others each block is divided by the
    calibration loop just before it, so that a slower machine is not taken for a slower build, and
    a difference has to be larger than either machine was noisy.
    """
    known = {(scenario.suite, scenario.name): scenario for scenario in scenarios_of(a)}
    pairs = [
        (known[key], after)
        for after in scenarios_of(b)
        if (key := (after.suite, after.name)) in known
    ]
    took_turns = a.pair is not None and a.pair == b.pair
    noise = max(a.noise, b.noise)
    return [
        Compared(
            after.suite,
            after.name,
            before.figures[metric],
            after.figures[metric],
            _turn_by_turn(before, after, metric)
            if took_turns
            else _apart(before, after, metric, noise),
        )
        for before, after in pairs
        if metric in before.figures and metric in after.figures
    ]


def _turn_by_turn(before: Scenario, after: Scenario, metric: str) -> Ratio:
    more = more_is_better(after, metric)
    a = {sample.position: _cost(sample, metric, more) for sample in before.samples.all()}
    b = {sample.position: _cost(sample, metric, more) for sample in after.samples.all()}
    both = [at for at in a if a[at] > 0 and b.get(at, 0) > 0]
    return paired_ratio([a[at] for at in both], [b[at] for at in both]) if both else NOTHING


def _apart(before: Scenario, after: Scenario, metric: str, noise: float) -> Ratio:
    more = more_is_better(after, metric)
    a = [cost for sample in before.samples.all() if (cost := _calibrated(sample, metric, more)) > 0]
    b = [cost for sample in after.samples.all() if (cost := _calibrated(sample, metric, more)) > 0]
    return unpaired_ratio(a, b, noise=noise) if a and b else NOTHING


def more_is_better(scenario: Scenario, metric: str) -> bool:
    """As the scenario's criteria have it: what must be at least something should be more. Of what
    they do not judge, or limit from both sides, the name of the metric says."""
    sides = {row["is_ceiling"] for row in scenario.verdicts if row["metric"] == metric}
    if len(sides) == 1:
        return not sides.pop()
    return metric not in LESS_IS_BETTER and bool(MORE_IS_BETTER.search(metric))


def _cost(sample: Sample, metric: str, more: bool) -> float:
    """Of which less is better; 0 when the block has no such figure."""
    value = float(sample.figures.get(metric, 0))
    return 1 / value if value and more else value


def _calibrated(sample: Sample, metric: str, more: bool) -> float:
    cost = _cost(sample, metric, more)
    is_time = IS_TIME.search(metric)
    return cost / sample.calibration_ms if is_time and sample.calibration_ms else cost
