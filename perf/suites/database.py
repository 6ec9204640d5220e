"""What PostgreSQL answers at once: one connection after the other, and ten at the same time."""

from perf.laboratory.context import Context
from perf.laboratory.driving import Operation, Workers, Workload, drive, sequential
from perf.laboratory.scenario import ALL_SUCCEED, Scenario, at_most

QUERIES = {
    "select": ("a simple SELECT", "SELECT 1"),
    "time": ("the current time", "SELECT now()"),
    "info": (
        "which database this is",
        "SELECT current_database(), current_user, inet_server_port()",
    ),
    "tables": (
        "how many tables there are",
        "SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = 'public'",
    ),
    "version": ("the server's version", "SELECT version()"),
}
ALONE = at_most("mean_ms", 1.2, "A request asks up to 18 times: each must be next to nothing.")
BESIDE = at_most("mean_ms", 3.02, "Ten tills at once are a busy evening in one restaurant.")


def query(sql: str) -> Workload:
    """The statement, and all of its rows, on a connection of the worker's own."""

    def workload(lab: Context) -> Operation:
        cursor = lab.cursor()

        def ask() -> None:
            cursor.execute(sql)
            cursor.fetchall()

        return ask

    return workload


def _both(name: str, title: str, sql: str) -> list[Scenario]:
    return [
        Scenario(
            name=f"{name}-sequential",
            title=f"{title}, one after the other",
            measure=drive(query(sql), sequential(iterations=200)),
            criteria=(ALONE, ALL_SUCCEED),
        ),
        Scenario(
            name=f"{name}-concurrent",
            title=f"{title}, ten connections at once",
            measure=drive(query(sql), Workers(workers=10, iterations=50)),
            criteria=(BESIDE, ALL_SUCCEED),
        ),
    ]


SCENARIOS = [
    scenario for name, (title, sql) in QUERIES.items() for scenario in _both(name, title, sql)
]
