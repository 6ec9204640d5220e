"""What spoils PostgreSQL is found by the suite that presses it."""

import pytest

from fynlo.testing.live import Stack
from perf.tests.broken import changed, measure

pytestmark = pytest.mark.xdist_group("laboratory")


@pytest.mark.parametrize(
    "scenario",
    [
        "transaction",
        "connections-100",
        "leaks",
        "isolation-read-committed",
        "isolation-repeatable-read",
        "isolation-serializable",
        "indexes",
    ],
)
def test_a_postgres_that_is_whole_passes(stack: Stack, scenario: str) -> None:
    found = measure(stack, "stress", scenario, is_whole=True)
    assert (found.says, found.errors) == ("", {})


def test_an_index_that_was_dropped_is_found(stack: Stack) -> None:
    again = "CREATE INDEX order_newest ON pos_order (restaurant_id, opened_at DESC, id DESC)"
    with changed(stack, "DROP INDEX order_newest", back=again):
        found = measure(stack, "stress", "indexes")
    assert "without_index is 1, but must be (at most 0)" in found.says
    assert found.errors == {"orders_newest has no index: Sort": 1}


def test_a_table_that_is_gone_is_found(stack: Stack) -> None:
    away = "ALTER TABLE pos_orderline RENAME TO elsewhere"
    with changed(stack, away, back="ALTER TABLE elsewhere RENAME TO pos_orderline"):
        found = measure(stack, "stress", "index")
    assert "success_rate is 0" in found.says
