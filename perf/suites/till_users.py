"""People at tills, for Locust: seven actions by weight, from sign-in to sign-out.

`perf.suites.crowd` runs it. The master reads the plan (LAB_PLAN) and sends it to its workers; each
sends back what it found when it has ended, and the master writes that down (LAB_FOUND): workers
need nothing but this file, wherever they run.
"""

import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import gevent
import orjson
from locust import FastHttpUser, events, task
from locust.runners import MasterRunner, WorkerRunner

from perf.laboratory.recording import Outcome, packed
from perf.laboratory.strangers import Unwilling, refuse_strangers

TOLD_S = 30.0
PLAN: dict[str, Any] = {}
found: dict[str, Outcome] = {}
begun = 0


def number_of(runner: Any) -> int:
    """Of this user among those of all workers."""
    global begun  # noqa: PLW0603 users of one process are counted in one place
    begun += 1
    return (begun - 1) * int(PLAN["workers"]) + max(getattr(runner, "worker_index", 0), 0)


class Person(FastHttpUser):
    """Signed in as a member of their own, with an address of their own."""

    network_timeout = connection_timeout = 30.0

    def on_start(self) -> None:
        self.number = number_of(self.environment.runner)
        self.dice = random.Random(PLAN["seed"] + self.number)  # noqa: S311 had again by the seed
        self.who = PLAN["members"][self.number % len(PLAN["members"])]
        self.token = ""
        self.order: dict[str, Any] | None = None
        self.is_at_work = False
        signed_in = self._send("POST", "auth/login/", self.who)
        self.token = signed_in["access"] if signed_in else ""

    def wait_time(self) -> float:
        return self.dice.uniform(*PLAN["wait_s"])

    def on_stop(self) -> None:
        if self.is_at_work:
            self.clock()
        self._send("POST", "auth/logout/", {})

    @task
    def act(self) -> None:
        """One of the seven, as the seed has it: what Locust itself chooses, it chooses anew."""
        [action] = self.dice.choices(list(ACTIONS), list(ACTIONS.values()))
        action(self)

    def view_products(self) -> None:
        self._send("GET", "products/?limit=20")

    def add_to_order(self) -> None:
        if order := self._an_order():
            body = {"lines": [{"product": self.dice.choice(PLAN["dishes"])}]}
            self.order = self._send("POST", f"orders/{order['id']}/lines/", body, "orders/…/lines/")

    def place_order(self) -> None:
        lines = [{"product": dish} for dish in self.dice.sample(PLAN["dishes"], 2)]
        self.order = self._send("POST", "orders/", {"channel": "takeaway", "lines": lines})

    def pay(self) -> None:
        if order := self._an_order():
            body = {"order": order["id"], "tendered": order["total"], "drawer": PLAN["drawer"]}
            self._send("POST", "payments/cash/", body)
            self.order = None

    def view_orders(self) -> None:
        self._send("GET", "orders/?limit=20")

    def update(self) -> None:
        if order := self._an_order():
            body = {"guests": self.dice.randint(1, 9), "version": order["version"]}
            self.order = self._send("PATCH", f"orders/{order['id']}/", body, "orders/…/")

    def clock(self) -> None:
        verb = "clock-out" if self.is_at_work else "clock-in"
        if self._send("POST", f"timeclock/{verb}/", {}):
            self.is_at_work = not self.is_at_work

    def _an_order(self) -> dict[str, Any] | None:
        """The one at hand, or a new one."""
        if self.order is None:
            self.place_order()
        return self.order

    def _send(self, method: str, path: str, body: Any = None, name: str = "") -> Any:
        """The answer's document; None when it was refused, which is counted."""
        response = self.client.request(
            method,
            f"/api/v1/{path}",
            data=None if body is None else orjson.dumps(body),
            name=f"{method} {name or path}",
            headers=self._headers(),
        )
        return orjson.loads(response.content) if response.content and response.ok else None

    def _headers(self) -> dict[str, str]:
        number = self.number
        headers = {
            "X-Real-IP": f"10.1.{number // 250}.{number % 250 + 1}",
            "Content-Type": "application/json",
            "Idempotency-Key": uuid4().hex,
        }
        return headers | ({"Authorization": f"Bearer {self.token}"} if self.token else {})


ACTIONS: dict[Callable[[Person], None], int] = {
    Person.view_products: 30,
    Person.add_to_order: 20,
    Person.place_order: 15,
    Person.pay: 10,
    Person.view_orders: 10,
    Person.update: 10,
    Person.clock: 5,
}


def note(name: str, response_time: float, response: Any, exception: Any, **_: Any) -> None:
    outcome = found.setdefault(name, Outcome())
    if exception is None:
        outcome.record(response_time / 1000)
    else:
        said = orjson.loads(response.content).get("code", "") if _is_json(response) else exception
        outcome.fail(f"{name}: {getattr(response, 'status_code', '')} {said}")


def _is_json(response: Any) -> bool:
    return bool(getattr(response, "content", b"")) and response.content.startswith(b"{")


def begin(environment: Any, runner: Any, **_: Any) -> None:
    events.request.add_listener(note)
    if isinstance(runner, MasterRunner):
        lead(environment, runner)
    elif isinstance(runner, WorkerRunner):
        runner.register_message("plan", take)
        runner.register_message("finish", finish)


def take(msg: Any, **_: Any) -> None:
    """Leaves when the plan is for a host that is not this machine, and nobody here owns it."""
    try:
        refuse_strangers(msg.data["host"], owns_host="LAB_OWNS_HOST" in os.environ)
    except Unwilling as error:
        sys.exit(str(error))
    PLAN.update(msg.data)


def finish(environment: Any, **_: Any) -> None:
    environment.runner.stop()
    rows = {
        name: {"histogram": packed(outcome.histogram), "errors": dict(outcome.errors)}
        for name, outcome in found.items()
    }
    environment.runner.send_message("found", rows)


def lead(environment: Any, runner: MasterRunner) -> None:
    PLAN.update(orjson.loads(Path(os.environ["LAB_PLAN"]).read_bytes()))
    PLAN.update(workers=environment.parsed_options.expect_workers, host=environment.host)
    told: dict[str, Any] = {}

    def hear(msg: Any, **_: Any) -> None:
        told[msg.node_id] = msg.data

    def gather(**_: Any) -> None:
        runner.send_message("finish")
        until = time.monotonic() + TOLD_S
        while len(told) < PLAN["workers"] and time.monotonic() < until:
            gevent.sleep(0.05)
        Path(os.environ["LAB_FOUND"]).write_bytes(orjson.dumps(list(told.values())))

    runner.register_message("found", hear)
    events.test_start.add_listener(lambda **_: runner.send_message("plan", PLAN))
    events.test_stop.add_listener(gather)


events.init.add_listener(begin)
