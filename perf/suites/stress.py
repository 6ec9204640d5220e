"""PostgreSQL pressed hard: up to 500 connections, and what its isolation levels really keep out."""

from itertools import cycle

import psycopg2

from fynlo.local.ports import wait_until
from perf.laboratory.context import Context
from perf.laboratory.driving import Operation, Workers, Workload, drive
from perf.laboratory.recording import Outcome
from perf.laboratory.scenario import ALL_SUCCEED, Scenario, at_most
from perf.suites.anomalies import ISOLATION
from perf.suites.index_use import INDEXES
from perf.suites.ordering import open_order

STEPS = (50, 100, 200, 350, 500)
KINDS = {
    "simple": "SELECT 1",
    "join": """
        SELECT pos_order.id, pos_order.status, sum(pos_orderline.total)
        FROM pos_order JOIN pos_orderline ON pos_orderline.order_id = pos_order.id
        WHERE pos_order.restaurant_id = %(restaurant)s
        GROUP BY pos_order.id ORDER BY pos_order.opened_at DESC LIMIT 20
    """,
    "aggregate": """
        SELECT business_date, channel, count(*), sum(total) FROM pos_order
        WHERE restaurant_id = %(restaurant)s GROUP BY business_date, channel
    """,
    "index": "SELECT * FROM pos_orderline WHERE order_id = %(order)s",
    "transaction": """
        BEGIN;
        SELECT id FROM pos_order WHERE id = %(order)s FOR SHARE;
        INSERT INTO laboratory_note VALUES (gen_random_uuid(), 'pressed');
        COMMIT
    """,
}
NAME = "laboratory stress"


def _order(lab: Context) -> str:
    """One of twenty orders, which the statements ask for."""
    till = lab.till()
    lab.cursor().execute(
        "CREATE UNLOGGED TABLE IF NOT EXISTS laboratory_note (id uuid PRIMARY KEY, text text)"
    )
    return [str(open_order(till, lab)["id"]) for _ in range(20)][-1]


def asks(lab: Context, *kinds: str) -> Operation:
    """The kinds in turn, on a connection of the worker's own."""
    given = {"restaurant": lab.target.ready["restaurant"], "order": lab.once(_order)}
    cursor = lab.cursor()
    turns = cycle(kinds)

    def operation() -> None:
        cursor.execute(KINDS[next(turns)], given)

    return operation


def leaves_nothing(lab: Context) -> Outcome:
    """Two hundred clients come and are cut off, half of them in a transaction."""
    outcome, cursor = Outcome(), lab.cursor()
    clients = []
    for number in range(200):
        client = psycopg2.connect(lab.target.variables["DATABASE_URL"], application_name=NAME)
        if number % 2:
            client.cursor().execute("SELECT txid_current()")
        clients.append(client)
    for client in clients:
        client.close()

    def left() -> int:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [NAME])
        return int(cursor.fetchone()[0])

    wait_until(lambda: left() == 0, seconds=5)
    outcome.figures["sessions_left"] = left()
    return outcome


def _of(*kinds: str) -> Workload:
    return lambda lab: asks(lab, *kinds)


SCENARIOS = [
    *(
        Scenario(
            kind,
            f"{kind} statements, ten connections",
            drive(_of(kind), Workers(10, iterations=100)),
            (at_most("p95_ms", 30, "Some of these are behind every request."), ALL_SUCCEED),
            quick_blocks=2,
        )
        for kind in KINDS
    ),
    *(
        Scenario(
            f"connections-{count}",
            f"all kinds on {count} connections at once",
            drive(_of(*KINDS), Workers(count, iterations=20, warm_up=1, blocks=2)),
            (at_most("p95_ms", 1000, "However many ask, nobody waits for long."), ALL_SUCCEED),
            blocks=2,
            quick_blocks=1,
        )
        for count in STEPS
    ),
    Scenario(
        "leaks",
        "two hundred clients that go without a word",
        leaves_nothing,
        (at_most("sessions_left", 0, "What is left over is missing on the next evening."),),
        unit="sessions",
        blocks=1,
    ),
    *ISOLATION,
    *INDEXES,
]
