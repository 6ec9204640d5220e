"""What two transactions at once can do to one another, tried at each level: a part of `stress`."""

from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg2
from psycopg2.errors import SerializationFailure

from perf.laboratory.context import Context
from perf.laboratory.recording import Outcome
from perf.laboratory.scenario import Criterion, Scenario, at_least, at_most

# What PostgreSQL documents for each level: it reads nothing uncommitted, whatever is asked.
ALLOWED = {
    "READ COMMITTED": {"lost_update", "write_skew", "phantom"},
    "REPEATABLE READ": {"write_skew"},
    "SERIALIZABLE": set[str](),
}
Two = tuple[Any, Any]


def dirty_read(one: Any, two: Any) -> bool:
    """One sees what two has not committed."""
    two.execute("UPDATE laboratory_account SET amount = 999 WHERE id = 1")
    return _amount(one, 1) == 999


def lost_update(one: Any, two: Any) -> bool:
    """Both read 100 and add 10: one of the two tens is gone."""
    first, second = _amount(one, 1), _amount(two, 1)
    two.execute("UPDATE laboratory_account SET amount = %s WHERE id = 1", [second + 10])
    two.connection.commit()
    one.execute("UPDATE laboratory_account SET amount = %s WHERE id = 1", [first + 10])
    one.connection.commit()
    return _amount(one, 1) == 110


def write_skew(one: Any, two: Any) -> bool:
    """Both see 200 in two accounts and take 150, each from another: less is left than nothing."""
    for cursor, account in ((one, 1), (two, 2)):
        if _amount(cursor, 1) + _amount(cursor, 2) >= 150:
            sql = "UPDATE laboratory_account SET amount = amount - 150 WHERE id = %s"
            cursor.execute(sql, [account])
    one.connection.commit()
    two.connection.commit()
    return _amount(one, 1) + _amount(one, 2) < 0


def phantom(one: Any, two: Any) -> bool:
    """One counts twice, and two adds a row between."""
    before = _count(one)
    two.execute("INSERT INTO laboratory_account VALUES (3, 100)")
    two.connection.commit()
    return _count(one) != before


ANOMALIES: dict[str, Callable[[Any, Any], bool]] = {
    anomaly.__name__: anomaly for anomaly in (dirty_read, lost_update, write_skew, phantom)
}


def _amount(cursor: Any, account: int) -> int:
    cursor.execute("SELECT amount FROM laboratory_account WHERE id = %s", [account])
    return int(cursor.fetchone()[0])


def _count(cursor: Any) -> int:
    cursor.execute("SELECT count(*) FROM laboratory_account")
    return int(cursor.fetchone()[0])


def tried(lab: Context, *, level: str) -> Outcome:
    """1 for each anomaly that happened, 0 for each that did not; `refused` counts transactions
    that PostgreSQL ended so that it did not."""
    outcome = Outcome(figures={"refused": 0})
    for name, anomaly in ANOMALIES.items():
        lab.cursor().execute(
            "DROP TABLE IF EXISTS laboratory_account;"
            " CREATE TABLE laboratory_account (id int PRIMARY KEY, amount int NOT NULL);"
            " INSERT INTO laboratory_account VALUES (1, 100), (2, 100)"
        )
        one, two = _session(lab, level), _session(lab, level)
        try:
            outcome.figures[name] = anomaly(one.cursor(), two.cursor())
        except SerializationFailure:
            outcome.figures[name] = 0
            outcome.figures["refused"] += 1
        finally:
            one.close()
            two.close()
    return outcome


def _session(lab: Context, level: str) -> Any:
    connection: Any = psycopg2.connect(lab.target.variables["DATABASE_URL"])
    connection.set_session(isolation_level=level)
    return connection


def _criteria(allowed: set[str]) -> tuple[Criterion, ...]:
    return tuple(
        at_least(name, 1, "This level lets it happen, so that it must be seen to be tried.")
        if name in allowed
        else at_most(name, 0, "This level keeps it out: what is written for it relies on that.")
        for name in ANOMALIES
    )


ISOLATION = [
    Scenario(
        f"isolation-{level.lower().replace(' ', '-')}",
        f"anomalies tried at {level}",
        partial(tried, level=level),
        _criteria(allowed),
        unit="",
        blocks=1,
    )
    for level, allowed in ALLOWED.items()
]
