"""A planted missing index is proposed, made as proposed, and used."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection

from fynlo.clock import utc_now
from perf import tasks
from perf.advice.indexes import unused_indexes
from perf.advice.kept_plans import KeptPlan, kept_plans
from perf.advice.missing import IndexAdvice, index_advice
from perf.advice.plans import explain
from perf.models import SlowQuery
from perf.monitors.calls import Call, noted
from perf.monitors.patterns import pattern_of
from perf.monitors.reporter import Reporter
from perf.selectors.queries import get_query_stats
from perf.selectors.slow_queries import trends
from perf.services.aggregating import aggregate_hour

pytestmark = pytest.mark.django_db(transaction=True)
BEGINS = "SELECT name FROM planted_guest WHERE"
ASKED = f"{BEGINS} restaurant = %s AND phone = %s AND visits > %s"


@pytest.fixture
def guests() -> Iterator[None]:
    """Twenty thousand of one table, with an index that nobody reads."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE planted_guest AS SELECT number AS id, number % 5 AS restaurant,"
            " 'guest ' || number AS name, '07700 ' || number AS phone, number % 90 AS visits"
            " FROM generate_series(1, 20000) AS number"
        )
        cursor.execute("CREATE INDEX planted_unused ON planted_guest (name)")
        cursor.execute("ANALYZE planted_guest")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE planted_guest")


def ask(figures: Reporter, *, ms: float = 0) -> None:
    """As a task does it."""
    call = Call("worker", "loyalty.look_up")
    with noted(call), connection.cursor() as cursor:
        cursor.execute(ASKED, [3, "07700 900123", 2])
    if ms:
        call.statements[:] = [call.statements[0]._replace(ms=ms)]
    figures.finish(call, ms=5)
    figures.report()


def kept() -> KeptPlan:
    (stats,) = [one for one in get_query_stats(1000) if one.text.startswith(BEGINS)]
    return kept_plans()[stats.fingerprint]


def test_the_proposed_index_ends_the_reading_of_the_whole_table(
    guests: None, figures: Reporter
) -> None:
    ask(figures)
    tasks.explain_queries()
    before = kept()
    assert before.plan
    assert [scan.table for scan in before.plan.seq_scans] == ["planted_guest"]
    (index,) = before.advice.missing
    assert (index.table, index.columns) == ("planted_guest", ["phone", "restaurant", "visits"])
    assert (index.rows, index.unused) == (20_000, ["planted_unused"])
    with connection.cursor() as cursor:
        cursor.execute(index.statement)
        cursor.execute("ANALYZE planted_guest")
    (stats,) = [one for one in get_query_stats(1000) if one.text.startswith(BEGINS)]
    after = explain(stats.text)
    assert after
    assert after.seq_scans == []
    assert any("planted_guest_phone_restaurant_visits_idx" in line for line in after.lines)
    assert after.cost < before.plan.cost / 10


def test_an_index_that_is_there_and_not_wanted_is_not_proposed(guests: None) -> None:
    """Most rows pass: reading all of them is right."""
    plan = explain("SELECT name FROM planted_guest WHERE visits > $1")
    assert plan
    assert plan.seq_scans
    assert index_advice(plan) == IndexAdvice()


def test_an_index_that_nobody_reads_is_known(guests: None) -> None:
    assert "planted_unused" in {index.name for index in unused_indexes()}


def test_a_write_is_explained_and_not_done(guests: None) -> None:
    plan = explain("DELETE FROM planted_guest WHERE phone = $1 OR true")
    assert plan
    assert plan.lines[0].startswith("ModifyTable on planted_guest")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM planted_guest")
        assert cursor.fetchone() == (20_000,)


def test_types_that_only_values_would_tell_are_guessed() -> None:
    plan = explain("SELECT jsonb_build_object($1, id, $2, email) FROM accounts_user WHERE id = $3")
    assert plan
    assert explain("SELECT nothing FROM nowhere") is None


def test_what_cannot_be_a_value_is_put_right() -> None:
    sql = "SELECT extract(hour FROM day - interval '1 day') FROM now() AS day WHERE 2 > %s LIMIT 3"
    text = pattern_of(sql).text
    assert text == (
        "SELECT extract($2 FROM day - interval $3) FROM now() AS day WHERE $4 > $1 LIMIT $5"
    )
    assert explain(text)


def test_hours_are_kept_once_with_plan_callers_and_trend(guests: None, figures: Reporter) -> None:
    ask(figures, ms=30)
    tasks.explain_queries()
    now = utc_now()
    for _ in range(2):
        aggregate_hour.__wrapped__(of=now, now=now)  # type: ignore[attr-defined]
    row = SlowQuery.objects.get(text__startswith=BEGINS)
    assert row.hour == now.replace(minute=0, second=0, microsecond=0)
    assert (row.count, row.slow, row.mean_ms) == (1, 0, 30)
    assert row.callers[0][0].startswith("loyalty.look_up at perf/tests/test_indexes.py:")
    assert "Seq Scan on planted_guest" in row.plan[0]
    assert row.cost is not None
    assert row.cost > 100
    earlier = {"hour": row.hour - timedelta(hours=3), "mean_ms": 10.0, "pk": None}
    SlowQuery.objects.create(**{**_fields(row), **earlier})
    trend = trends([row.fingerprint], now=now)[row.fingerprint]
    assert trend.change == 3.0
    assert [mean for _, mean, _ in trend.points] == [10, 30]


def test_the_hour_that_is_over_is_aggregated_by_the_task(figures: Reporter) -> None:
    tasks.aggregate_queries()
    assert not SlowQuery.objects.exists()
    figures.finish(Call("web", "GET nothing"), ms=1)
    figures.report()
    old = utc_now() - timedelta(days=31)
    SlowQuery.objects.create(
        hour=old, fingerprint="old", text="", verb="", count=1, total_ms=1, mean_ms=1,
        least_ms=1, most_ms=1, p95_ms=1, rows=1, slow=0,
    )  # fmt: skip
    tasks.aggregate_queries()
    assert not SlowQuery.objects.filter(fingerprint="old").exists()


def _fields(row: SlowQuery) -> dict[str, object]:
    return {field.name: getattr(row, field.name) for field in SlowQuery._meta.concrete_fields}
