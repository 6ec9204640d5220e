"""Indexes that spare PostgreSQL sorting a table, or reading it whole to join a few of its rows."""

from collections.abc import Iterator
from html import unescape

import pytest
from django.db import connection

from fynlo.testing.cast import Member
from perf import tasks
from perf.advice.conditions import Term
from perf.advice.indexes import Index
from perf.advice.kept_plans import KeptPlan, kept_plans
from perf.advice.missing import IndexAdvice, MissingIndex, index_advice
from perf.advice.plans import Plan, explain
from perf.advice.recommendations import get_optimization_suggestions
from perf.monitors.calls import Call, noted
from perf.monitors.patterns import pattern_of
from perf.monitors.reporter import Reporter
from perf.selectors.queries import QueryStats, get_query_stats

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "table for the mayor"
TABLES = """
    CREATE TABLE planted_guest AS SELECT number AS id, 'code ' || number AS code,
        number % 5 AS house FROM generate_series(1, 2000) AS number;
    CREATE TABLE planted_booking AS SELECT number AS id, 1 + (number * 7919) % 2000 AS guest_id,
        number % 5 AS house, ('x' || md5(number::text))::bit(28)::int AS seated_at,
        CASE WHEN number % 3 > 0 THEN number % 70 END AS covers, 'note ' || number AS note,
        number % 4 = 0 AS is_lost
        FROM generate_series(1, 40000) AS number;
    CREATE UNIQUE INDEX planted_guest_code ON planted_guest (code);
    CREATE UNIQUE INDEX planted_guest_id ON planted_guest (id);
    ANALYZE planted_guest; ANALYZE planted_booking
"""
NEWEST = "SELECT note FROM planted_booking ORDER BY seated_at DESC LIMIT $1"
OF_A_HOUSE = (
    "SELECT b.note FROM planted_booking b WHERE b.house = $1 AND NOT b.is_lost"
    " ORDER BY b.covers DESC NULLS LAST, b.id LIMIT $2"
)
OF_A_GUEST = (
    "SELECT b.note FROM planted_guest g JOIN planted_booking b ON b.guest_id = g.id"
    " WHERE g.code = $1"
)
IN_EACH_ROW = (
    "SELECT g.code, (SELECT count(*) FROM planted_booking b WHERE b.guest_id = g.id)"
    " FROM planted_guest g WHERE g.code = $1"
)
OF_ONE_WITHOUT_ANY = (
    "SELECT g.id FROM planted_guest g LEFT JOIN planted_booking b ON b.guest_id = g.id"
    " WHERE g.code = $1 AND b.id IS NULL"
)


@pytest.fixture(autouse=True)
def bookings() -> Iterator[None]:
    """Forty thousand by two thousand guests; twenty a guest, and no index on whose they are."""
    run(TABLES)
    yield
    run("DROP TABLE planted_guest, planted_booking")


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def plan_of(text: str) -> Plan:
    plan = explain(text)
    assert plan
    return plan


def whole_reads(plan: Plan) -> list[str]:
    """The tables that are read whole, and what is sorted."""
    words = ("Seq Scan on planted_booking", "Sort:")
    return [line for line in plan.lines if any(word in line for word in words)]


def proposed(text: str) -> MissingIndex:
    advice = index_advice(plan_of(text))
    assert advice.unsure == []
    (index,) = advice.missing
    return index


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        (NEWEST, ["seated_at DESC"]),
        (OF_A_HOUSE, ["house", "covers DESC NULLS LAST", "id"]),
        (OF_A_GUEST, ["guest_id"]),
        (IN_EACH_ROW, ["guest_id"]),
        (OF_ONE_WITHOUT_ANY, ["guest_id"]),
    ],
)
def test_the_proposed_index_ends_the_sorting_and_the_reading_of_the_whole_table(
    text: str, columns: list[str]
) -> None:
    before = plan_of(text)
    assert whole_reads(before)
    index = proposed(text)
    assert (index.table, index.columns, index.rows) == ("planted_booking", columns, 40_000)
    run(index.statement)
    run("ANALYZE planted_booking")
    after = plan_of(text)
    assert whole_reads(after) == []
    assert any("planted_booking_" in line and "using" in line for line in after.lines)
    assert after.cost < before.cost / 10
    assert index_advice(after) == IndexAdvice()


def ask(figures: Reporter, statement: str, *values: str) -> QueryStats:
    """As a task does it."""
    call = Call("worker", "bookings.look_up")
    with noted(call), connection.cursor() as cursor:
        cursor.execute(statement, values)
    figures.finish(call, ms=5)
    figures.report()
    text = pattern_of(statement).text
    (stats,) = [one for one in get_query_stats(1000) if one.text == text]
    return stats


def kept(stats: QueryStats) -> KeptPlan:
    tasks.explain_queries()
    return kept_plans()[stats.fingerprint]


def test_it_is_recommended_with_the_evidence_and_without_a_value(figures: Reporter) -> None:
    stats = ask(
        figures,
        f"SELECT b.note FROM planted_booking b WHERE b.note <> %s AND b.note <> '{SECRET}'"
        " ORDER BY b.seated_at DESC LIMIT 20",
        SECRET,
    )
    plan = kept(stats)
    said = [one for one in get_optimization_suggestions() if one.rule == "missing_index"]
    (one,) = [one for one in said if "planted_booking" in one.evidence]
    assert "reads all 40000 rows of planted_booking to sort them by " in one.evidence
    assert "seated_at DESC, for about 50, 1 times" in one.evidence
    assert one.action == "Make an index on seated_at DESC."
    assert SECRET not in str((plan, one))


def test_a_join_is_recommended_with_its_other_side(figures: Reporter) -> None:
    plan = kept(ask(figures, OF_A_GUEST.replace("$1", "%s"), SECRET))
    (index,) = plan.advice.missing
    assert (index.kept, index.why) == (20, " to join them by guest_id to about 1 others")
    assert SECRET not in str(plan)


@pytest.mark.parametrize(
    "made",
    [
        "(house, covers DESC NULLS LAST, id)",
        "(house, covers NULLS FIRST, id DESC)",
        "(house, covers NULLS FIRST, id DESC, note)",
    ],
)
def test_what_an_index_has_in_order_backwards_too_is_not_proposed_again(made: str) -> None:
    before = plan_of(OF_A_HOUSE)
    run(f"CREATE INDEX planted_order ON planted_booking {made}")
    assert index_advice(before) == IndexAdvice()
    assert whole_reads(plan_of(OF_A_HOUSE)) == []


@pytest.mark.parametrize(
    "made",
    [
        "(house, covers DESC, id)",
        "(house, covers DESC NULLS LAST, id DESC)",
        "((house + 0), house, covers DESC NULLS LAST, id)",
        "(house, covers) INCLUDE (id)",
    ],
)
def test_an_index_in_another_order_does_not_stand_in_the_way(made: str) -> None:
    before = plan_of(OF_A_HOUSE)
    run(f"CREATE INDEX planted_order ON planted_booking {made}")
    (index,) = index_advice(before).missing
    assert index.columns == ["house", "covers DESC NULLS LAST", "id"]


def test_an_index_of_some_rows_leaves_it_open() -> None:
    before = plan_of(NEWEST)
    run("CREATE INDEX planted_part ON planted_booking (seated_at) WHERE is_lost")
    advice = index_advice(before)
    assert advice.missing == []
    (doubt,) = advice.unsure
    assert "planted_part on seated_at DESC has only some of the rows" in doubt


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "SELECT note FROM planted_booking ORDER BY upper(note) LIMIT $1",
            "by (upper(note)), which are not columns of that table alone",
        ),
        (
            "SELECT note FROM planted_booking WHERE upper(note) = $1",
            "by what compares no column by itself, (upper(note) = $1)",
        ),
        (
            "SELECT b.note FROM planted_guest g JOIN planted_booking b ON b.guest_id = g.id"
            " WHERE g.code > $1 AND g.house = $2",
            "to join them by guest_id to about 133 others, for about",
        ),
    ],
)
def test_where_no_index_is_sure_to_help_it_says_so(text: str, said: str) -> None:
    advice = index_advice(plan_of(text))
    assert advice.missing == []
    (doubt,) = advice.unsure
    assert said in doubt


def test_the_dashboard_shows_the_proposal_and_the_doubt(manager: Member, figures: Reporter) -> None:
    newest = kept(ask(figures, NEWEST.replace("$1", "20")))
    doubtful = kept(ask(figures, "SELECT id FROM planted_booking WHERE upper(note) = %s", SECRET))
    shown = unescape(manager.look("/perf/queries/").content.decode())
    assert "index missing" in shown
    assert newest.advice.missing[0].statement in shown
    assert doubtful.advice.unsure[0] in shown


def test_a_doubt_is_told_without_a_statement_and_without_a_value(figures: Reporter) -> None:
    before = kept(
        ask(figures, "SELECT %s FROM planted_booking WHERE upper(note) = %s", SECRET, SECRET)
    )
    (one,) = [one for one in get_optimization_suggestions() if one.rule == "whole_table_read"]
    assert before.advice.unsure[0] in one.evidence
    assert one.statement == ""
    assert SECRET not in str((before, one))


@pytest.mark.parametrize(
    "text",
    [
        # All rows are wanted in order, most are joined, or all of one side are.
        "SELECT note FROM planted_booking ORDER BY seated_at DESC",
        "SELECT b.note FROM planted_guest g JOIN planted_booking b ON b.guest_id = g.id",
        "SELECT b.note FROM planted_booking b"
        " LEFT JOIN planted_guest g ON b.guest_id = g.id AND g.code = $1",
        "SELECT b.note FROM planted_booking b WHERE NOT EXISTS"
        " (SELECT 1 FROM planted_guest g WHERE b.guest_id = g.id AND g.code = $1)",
        # A tiny table.
        "SELECT id FROM accounts_restaurant ORDER BY name LIMIT $1",
    ],
)
def test_where_all_rows_are_wanted_nothing_is_said(text: str) -> None:
    assert index_advice(plan_of(text)) == IndexAdvice()


def test_a_column_of_another_table_is_not_taken_for_one_of_this() -> None:
    """The sort is by the guest's code; a booking has none."""
    plan = plan_of(
        "SELECT b.note FROM planted_booking b JOIN planted_guest g ON b.guest_id = g.id"
        " ORDER BY g.house, b.seated_at LIMIT $1"
    )
    assert index_advice(plan).missing == []


def test_an_index_serves_what_it_begins_with() -> None:
    index = Index("i", "t", ["a", "b", "c"], [0, 3, 0], False, False, 0, 0, 0)
    assert index.serves(["b", "a"], [])
    assert index.serves(["a"], [Term("b", True, True), Term("c")])
    assert index.serves(["a"], [Term("b"), Term("c", True, True)])
    assert not index.serves(["b"], [])
    assert not index.serves(["a"], [Term("b"), Term("c")])
    assert not index.serves([], [Term("b")])
