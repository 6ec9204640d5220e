"""What spoils the pool is found by its suite."""

import psycopg2
import pytest

from fynlo.testing.live import Stack
from perf.tests.broken import measure

pytestmark = pytest.mark.xdist_group("laboratory")


@pytest.mark.parametrize("scenario", ["acquire", "busy", "exhausted-web", "sessions-ended", "leak"])
def test_a_pool_that_is_whole_passes(stack: Stack, scenario: str) -> None:
    found = measure(stack, "pool", scenario, is_whole=True)
    assert (found.says, found.errors) == ("", {})


def test_a_connection_that_is_not_given_back_is_found(stack: Stack) -> None:
    found = measure(stack, "pool", "long-use", settings="perf.tests.forgetful_pool")
    assert "not_given_back is 20, but must be (at most 0)" in found.says
    assert any("lent out" in kind for kind in found.errors)


def test_a_pool_in_which_some_wait_for_ever_is_found(stack: Stack) -> None:
    found = measure(stack, "pool", "busy", settings="perf.tests.barging_pool")
    assert "least_served_share is " in found.says
    assert "but must be (at least 0.5). Who asked first is served first." in found.says


def test_a_dead_connection_that_is_lent_is_found(stack: Stack) -> None:
    found = measure(stack, "pool", "sessions-ended", settings="perf.tests.trusting_pool")
    assert "replaced is 0, but must be (at least 19)" in found.says
    assert "success_rate is 0" in found.says


def test_a_refusal_that_does_not_say_when_to_come_again_is_found(stack: Stack) -> None:
    found = measure(stack, "pool", "exhausted-web", settings="perf.tests.curt_refusals")
    assert "success_rate is 0" in found.says
    assert found.errors == {"AssertionError: 503, retry-after: None": 10}


def test_a_postgres_without_room_is_found(stack: Stack) -> None:
    """Somebody else holds what the pool would grow into."""
    held = [psycopg2.connect(stack.variables["DATABASE_URL"]) for _ in range(200)]
    try:
        found = measure(stack, "pool", "growth")
    finally:
        for connection in held:
            connection.close()
    assert "grown_to is " in found.says
    assert any("too many clients" in kind for kind in found.errors)
