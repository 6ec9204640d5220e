"""A line over commits is of runs of one kind."""

from datetime import timedelta

import pytest

from fynlo.clock import utc_now
from perf.laboratory.history import as_html, points
from perf.models.runs import BenchmarkRun, RunState, Scenario

pytestmark = pytest.mark.django_db


def kept(value: float, *, quick: bool) -> None:
    run = BenchmarkRun.objects.create(
        suite="api",
        is_quick=quick,
        started_at=utc_now() + timedelta(seconds=BenchmarkRun.objects.count()),
        seed=1,
        state=RunState.PASSED,
    )
    Scenario.objects.create(
        run=run, position=0, suite="api", name="look", figures={"p50_ms": value}
    )


def line() -> list[float]:
    return [point.value for point in points("api", "look", "p50_ms")]


def test_quick_runs_are_a_line_until_there_is_a_full_one() -> None:
    kept(1.0, quick=True)
    kept(2.0, quick=True)
    assert line() == [1.0, 2.0]
    assert "Quick runs: there is no full one yet." in as_html("", points("api", "look", "p50_ms"))
    kept(3.0, quick=False)
    kept(4.0, quick=True)
    kept(5.0, quick=False)
    assert line() == [3.0, 5.0]
    assert "Full runs only" in as_html("", points("api", "look", "p50_ms"))
