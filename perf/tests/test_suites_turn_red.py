"""Nothing is simulated: what is broken on purpose is found by its suite, which says what it is."""

import pytest

from fynlo.testing.live import Stack, running_stack
from perf.laboratory.stack import AS_BEHIND_A_PROXY
from perf.tests.broken import changed, measure, slow_inserts

pytestmark = pytest.mark.xdist_group("laboratory")


@pytest.mark.parametrize(
    ("suite", "scenario"),
    [
        ("database", "select-sequential"),
        ("api", "menu-sequential"),
        ("api", "orders-create-sequential"),
    ],
)
def test_a_stack_that_is_whole_passes(stack: Stack, suite: str, scenario: str) -> None:
    found = measure(stack, suite, scenario, is_whole=True)
    assert (found.says, found.errors) == ("", {})
    assert found.figures["success_rate"] == 1
    assert "server_cpu" in found.figures
    assert found.figures["rss_mb"] > 100


def test_a_statement_that_dawdles_is_found(stack: Stack) -> None:
    with slow_inserts(stack, "pos_order", seconds=0.2):
        found = measure(stack, "api", "orders-create-sequential")
    assert not found.passed
    assert found.figures["p50_ms"] > 200
    assert "must be (at most 150)" in found.says


# Another `version()` than PostgreSQL's is found first, and takes its time.
_DAWDLES = """
CREATE FUNCTION public.version() RETURNS text LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_sleep(0.1); RETURN 'late'; END $$;
DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database());
END $$
"""
_NO_MORE = """
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET search_path', current_database()); END $$;
DROP FUNCTION public.version()
"""


def test_a_database_that_dawdles_is_found(stack: Stack) -> None:
    with changed(stack, _DAWDLES, back=_NO_MORE):
        found = measure(stack, "database", "version-sequential")
    assert not found.passed
    assert "mean_ms is 1" in found.says
    assert measure(stack, "database", "version-sequential").figures["success_rate"] == 1


def test_a_broken_database_is_found(stack: Stack) -> None:
    """A table that is not where it should be: every order is refused, and the run says how."""
    away = "ALTER TABLE pos_orderline RENAME TO elsewhere"
    with changed(stack, away, back="ALTER TABLE elsewhere RENAME TO pos_orderline"):
        found = measure(stack, "api", "orders-create-sequential")
    assert not found.passed
    assert "success_rate is 0" in found.says
    assert [kind[:3] for kind in found.errors] == ["500"]


def test_a_redis_that_is_cut_off_is_found(stack: Stack) -> None:
    """Tills are served without it, and their requests are not counted: the suite says so."""
    with stack.hanging_redis():
        found = measure(stack, "load", "rate-limit")
    assert not found.passed
    assert "refused is 0, but must be (at least 600)" in found.says
    assert measure(stack, "load", "rate-limit", is_whole=True).passed


def test_a_web_that_sleeps_is_found() -> None:
    """Every request takes 0.1 s longer, by a middleware of settings that are broken."""
    with running_stack(settings="perf.tests.sleeping", **AS_BEHIND_A_PROXY) as asleep:
        found = measure(asleep, "latency", "get-1")
    assert not found.passed
    assert found.figures["p50_ms"] > 100
    assert "p95_ms is " in found.says
