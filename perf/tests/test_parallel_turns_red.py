"""What spoils work in parallel is found by its suite."""

import pytest

from fynlo.testing.live import Stack
from perf.tests.broken import measure

pytestmark = pytest.mark.xdist_group("laboratory")


@pytest.mark.parametrize("scenario", ["waiting-thread", "computing-celery", "stopped"])
def test_work_in_parallel_that_is_whole_passes(stack: Stack, scenario: str) -> None:
    found = measure(stack, "parallel", scenario, is_whole=True)
    assert (found.says, found.errors) == ("", {})


def test_a_strategy_that_takes_turns_instead_is_found(stack: Stack) -> None:
    found = measure(stack, "parallel", "waiting-thread", settings="perf.tests.lonely_worker")
    assert "speedup is " in found.says
    assert "must be (at least 5)" in found.says
