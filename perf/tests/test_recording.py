"""Percentiles are those of the values themselves, and blocks add up."""

from collections import Counter
from math import ceil
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perf.laboratory.keeping import over_all
from perf.laboratory.recording import Outcome, merged, packed, summary, unpacked
from perf.laboratory.scenario import at_most

seconds = st.floats(min_value=1e-6, max_value=500, allow_nan=False)


def exact(values: list[float], percentile: float) -> float:
    """By sorting, nearest rank."""
    return sorted(values)[max(ceil(percentile / 100 * len(values)), 1) - 1]


@settings(deadline=None)
@given(st.lists(seconds, min_size=1, max_size=300))
def test_percentiles_are_those_of_an_exact_sort(values: list[float]) -> None:
    outcome = Outcome()
    for value in values:
        outcome.record(value)
    found = summary(outcome.histogram, Counter(), 1.0)
    for name, percentile in {"p50_ms": 50, "p90_ms": 90, "p95_ms": 95, "p99_ms": 99}.items():
        expected = exact(values, percentile) * 1000
        assert found[name] == pytest.approx(expected, rel=0.002, abs=0.0011)
    assert found["max_ms"] == pytest.approx(max(values) * 1000, rel=0.002, abs=0.0011)
    assert found["mean_ms"] == pytest.approx(
        sum(values) / len(values) * 1000, rel=0.002, abs=0.0011
    )


@settings(deadline=None)
@given(st.lists(st.lists(seconds, max_size=50), min_size=1, max_size=5))
def test_blocks_together_are_as_one(blocks: list[list[float]]) -> None:
    every = Outcome()
    histograms = []
    for values in blocks:
        part = Outcome()
        for value in values:
            part.record(value)
            every.record(value)
        histograms.append(unpacked(packed(part.histogram)))
    assert summary(merged(histograms), Counter(), 2.0) == summary(every.histogram, Counter(), 2.0)


def test_a_failure_counts_against_success_and_not_for_latency() -> None:
    outcome = Outcome()
    outcome.record(0.01)
    outcome.fail("503 database_away")
    outcome.fail("503 database_away")
    found = summary(outcome.histogram, outcome.errors, 0.5)
    assert found["success_rate"] == pytest.approx(1 / 3)
    assert found["throughput"] == pytest.approx(2)
    assert found["max_ms"] == pytest.approx(10, rel=0.001)


def block(seconds: float = 1.0, **figures: float) -> dict[str, Any]:
    return {"figures": figures, "errors": {}, "histogram": "", "seconds": seconds}


def test_other_figures_are_of_the_median_block_and_peaks_of_the_highest() -> None:
    figures, _ = over_all([block(recovery_s=value, rss_mb=value) for value in (3.0, 1.0, 2.0)])
    assert figures["recovery_s"] == 2.0
    assert figures["rss_mb"] == 3.0


def test_what_must_never_happen_has_happened_when_one_block_in_ten_saw_it() -> None:
    never = at_most("seq_scans", 0, "An index finds it.")
    blocks = [block(seq_scans=float(number == 7)) for number in range(10)]
    figures, _ = over_all(blocks, [never, at_most("p95_ms", 5, "Soon.")])
    assert figures["seq_scans"] == 1
    assert not never.judge(figures)["passed"]


def test_processor_time_is_that_of_all_blocks_together() -> None:
    """Three blocks of four were shorter than the 10 ms in which it is told."""
    spent = [0.0, 0.0, 0.0, 1.0]
    blocks = [
        block(server_cpu=value, cpu_web_ms_per_operation=value, operations=10.0) for value in spent
    ]
    blocks[-1]["seconds"], blocks[-1]["figures"]["operations"] = 2.0, 20.0
    figures, _ = over_all(blocks)
    assert figures["server_cpu"] == pytest.approx(1 * 2 / 5)
    assert figures["cpu_web_ms_per_operation"] == pytest.approx(1 * 20 / 50)
