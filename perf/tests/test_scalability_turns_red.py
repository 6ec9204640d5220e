"""What does not grow well is found."""

import pytest

from fynlo.testing.live import Stack
from perf.tests.broken import changed, measure

pytestmark = pytest.mark.xdist_group("laboratory")
DROPS_INDEXES = """
    CREATE FUNCTION drop_new_index() RETURNS event_trigger LANGUAGE plpgsql AS $$
    DECLARE made record;
    BEGIN
        FOR made IN SELECT object_identity FROM pg_event_trigger_ddl_commands()
            JOIN pg_index ON indexrelid = objid WHERE indrelid::regclass::text ~ 'pos_order$'
        LOOP EXECUTE 'DROP INDEX ' || made.object_identity; END LOOP;
    END $$;
    CREATE EVENT TRIGGER no_index ON ddl_command_end WHEN TAG IN ('CREATE INDEX')
    EXECUTE FUNCTION drop_new_index()
"""
AGAIN = "DROP EVENT TRIGGER no_index; DROP FUNCTION drop_new_index"


@pytest.mark.parametrize("scenario", ["orders", "partitions", "shards-10"])
def test_what_grows_well_passes(stack: Stack, scenario: str) -> None:
    found = measure(stack, "scalability", scenario, is_whole=True)
    assert (found.says, found.errors) == ("", {})


def test_orders_that_lose_their_indexes_are_found(stack: Stack) -> None:
    with changed(stack, DROPS_INDEXES, back=AGAIN):
        found = measure(stack, "scalability", "orders")
    assert "growth is " in found.says


def test_processes_that_are_in_each_others_way_are_found(stack: Stack) -> None:
    found = measure(stack, "scalability", "workers", settings="perf.tests.jealous_workers")
    assert "of_most_cost is " in found.says
    assert "but must be (at most 2). Processes in each other's way" in found.says


def test_a_shard_that_has_everything_is_found(stack: Stack) -> None:
    found = measure(stack, "scalability", "shards-10", settings="perf.tests.lopsided_shards")
    assert "least_share is 0, but must be (at least 0.5)" in found.says
