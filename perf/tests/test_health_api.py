"""`GET health/performance/`: all that is known, to those who may know it."""

import logging
from typing import Any

import jsonschema
import orjson
import pytest
from django_redis import get_redis_connection

from fynlo.accounts.choices import Role
from fynlo.accounts.models import Restaurant
from fynlo.cache.forgetting import forget_matching
from fynlo.testing.cast import Member, hire
from fynlo.testing.outage import Wire
from perf import tasks
from perf.monitors.calls import Call
from perf.monitors.reporter import Reporter
from perf.services.watching import note_ledgers
from perf.views.health import NOW
from perf.views.health_shapes import HEALTH

pytestmark = pytest.mark.django_db


def health(member: Member) -> dict[str, Any]:
    forget_matching(NOW, "*")
    response = member.get("health/performance/")
    assert response.status_code == 200, response.content
    document: dict[str, Any] = orjson.loads(response.content)
    jsonschema.validate(document, HEALTH)
    return document


def rules(document: dict[str, Any]) -> set[str]:
    return {row["rule"] for row in document["alerts"]}


def test_before_anything_was_told_it_is_healthy_and_empty(
    manager: Member, figures: Reporter
) -> None:
    document = health(manager)
    assert (document["status"], document["alerts"], document["endpoints"]) == ("healthy", [], [])
    assert document["database"]["connections"] >= 1


def test_it_shows_endpoints_queries_cache_and_processes(manager: Member, figures: Reporter) -> None:
    for _ in range(3):
        manager.get("menu/")
        manager.get("orders/")
    figures.report()
    document = health(manager)
    by_name = {row["name"]: row for row in document["endpoints"]}
    assert by_name["GET api/v1/orders/"]["count"] == 3
    assert document["queries"]["statements"] >= 3
    assert {row["name"] for row in document["cache"]["namespaces"]} >= {"menu"}
    assert document["cache"]["hit_rate"] > 0
    (process,) = document["processes"]
    assert process["pid"] == figures.own.pid
    assert process["resident_bytes"] > 10_000_000
    (host,) = document["hosts"]
    assert 0 < host["memory_percent"] < 100


def test_a_cashier_may_not_see_it(cashier: Member) -> None:
    response = cashier.get("health/performance/")
    assert (response.status_code, orjson.loads(response.content)["code"]) == (
        403,
        "permission_missing",
    )


def test_whose_ledger_is_wrong_is_told_to_them_and_to_the_platform(
    manager: Member, rival_owner: Member, restaurant: Restaurant, figures: Reporter
) -> None:
    note_ledgers({str(restaurant.pk)})
    platform = hire(rival_owner.restaurant, Role.PLATFORM_OWNER)
    assert rules(health(manager)) == {"ledger"}
    assert rules(health(platform)) == {"ledger"}
    forget_matching(NOW, "*")
    asked = [one.get("health/performance/") for one in (platform, rival_owner, platform)]
    assert [rules(orjson.loads(one.content)) for one in asked] == [{"ledger"}, set(), {"ledger"}]
    assert rules(health(rival_owner)) == set()
    assert str(restaurant.pk) not in str(health(platform))


def test_alerts_name_the_figure(manager: Member, figures: Reporter, settings: Any) -> None:
    settings.SLOW_QUERY_MS = 0
    for path in ("orders/", "floors/", "products/", "categories/", "tables/", "tax-rates/",
                 "stations/", "modifier-groups/", "devices/", "staff/", "kitchen/tickets/",
                 "auth/sessions/", "time-entries/"):  # fmt: skip
        assert manager.get(path).status_code == 200
    redis = get_redis_connection("default")
    redis.rpush("celery", *range(101))
    figures.report()
    document = health(manager)
    redis.delete("celery")
    assert document["status"] == "critical"
    assert rules(document) == {"slow_queries", "queue_depth"}
    messages = " ".join(row["message"] for row in document["alerts"])
    assert "101 tasks wait for a worker." in messages


def test_a_process_that_grows_is_named(manager: Member, figures: Reporter) -> None:
    for _ in range(500):
        figures.finish(Call("web", "GET nothing"), ms=1)
    figures.report()
    assert rules(health(manager)) == set()
    figures.own.growth.start_bytes -= 110 * 1024 * 1024
    figures.finish(Call("web", "GET nothing"), ms=1)
    figures.report()
    document = health(manager)
    assert rules(document) == {"memory_growth"}
    (said,) = [row for row in document["recommendations"] if row["rule"] == "memory_growth"]
    assert "grew by 11" in said["evidence"]


def test_an_alert_is_logged_when_it_comes_and_when_it_goes(
    db: None, figures: Reporter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="perf.services.watching")
    redis = get_redis_connection("default")
    redis.rpush("celery", *range(101))
    tasks.watch_everything()
    tasks.watch_everything()
    redis.delete("celery")
    tasks.watch_everything()
    said = [r.message for r in caplog.records if r.name == "perf.services.watching"]
    assert said == ["alert: 101 tasks wait for a worker.", "alert is over: queue_depth"]


def test_recommendations_say_what_to_do(manager: Member, figures: Reporter) -> None:
    for _ in range(30):
        figures.finish(Call("web", "GET broken"), ms=900, error="5xx")
    figures.report()
    found = {row["rule"]: row for row in health(manager)["recommendations"]}
    assert found["failing_endpoint"]["evidence"] == "GET broken failed 30 of 30 times."
    assert found["slow_endpoint"]["evidence"].startswith("GET broken: 95 % within ")
    assert all(row["action"] and row["effect"] for row in found.values())


def test_without_redis_it_says_so(manager: Member, wire: Wire) -> None:
    wire.cut()
    response = manager.get("health/performance/")
    assert response.status_code == 503
    assert orjson.loads(response.content)["code"] == "dependency_down"


def test_many_who_look_within_a_second_see_what_was_added_up_once(
    manager: Member, figures: Reporter, django_assert_num_queries: Any
) -> None:
    first = health(manager)
    with django_assert_num_queries(0):
        assert orjson.loads(manager.get("health/performance/").content) == first
