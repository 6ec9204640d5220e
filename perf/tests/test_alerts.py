"""Each alert comes by what it warns of, and goes with it."""

import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from django.db import connection
from django.test import Client

from fynlo.cache import local
from fynlo.cache.forgetting import forget_matching
from fynlo.cache.local import Copies
from fynlo.cache.namespaces import Namespace
from fynlo.cache.reading import remember
from fynlo.local.ports import wait_until
from fynlo.pool.elastic import ElasticPool
from fynlo.pool.limits import Limits
from fynlo.pool.pools import close_pool, pool_of
from fynlo.testing.cast import Member
from fynlo.testing.live import Stack
from fynlo.testing.outage import Wire
from fynlo.testing.sockets import Listener
from perf.monitors import keys
from perf.monitors.reporter import Reporter
from perf.selectors import processes as selectors
from perf.views.health import NOW

READ = Namespace("read", ttl=60)


def rules(member: Member) -> set[str]:
    forget_matching(NOW, "*")
    response = member.get("health/performance/")
    return {row["rule"] for row in orjson.loads(response.content)["alerts"]}


@pytest.mark.django_db
def test_a_cache_that_is_asked_for_what_nobody_has_read(
    manager: Member, figures: Reporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "copies", Copies())
    owners = [uuid4() for _ in range(300)]

    def read_all() -> None:
        for owner in owners:
            remember(READ, owner, "row", lambda: b"value")
        figures.report()

    read_all()
    assert rules(manager) == {"hit_rate"}
    read_all()
    read_all()
    assert rules(manager) == set()


@pytest.mark.django_db
def test_statements_that_take_long(manager: Member, figures: Reporter) -> None:
    figures.forget()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.6)")
        figures.report()
        assert rules(manager) == {"mean_query"}
        cursor.execute("SELECT 1")
        figures.report()
    assert rules(manager) == set()


@pytest.fixture
def pool(db: None) -> Iterator[ElasticPool]:
    """Of one connection, beside that of the tests."""
    parameters = {**connection.get_connection_params(), "application_name": "one of its own"}
    yield pool_of(parameters, Limits(smallest=0, largest=1))
    close_pool(parameters)


def test_a_pool_that_has_lent_all(manager: Member, figures: Reporter, pool: ElasticPool) -> None:
    loan = pool.borrow()
    figures.report()
    assert rules(manager) == {"pool_exhausted"}
    pool.give_back(loan)
    figures.report()
    assert rules(manager) == set()


@pytest.mark.django_db
def test_requests_that_fail(
    manager: Member, figures: Reporter, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty are not ready while Redis is cut off; whoever reads lives a little later."""
    wire.cut()
    for _ in range(20):
        assert Client().get("/health/ready/").status_code == 503
    wire.mend()
    figures.report()
    monkeypatch.setattr(selectors, "time", lambda: time.time() + keys.WINDOW_S)
    assert rules(manager) == {"errors"}
    a_minute = keys.WINDOW_S * (selectors.LIVE_WINDOWS + 1)
    monkeypatch.setattr(selectors, "time", lambda: time.time() + a_minute)
    assert rules(manager) == set()


@pytest.mark.xdist_group("laboratory")
def test_events_that_reach_sockets_late(stack: Stack) -> None:
    """The WebSocket's process stands still for longer than a second."""
    with httpx.Client(base_url=f"{stack.ready['http']}/api/v1/", timeout=20) as till:
        owner = stack.ready["logins"]["owner"]
        login = {"email": owner["email"], "password": owner["password"]}
        token = till.post("auth/login/", json=login).json()["access"]
        till.headers["Authorization"] = f"Bearer {token}"

        def is_late() -> bool:
            told: dict[str, Any] = till.get("health/performance/").json()
            return "event_lag" in {row["rule"] for row in told["alerts"]}

        with Listener(stack.ready["websocket"], token).live() as socket:
            with stack.hanging("uvicorn"):
                made = till.post("tax-rates/", json={"name": uuid4().hex[:20], "rate_bps": 1})
                assert made.status_code == 201
                time.sleep(1.3)
            socket.events(1)
            assert wait_until(is_late, seconds=20)
            assert wait_until(lambda: not is_late(), seconds=40)
