"""A till's day on a real stack whose parts are killed while guests are served."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import httpx
import pytest

from fynlo.local.ports import wait_until
from fynlo.testing.live import Stack, running_stack
from fynlo.testing.probe import Probe, median_ms
from syncing.management.commands.till import play
from syncing.management.till.client import Till
from syncing.management.till.day import Day
from syncing.management.till.listener import Listener
from syncing.management.till.verdict import Verdict

ORDERS = 12
# What one order of the day leaves in the log, about.
EVENTS_OF_AN_ORDER = 20


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack() as running:
        yield running


@pytest.fixture(autouse=True)
def keys(stack: Stack, settings: Any) -> None:
    """Those of the stack: guests' phones read its QR codes."""
    settings.SECRET_KEY = stack.variables["SECRET_KEY"]
    settings.PUBLIC_PAY_BASE_URL = stack.ready["http"]


def by_role(stack: Stack, role: str) -> Till:
    till, login = Till(stack.ready["http"], role), stack.ready["logins"][role]
    till.sign_in(
        email=login["email"],
        password=login["password"],
        restaurant=stack.ready["restaurant"],
    )
    return till


def live_through(
    stack: Stack, *outages: Callable[[], Any], orders: int = ORDERS
) -> tuple[Day, Verdict]:
    """A day with these outages spread over it, each begun when enough has happened. It is not over
    before they are."""
    ear = Listener(stack.ready["websocket"], by_role(stack, "owner").access).start()
    assert ear.live.wait(10)
    step = orders * EVENTS_OF_AN_ORDER // (len(outages) + 1)
    begun_at, over = ear.since or 0, Event()
    with ThreadPoolExecutor(1) as pool:
        playing = pool.submit(
            play, stack.ready, orders=orders, seed=7, goes_on=lambda: not over.is_set()
        )
        try:
            for number, strike in enumerate(outages, start=1):
                assert ear.wait_for(begun_at + number * step, seconds=60)
                strike()
            assert not playing.done()
        finally:
            over.set()
        day, verdict = playing.result(timeout=240)
    ear.stop()
    assert not ear.out_of_order
    return day, verdict


def repeats(day: Day) -> int:
    return day.floor.repeats + day.counter.repeats + day.kitchen.repeats


def test_redis_is_killed_twice_and_nothing_is_lost(stack: Stack) -> None:
    day, verdict = live_through(stack, stack.kill_redis, stack.kill_redis)
    assert verdict.faults == []
    assert repeats(day) == 0, "no request needs Redis"


def test_while_redis_hangs_requests_do_not_wait_for_it(stack: Stack) -> None:
    owner = by_role(stack, "owner")
    with Probe(stack.ready["http"], "orders/", owner.access) as probe:
        with stack.hanging_redis():
            hung_at = time.monotonic()
            assert wait_until(lambda: len(probe.since(hung_at)) >= 40, seconds=60)
        during = probe.since(hung_at)
    assert {answer.status for answer in during} == {200}
    assert median_ms(during) < 1000, "Redis is given up after two seconds"


def test_what_needs_redis_says_so_soon_while_it_hangs(stack: Stack) -> None:
    owner = by_role(stack, "owner")
    with stack.hanging_redis():
        ready = httpx.get(f"{stack.ready['http']}/health/ready/", timeout=5)
        reset = owner.http.post("auth/password/reset/", json={"email": "o@kettle.example"})
    assert (ready.status_code, ready.json()["checks"]["redis"]) == (503, False)
    assert (reset.status_code, reset.headers["Retry-After"]) == (503, "1")
    assert reset.elapsed.total_seconds() < 3


def test_what_changes_while_redis_hangs_is_known_everywhere_when_it_is_back(stack: Stack) -> None:
    owner, leaver = by_role(stack, "owner"), by_role(stack, "cashier")
    product = owner.get("menu/")["products"][0]
    assert leaver.status_of("orders/")[0] == 200
    name = f"{product['name']} of {time.monotonic_ns()}"

    def knows_all() -> bool:
        names = {row["name"] for row in owner.get("menu/")["products"]}
        has_left = leaver.http.get("orders/").status_code == 401
        return name in names and has_left

    with stack.hanging_redis():
        changed = owner.http.patch(
            f"products/{product['id']}/", json={"name": name, "version": product["version"]}
        )
        assert changed.status_code == 200, changed.text
        assert leaver.http.post("auth/logout/").status_code == 204
    assert wait_until(knows_all, seconds=20)
    assert all(knows_all() for _ in range(20))


def test_postgresql_is_killed_and_requests_recover_within_five_seconds(stack: Stack) -> None:
    moments: list[tuple[float, float]] = []
    owner = by_role(stack, "owner")
    with Probe(stack.ready["http"], "orders/", owner.access) as probe:
        _, verdict = live_through(stack, lambda: moments.append(stack.kill_postgres()))
    assert verdict.faults == []
    ((died_at, accepted_at),) = moments
    failed = [answer for answer in probe.answers if answer.status != 200]
    assert failed, "the probe met no outage"
    assert {(a.status, a.kind, a.retry_after, a.code) for a in failed} == {
        (503, "application/problem+json", "1", "dependency_down")
    }
    assert all(answer.at > died_at for answer in failed)
    asked_since = probe.since(accepted_at)
    first = next(answer for answer in asked_since if answer.status == 200)
    assert first.at - accepted_at < 5
    assert all(answer.status == 200 for answer in asked_since if answer.at > first.at)


def test_the_websocket_process_is_killed_and_sockets_resume(stack: Stack) -> None:
    _, verdict = live_through(stack, lambda: stack.kill_service("uvicorn"))
    assert verdict.faults == []
    assert " 0 reconnects" not in "\n".join(verdict.facts)


def test_nothing_in_the_day_depends_on_the_worker(stack: Stack) -> None:
    day, verdict = live_through(
        stack, lambda: stack.kill_service("celery --quiet --app fynlo worker"), orders=6
    )
    assert verdict.faults == []
    assert repeats(day) == 0
