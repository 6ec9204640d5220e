"""What the pages of the dashboard show, and to whom."""

from uuid import UUID

import pytest
from django.contrib.staticfiles.finders import find
from django.test import Client

from fynlo.accounts.models import Restaurant
from fynlo.clock import utc_now
from fynlo.testing.cast import Member
from fynlo.testing.outage import Wire
from perf.models.runs import BenchmarkRun
from perf.monitors.calls import Call
from perf.monitors.reporter import Reporter
from perf.services.watching import note_ledgers

pytestmark = pytest.mark.django_db
PAGES = ["/perf/", "/perf/queries/", "/perf/cache/", "/perf/sync/", "/perf/recommendations/"]
KEPT_PAGES = ["/perf/runs/", "/perf/runs/trend/?scenario=api/menu-sequential", "/perf/capacity/"]


def text(member: Member, path: str) -> str:
    response = member.look(path)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("path", [*PAGES, *KEPT_PAGES])
def test_only_who_may_see_performance_sees_it(
    manager: Member, cashier: Member, path: str, figures: Reporter
) -> None:
    assert "Sign out" in text(manager, path)
    refused = cashier.look(path)
    assert refused.status_code == 403
    assert b"This page is not for your role" in refused.content
    assert Client().get(path).status_code == 302


@pytest.mark.parametrize(
    "path", [*PAGES, *KEPT_PAGES, f"/perf/runs/{UUID(int=1)}/", "/perf/runs/compare/"]
)
def test_a_manager_from_whom_it_was_taken_does_not(manager: Member, path: str) -> None:
    manager.membership.withheld = ["view_performance"]
    manager.membership.save()
    assert manager.look(path).status_code == 403


@pytest.mark.parametrize("path", PAGES)
def test_without_redis_a_page_says_so(
    manager: Member, figures: Reporter, wire: Wire, path: str
) -> None:
    wire.cut()
    response = manager.look(path)
    assert response.status_code == 503
    assert b"There are no figures for the moment" in response.content


@pytest.mark.parametrize(
    "path",
    [
        "/perf/runs/compare/?a=&b=",
        "/perf/runs/compare/?a=%00&b=%00",
        "/perf/runs/compare/?a=latest%00&b=zz",
        "/perf/runs/trend/?scenario=a/%00",
        "/perf/runs/trend/?metric=%00",
    ],
)
def test_what_names_no_run_is_not_found(manager: Member, path: str) -> None:
    BenchmarkRun.objects.create(suite="api", started_at=utc_now(), seed=1)
    assert manager.look(path).status_code == 404


def test_methods_that_strangers_make_up_are_one_endpoint(
    manager: Member, figures: Reporter
) -> None:
    for number in range(5):
        Client().generic(f"MADE{number}", "/health/live/")
    figures.report()
    shown = text(manager, "/perf/")
    assert "OTHER health/live/" in shown
    assert "MADE" not in shown


def test_now_shows_endpoints_and_alerts(manager: Member, figures: Reporter) -> None:
    manager.get("orders/")
    note_ledgers({str(manager.restaurant.pk)})
    figures.report()
    shown = text(manager, "/perf/")
    assert "GET api/v1/orders/" in shown
    assert "The ledger does not balance: yours." in shown
    assert str(manager.restaurant.pk) not in shown


def test_no_ledger_of_somebody_else_is_told(
    manager: Member, rival_restaurant: Restaurant, figures: Reporter
) -> None:
    note_ledgers({str(rival_restaurant.pk)})
    assert "Nothing needs you." in text(manager, "/perf/")


def test_queries_show_who_asks(manager: Member, figures: Reporter) -> None:
    manager.get("orders/")
    figures.report()
    shown = text(manager, "/perf/queries/")
    assert "GET api/v1/orders/ at pos/views/orders.py:" in shown
    assert "The plan is asked for within a minute." in shown


def test_the_cache_shows_its_namespaces(manager: Member, figures: Reporter) -> None:
    manager.get("menu/")
    figures.report()
    assert '<th scope="row">menu</th>' in text(manager, "/perf/cache/")


def test_recommendations_show_what_to_do(manager: Member, figures: Reporter) -> None:
    for _ in range(30):
        figures.finish(Call("web", "GET broken"), ms=900, error="5xx")
    figures.report()
    assert "GET broken failed 30 of 30 times." in text(manager, "/perf/recommendations/")


def test_plotly_is_served_from_its_package_and_nothing_else_of_it() -> None:
    assert str(find("perf/vendor/plotly.min.js")).endswith("package_data/plotly.min.js")
    assert find("perf/vendor/widgetbundle.js") is None
    assert find("perf/vendor/datasets/iris.csv.gz") is None
