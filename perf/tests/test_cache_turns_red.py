"""What spoils the cache is found by its suite."""

import pytest

from fynlo.testing.live import Stack
from perf.tests.broken import measure

pytestmark = pytest.mark.xdist_group("laboratory")


@pytest.mark.parametrize(
    "scenario", ["own-copy", "redis", "forgetting", "zipf-10", "policies", "coherence", "stampede"]
)
def test_a_cache_that_is_whole_passes(stack: Stack, scenario: str) -> None:
    found = measure(stack, "cache", scenario, is_whole=True)
    assert (found.says, found.errors) == ("", {})


def test_a_redis_that_hangs_is_found(stack: Stack) -> None:
    with stack.hanging_redis():
        found = measure(stack, "cache", "redis")
    assert "shared_share is 0, but must be (at least 0.99)" in found.says


def test_a_cache_that_forgets_nothing_is_found(stack: Stack) -> None:
    found = measure(stack, "cache", "coherence", settings="perf.tests.stubborn_cache")
    assert "stale_reads is " in found.says
