"""What the analyzer finds in requests as tills send them."""

import inspect
from time import time
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path
from django_redis import get_redis_connection

from fynlo.accounts.models import Restaurant, User
from fynlo.testing.cast import Member
from perf.monitors import keys
from perf.monitors.calls import Call, noted
from perf.monitors.patterns import pattern_of
from perf.monitors.reporter import Reporter
from perf.selectors import processes as selectors
from perf.selectors.endpoints import endpoints
from perf.selectors.processes import hours, processes, traffic
from perf.selectors.queries import (
    QueryStats,
    get_query_stats,
    get_slow_query_count,
)

pytestmark = pytest.mark.django_db
SECRET = "the guest of table nine"


def one_for_each(request: HttpRequest) -> HttpResponse:
    """The mistake that everybody makes once."""
    for number in range(7):
        User.objects.filter(email=f"nobody{number}@example.com").first()
    return HttpResponse("done")


def asleep(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s), %s", [0.12, SECRET])
    return HttpResponse("done")


urlpatterns = [
    path("planted/one-for-each/", one_for_each),
    path("planted/asleep/", asleep),
    path("", include("fynlo.urls")),
]


@pytest.fixture
def planted(settings: Any, figures: Reporter) -> None:
    settings.ROOT_URLCONF = __name__


def repeated() -> list[QueryStats]:
    return [stats for stats in get_query_stats() if stats.repeats]


def found(stats: list[QueryStats], *words: str) -> QueryStats:
    (one,) = [s for s in stats if all(word in s.text for word in words)]
    return one


def line_of(function: Any, words: str) -> str:
    lines, first = inspect.getsourcelines(function)
    offset = next(number for number, line in enumerate(lines) if words in line)
    return f"perf/tests/test_analyzer.py:{first + offset}"


def test_a_query_for_each_row_is_found_with_its_line_of_code(
    planted: None, figures: Reporter
) -> None:
    Client().get("/planted/one-for-each/")
    figures.report()
    stats = found(repeated(), "accounts_user", "LIMIT")
    (repeat,) = stats.repeats
    line = line_of(one_for_each, ".first()")
    assert repeat.caller == f"GET planted/one-for-each/ at {line}"
    assert repeat.times == stats.count == 7


def test_the_same_statement_in_many_requests_is_no_repetition(
    owner: Member, figures: Reporter
) -> None:
    for limit in range(1, 7):
        owner.get(f"orders/?limit={limit}")
    figures.report()
    assert found(get_query_stats(), 'FROM "pos_order"', "LIMIT").count == 6
    assert repeated() == []


def test_a_slow_query_is_found_with_who_asked_and_without_its_values(
    planted: None, figures: Reporter, settings: Any
) -> None:
    settings.SLOW_QUERY_MS = 100
    Client().get("/planted/asleep/")
    Client().get("/planted/asleep/")
    figures.report()
    stats = found(get_query_stats(), "pg_sleep")
    assert (stats.count, stats.slow, stats.rows, get_slow_query_count()) == (2, 2, 2, 1)
    assert 120 <= stats.least_ms <= stats.mean_ms <= stats.most_ms
    assert stats.p95_ms == pytest.approx(stats.most_ms, rel=0.05)
    line = line_of(asleep, "cursor.execute")
    assert stats.callers == [(f"GET planted/asleep/ at {line}", 2)]
    assert stats.text == "SELECT pg_sleep($1), $2"
    assert get_query_stats()[0] == stats


def test_no_value_is_told_to_redis(owner: Member, figures: Reporter) -> None:
    """Nor one that somebody wrote into the statement itself."""
    call = Call("command", "a script")
    with noted(call), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM accounts_user WHERE name = %s", [SECRET])
        cursor.execute(f"SELECT id FROM accounts_user WHERE name = '{SECRET}'")
    figures.finish(call, ms=1)
    owner.get(f"products/?search={SECRET.replace(' ', '+')}")
    figures.report()
    redis = get_redis_connection("default")
    told = [redis.hgetall(key) for key in redis.scan_iter("perf:*") if redis.type(key) == b"hash"]
    assert "accounts_user" in str(told)
    assert SECRET not in str(told)
    assert found(get_query_stats(), "accounts_user WHERE name").count == 2


def test_lists_of_any_length_are_one_pattern() -> None:
    short = pattern_of("SELECT a FROM b WHERE c IN (%s, %s) AND d LIKE '%%x'")
    long = pattern_of("SELECT a FROM b WHERE c IN (%s, %s, %s, %s) AND d LIKE '%%yy'")
    assert short.fingerprint == long.fingerprint
    assert short.text == "SELECT a FROM b WHERE c IN ($1, $2) AND d LIKE $3"
    assert pattern_of("SELECT a FROM b WHERE c = %s").fingerprint != short.fingerprint


def test_what_cannot_be_parsed_keeps_nothing_of_its_text() -> None:
    assert pattern_of(f"SELECT SELECT '{SECRET}'").text == "SELECT …"
    assert pattern_of(f"{SECRET}").text == "OTHER …"


def test_requests_are_counted_by_endpoint(owner: Member, figures: Reporter) -> None:
    for _ in range(3):
        assert owner.get("orders/").status_code == 200
    assert owner.get("orders/00000000-0000-7000-8000-000000000000/").status_code == 404
    figures.report()
    by_name = {row["name"]: row for row in endpoints(hours(), kind="web")}
    listed = by_name["GET api/v1/orders/"]
    assert (listed["count"], listed["refused"], listed["failed"]) == (3, 0, 0)
    assert 0 < listed["database_ms"] < listed["mean_ms"]
    assert listed["p50_ms"] <= listed["p95_ms"] <= listed["p99_ms"]
    assert listed["most_statements"] >= 1
    assert by_name["GET api/v1/orders/<uuid:pk>/"]["refused"] == 1


def traffic_later(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """As it is read when the ten seconds of now are over: until then they are not counted."""
    with monkeypatch.context() as later:
        later.setattr(selectors, "time", lambda: time() + keys.WINDOW_S)
        return traffic()


def test_what_two_processes_tell_is_added_up(
    owner: Member, figures: Reporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner.get("orders/")
    figures.report()
    other = Reporter()
    other.own.host = "another"
    call = Call("web", "GET api/v1/orders/")
    other.finish(call, ms=40, error="5xx")
    other.report()
    (listed,) = [
        row for row in endpoints(hours(), kind="web") if row["name"] == "GET api/v1/orders/"
    ]
    assert (listed["count"], listed["failed"], listed["error_rate"]) == (2, 1, 0.5)
    assert {row["host"] for row in processes()} == {"another", figures.own.host}
    assert traffic_later(monkeypatch)["requests"] == 2


def test_threads_that_work_for_no_request_are_seen_too(
    restaurant: Restaurant, figures: Reporter
) -> None:
    """As those of the sockets and of commands do."""
    for _ in range(6):
        Restaurant.objects.filter(pk=restaurant.pk).count()
    figures.report()
    stats = found(get_query_stats(1000), 'COUNT(*) AS "__count" FROM "accounts_restaurant"')
    assert (stats.count, stats.repeats) == (6, [])
    assert stats.callers[0][0].startswith("command at perf/tests/test_analyzer.py:")
